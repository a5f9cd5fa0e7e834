import { describe, expect, it } from "vitest";
import { Decoder } from "./decoder";
import { Holes } from "./holes";
import { around, Dirt, type Rect, shared, without } from "./rect";
import { OPS, rect, UpdateWriter } from "./screen.testkit";
import { laidStrip, stripsOf } from "./strips";
import { Surface } from "./surface";
import { MAX_MESSAGE, MAX_PIXELS } from "./wire";

/** The same numbers every time. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 8) / (1 << 24)) * below);
  };
}

function pixelOf(decoder: Decoder, x: number, y: number): number[] {
  const surface = decoder.surface as Surface;
  const at = (y * surface.width + x) * 4;
  return [...surface.bytes.subarray(at, at + 4)];
}

describe("the decoder", () => {
  it("puts an update together from pieces of any size", () => {
    for (const size of [1, 2, 7, 18, 30, 1000]) {
      const decoder = new Decoder();
      const writer = new UpdateWriter(40, 30);
      const pieces = writer.pieces(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 40, 30), 1, 2, 3), OPS.fill(rect(5, 6, 7, 8), 4, 5, 6)), size);
      expect(pieces.map((piece) => decoder.receive(piece))).toEqual([...new Array(pieces.length - 1).fill("nothing"), "draw"]);
      expect(pixelOf(decoder, 11, 13)).toEqual([4, 5, 6, 255]);
      expect(pixelOf(decoder, 12, 13)).toEqual([1, 2, 3, 255]);
    }
  });

  // THREAT 18: what is too much is refused before it takes memory.
  it("refuses what is too large", () => {
    const writer = new UpdateWriter(8, 8);
    expect(new Decoder().receive(new Uint8Array(MAX_MESSAGE + 1).fill(3))).toBe("lost");
    const endless = new Decoder();
    const piece = new Uint8Array(MAX_MESSAGE);
    piece[0] = 1;
    expect(endless.receive(piece)).toBe("nothing");
    piece[0] = 0;
    const outcomes = Array.from({ length: 200 }, () => endless.receive(piece));
    expect(outcomes.indexOf("lost")).toBe(135); // 8 MiB are 136 pieces and a half
    const wide = new UpdateWriter(16_384, Math.floor(MAX_PIXELS / 16_384) + 1);
    expect(new Decoder().receive(wide.message(wide.update({ refresh: true })))).toBe("lost");
    expect(new Decoder().receive(writer.message(writer.update({ refresh: true, zstd: true, length: (8 << 20) + 1 })))).toBe("lost");
  });

  it("gives what is drawn together as one, and the serials of all of it", () => {
    const decoder = new Decoder();
    const writer = new UpdateWriter(64, 64);
    const message = (more: boolean, refresh = false) => writer.message(writer.update({ more, refresh }, OPS.fill(rect(1, 1, 2, 2), 9, 9, 9)));
    expect(decoder.receive(message(true, true))).toBe("nothing");
    expect(decoder.take()).toBeNull();
    expect(decoder.receive(message(true))).toBe("nothing");
    expect(decoder.receive(message(false))).toBe("draw");
    expect(decoder.receive(message(false))).toBe("draw");
    expect(decoder.take()?.serials).toEqual([1, 2, 3, 4]);
    expect(decoder.take()).toBeNull();
  });

  it("survives anything, and shows nothing of what is broken", () => {
    const next = dice(3);
    for (let round = 0; round < 3000; round++) {
      const decoder = new Decoder();
      const writer = new UpdateWriter(32, 24);
      decoder.receive(writer.message(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 32, 24), 7, 7, 7))));
      decoder.take();
      const good = writer.message(
        writer.update({ refresh: round % 3 === 0 }, OPS.fill(rect(1, 2, 3, 4), 5, 6, 7), OPS.copy(rect(4, 4, 9, 9), 1, 1), OPS.video(rect(2, 2, 2, 2), 1, 1), OPS.raw(rect(0, 0, 2, 2), 1, new Array<number>(12).fill(round % 256))),
      );
      for (let i = 0; i <= next(4); i++) {
        good[next(good.length)] = next(256);
      }
      const outcome = decoder.receive(good.subarray(0, round % 5 === 0 ? next(good.length) : good.length));
      expect(decoder.take() === null).toBe(outcome !== "draw");
      decoder.shown(next(2 ** 31));
      const refresh = writer.message(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 32, 24), 1, 1, 1)));
      // An update that was left open is ended by the beginning of another.
      const after = decoder.receive(refresh);
      expect(after === "lost" ? decoder.receive(refresh) : after).toBe("draw");
      expect(pixelOf(decoder, 31, 23)).toEqual([1, 1, 1, 255]);
    }
  });

  it("opens holes with a frame, wherever the clock stands, and without a word of the browser", () => {
    for (const start of [0, 2 ** 31 - 5, 2 ** 32 - 5]) {
      const decoder = new Decoder();
      const writer = new UpdateWriter(16, 16);
      const at = (later: number) => (start + later) % 2 ** 32;
      decoder.receive(writer.message(writer.update({ refresh: true, rtp: at(10) }, OPS.fill(rect(0, 0, 16, 16), 1, 1, 1), OPS.video(rect(0, 0, 4, 4)))));
      decoder.take();
      expect(decoder.waiting).toBe(true);
      expect(decoder.shown(at(9))).toBe("nothing");
      expect(decoder.shown(at(10))).toBe("draw");
      expect(decoder.take()?.parts).toMatchObject([rect(0, 0, 4, 4)]);
      expect(pixelOf(decoder, 3, 3)).toEqual([0, 0, 0, 0]);
      decoder.receive(writer.message(writer.update({ rtp: at(5000) }, OPS.video(rect(4, 4, 4, 4), 2, 2))));
      decoder.take();
      expect(decoder.video).toEqual({ x: 2, y: 2, rtp: at(5000) });
      expect(decoder.shown(null)).toBe("draw");
      expect(pixelOf(decoder, 4, 4)).toEqual([0, 0, 0, 0]);
    }
  });
});

describe("copies", () => {
  it("read nothing that waits for video", () => {
    const decoder = new Decoder();
    const writer = new UpdateWriter(16, 16);
    const send = (...ops: number[][]) => decoder.receive(writer.message(writer.update({ rtp: 9 }, ...ops)));
    decoder.receive(writer.message(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 16, 16), 1, 1, 1))));
    expect(send(OPS.video(rect(4, 4, 4, 4)))).toBe("draw");
    expect(send(OPS.copy(rect(0, 0, 4, 4), 8, 8))).toBe("draw");
    expect(send(OPS.copy(rect(9, 9, 4, 4), 7, 7))).toBe("lost");
  });
});

describe("the surface", () => {
  it("knows what is transparent", () => {
    const next = dice(11);
    const surface = new Surface(150, 100);
    const plain = new Uint8Array(150 * 100);
    for (let round = 0; round < 400; round++) {
      const x = next(150);
      const y = next(100);
      const part = rect(x, y, 1 + next(150 - x), 1 + next(100 - y));
      const opaque = next(5) < 3;
      if (opaque) {
        surface.fill(part, 0xff000001);
      } else {
        surface.erase(part);
      }
      for (let row = y; row < y + part.height; row++) {
        plain.fill(Number(opaque), row * 150 + x, row * 150 + x + part.width);
      }
      expect(surface.transparent).toBe(plain.reduce((sum, solid) => sum + 1 - solid, 0));
      const look = rect(next(100), next(60), 1 + next(50), 1 + next(40));
      let solid = true;
      for (let row = look.y; row < look.y + look.height; row++) {
        solid &&= !plain.subarray(row * 150 + look.x, row * 150 + look.x + look.width).includes(0);
      }
      expect(surface.opaque(look)).toBe(solid);
    }
    surface.clear();
    expect(surface.transparent).toBe(15_000);
  });
});

describe("rectangles", () => {
  it("without a part cover the rest once", () => {
    const whole = rect(2, 3, 9, 8);
    for (const part of [whole, rect(2, 3, 1, 1), rect(5, 5, 2, 2), rect(2, 5, 9, 1), rect(10, 10, 1, 1)]) {
      const rest = without(whole, part);
      const count = new Map<string, number>();
      for (const { x, y, width, height } of [...rest, part]) {
        for (let i = 0; i < width * height; i++) {
          const key = `${x + (i % width)},${y + Math.floor(i / width)}`;
          count.set(key, (count.get(key) ?? 0) + 1);
        }
      }
      expect([...count.values()].every((times) => times === 1)).toBe(true);
      expect(count.size).toBe(72);
    }
  });

  it("to be drawn hold everything that was added, in a few", () => {
    const next = dice(4);
    for (let round = 0; round < 50; round++) {
      const dirt = new Dirt();
      const added: Rect[] = [];
      for (let i = 0; i < 1 + next(80); i++) {
        const part = rect(next(1000), next(1000), 1 + next(100), 1 + next(100));
        added.push(part);
        dirt.add(part);
      }
      const parts = dirt.take();
      expect(parts.length).toBeLessThanOrEqual(24);
      expect(dirt.empty).toBe(true);
      expect(added.every((one) => parts.some((part) => JSON.stringify(around(part, one)) === JSON.stringify(part)))).toBe(true);
    }
  });

  it("wait for video only where nothing was painted since", () => {
    const holes = new Holes();
    holes.add(rect(0, 0, 10, 10), 5);
    holes.painted(rect(2, 2, 3, 3));
    holes.shown(5);
    const due = holes.due();
    expect(due.reduce((sum, { width, height }) => sum + width * height, 0)).toBe(91);
    expect(due.every((hole) => shared(hole, rect(2, 2, 3, 3)) === null)).toBe(true);
    expect(holes.waiting).toBe(false);
  });
});

describe("strips", () => {
  it("cover the picture without a seam, at any size and ratio", () => {
    for (const size of [{ width: 1920, height: 1080 }, { width: 1366, height: 768 }, { width: 7680, height: 4320 }, { width: 16_384, height: 1 }, { width: 1, height: 16_384 }]) {
      const strips = stripsOf(size);
      expect(strips.reduce((sum, { height }) => sum + height, 0)).toBe(size.height);
      for (const ratio of [1, 1.25, 1.5, 2.625]) {
        let end = 0;
        for (const strip of strips) {
          const { top, height } = laidStrip(strip, size, 700.4, ratio);
          expect(top).toBeCloseTo(end, 9);
          expect(top * ratio).toBeCloseTo(Math.round(top * ratio), 9);
          end = top + height;
        }
        expect(end * ratio).toBeCloseTo(Math.round(700.4 * ratio), 9);
      }
    }
    expect(stripsOf({ width: 1920, height: 1080 })).toHaveLength(2);
  });
});
