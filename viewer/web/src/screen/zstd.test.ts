import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Corrupt, readFrame, Unpacker } from "./zstd";

// Made by the zstd program, at its lowest and highest levels, with and without check sums and sizes.
const frames = (JSON.parse(readFileSync(new URL("./testdata/zstd.json", import.meta.url), "utf8")) as { name: string; length: number; sha256: string; packed: string }[]).map(
  ({ packed, ...frame }) => ({ ...frame, packed: Uint8Array.from(Buffer.from(packed, "base64")) }),
);
const WINDOW = 8 << 20;
const unpacker = new Unpacker();

/** The same numbers every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / (1 << 24);
  };
}

/** A frame with these blocks; the window is 1 MiB and its size is not told. */
function frameOf(...blocks: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3, ...blocks.flat()]);
}

function block(kind: number, size: number, content: readonly number[], last = true): number[] {
  const head = Number(last) | (kind << 1) | (size << 3);
  return [head & 0xff, (head >> 8) & 0xff, head >> 16, ...content];
}

describe("zstd", () => {
  for (const { name, length, sha256, packed } of frames) {
    it(`unpacks ${name}`, () => {
      const to = new Uint8Array(length + 7).fill(0xa5);
      expect(unpacker.unpack(packed, to.subarray(0, length), WINDOW)).toBe(length);
      expect(createHash("sha256").update(to.subarray(0, length)).digest("hex")).toBe(sha256);
      expect([...to.subarray(length)]).toEqual(new Array(7).fill(0xa5));
    });
  }

  it("unpacks tables of one symbol", () => {
    // Four literals as they are, then one sequence: all of them, and four again from four back.
    const content = [4 << 3, 97, 98, 99, 100, 1, 0x54, 4, 2, 1, 7];
    const to = new Uint8Array(8);
    expect(unpacker.unpack(frameOf(block(2, content.length, content)), to, WINDOW)).toBe(8);
    expect(Buffer.from(to).toString()).toBe("abcdabcd");
    const far = content.with(8, 3); // as many bits more: an offset before the beginning
    expect(() => unpacker.unpack(frameOf(block(2, far.length, far.with(10, 15))), to, WINDOW)).toThrow("too far back");
  });

  // THREAT 19: neither what a frame says nor what it unpacks to takes more memory than was given.
  it("takes no more than the memory it was given", () => {
    for (const { name, length, packed } of frames.filter((frame) => frame.length > 0)) {
      const room = new Uint8Array(length + 3).fill(0xa5);
      expect(() => unpacker.unpack(packed, room.subarray(0, length - 1), WINDOW), name).toThrow(Corrupt);
      expect([...room.subarray(length - 1)]).toEqual(new Array(4).fill(0xa5));
    }
    const bomb = frameOf(...Array.from({ length: 999 }, () => block(1, 128 << 10, [7], false)), block(1, 1, [7]));
    expect(() => unpacker.unpack(bomb, new Uint8Array(1 << 20), WINDOW)).toThrow(Corrupt);
  });

  // THREAT 19
  it("refuses a window that is too large before it unpacks anything", () => {
    const to = new Uint8Array(10);
    for (const exponent of [14, 21, 31]) {
      const packed = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, ...block(1, 10, [7])]);
      expect(readFrame(packed).window).toBe(2 ** (10 + exponent));
      expect(() => unpacker.unpack(packed, to, WINDOW)).toThrow("too large");
    }
    expect([...to]).toEqual(new Array(10).fill(0));
    const single = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, ...new Array(8).fill(0xff), ...block(1, 10, [7])]);
    expect(() => unpacker.unpack(single, to, WINDOW)).toThrow("too large");
  });

  it("refuses what is cut off, what goes on, and what is no frame", () => {
    for (const { name, length, packed } of frames) {
      const to = new Uint8Array(length);
      for (const cut of [0, 1, 3, 5, packed.length >> 1, packed.length - 1]) {
        expect(() => unpacker.unpack(packed.subarray(0, cut), to, WINDOW), `${name} cut to ${cut}`).toThrow(Corrupt);
      }
      expect(() => unpacker.unpack(Uint8Array.from([...packed, 0]), to, WINDOW), name).toThrow(Corrupt);
      expect(() => unpacker.unpack(Uint8Array.from([...packed, ...packed]), new Uint8Array(2 * length), WINDOW), name).toThrow(Corrupt);
    }
    const skippable = Uint8Array.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0, 0]);
    const named = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 10 << 3, 9, ...block(0, 0, [])]);
    const reserved = frameOf(block(3, 0, []));
    for (const packed of [skippable, named, reserved, frameOf(block(2, 1, [0])), frameOf(block(2, 2, [0, 1])), frameOf(block(2, 3, [3, 0, 0]))]) {
      expect(() => unpacker.unpack(packed, new Uint8Array(99), WINDOW)).toThrow(Corrupt);
    }
  });

  it("comes to an end with a tree whose weights take no bits", () => {
    // Literals of one stream, 10 from 7 bytes: a table of 32 states, all of one symbol.
    const head = 2 | (10 << 4) | (7 << 14);
    const content = [head & 0xff, (head >> 8) & 0xff, head >> 16, 5, 0xf0, 0x03, 0xff, 0xff, 0x01, 0x01, 0];
    expect(() => unpacker.unpack(frameOf(block(2, content.length, content)), new Uint8Array(64), WINDOW)).toThrow("too many weights");
  });

  it("survives anything", () => {
    const next = random(19);
    const to = new Uint8Array(310_000);
    let refused = 0;
    let tried = 0;
    for (const { packed } of frames) {
      for (let round = 0; round < 150; round++) {
        const bad = Uint8Array.from(packed);
        for (let i = 0; i <= round % 4; i++) {
          // The beginning and the end of a block are what most depends on.
          const far = next() < 0.5 ? Math.min(40, bad.length) : bad.length;
          bad[Math.floor(next() * far)] = Math.floor(next() * 256);
        }
        tried++;
        try {
          expect(unpacker.unpack(bad, to, WINDOW)).toBeLessThanOrEqual(to.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Corrupt);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(tried / 3);
    for (let round = 0; round < 3000; round++) {
      const size = 1 + Math.floor(next() * 60);
      const noise = Array.from({ length: size }, () => Math.floor(next() * 256));
      try {
        unpacker.unpack(frameOf(block(2, size, noise)), to, WINDOW);
      } catch (error) {
        expect(error).toBeInstanceOf(Corrupt);
      }
    }
    // And is as good as new.
    const [last] = frames.slice(-1);
    expect(unpacker.unpack(last?.packed ?? new Uint8Array(), to, WINDOW)).toBe(last?.length);
  });
});
