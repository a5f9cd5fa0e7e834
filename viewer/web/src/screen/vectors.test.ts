/** The agent's golden vectors: the page draws what the agent's own decoder draws, and refuses what it refuses. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Decoder, type Frame } from "./decoder";
import { UpdateWriter } from "./screen.testkit";

interface Vectors {
  readonly scenes: readonly { readonly name: string; readonly steps: readonly Step[] }[];
  readonly refused: readonly { readonly name: string; readonly before?: readonly string[]; readonly messages: readonly string[] }[];
}

interface Step {
  readonly messages?: readonly string[];
  readonly shown?: number;
  readonly serial: number;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
  /** Where the video's corner lies, once an update told. */
  readonly video?: readonly [number, number];
}

const vectors = JSON.parse(readFileSync(new URL("../../../../agent/internal/screen/testdata/updates.json", import.meta.url), "utf8")) as Vectors;

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));

/** What the canvases show: the parts of each frame, and nothing else, are taken over. */
class Shown {
  width = 0;
  height = 0;
  pixels = new Uint32Array(0);

  draw(frame: Frame | null): void {
    if (frame === null) {
      return;
    }
    const { surface, parts } = frame;
    if (this.width !== surface.width || this.height !== surface.height) {
      [this.width, this.height, this.pixels] = [surface.width, surface.height, new Uint32Array(surface.words.length)];
    }
    for (const { x, y, width, height } of parts) {
      for (let row = y; row < y + height; row++) {
        const start = row * this.width + x;
        this.pixels.set(surface.words.subarray(start, start + width), start);
      }
    }
  }

  hash(): string {
    return createHash("sha256").update(new Uint8Array(this.pixels.buffer)).digest("hex");
  }
}

describe("the agent's vectors", () => {
  for (const scene of vectors.scenes) {
    it(`draws ${scene.name}`, () => {
      const decoder = new Decoder();
      const shown = new Shown();
      scene.steps.forEach((step, index) => {
        for (const message of step.messages ?? []) {
          expect(decoder.receive(bytes(message)), `step ${index}`).not.toBe("lost");
        }
        if (step.shown !== undefined) {
          decoder.shown(step.shown);
        }
        shown.draw(decoder.take());
        const got = { serial: decoder.serial, width: shown.width, height: shown.height, sha256: shown.hash() };
        expect(got, `step ${index}`).toEqual({ serial: step.serial, width: step.width, height: step.height, sha256: step.sha256 });
        expect(step.video ?? null, `step ${index}`).toEqual(step.video === undefined ? null : [decoder.video?.x, decoder.video?.y]);
      });
    });
  }

  for (const { name, before, messages } of vectors.refused) {
    it(`refuses ${name}`, () => {
      const decoder = new Decoder();
      const shown = new Shown();
      const outcomes = [...(before ?? []), ...messages].map((message, index) => {
        const outcome = decoder.receive(bytes(message));
        if (index < (before?.length ?? 0)) {
          shown.draw(decoder.take());
        }
        return outcome;
      });
      const hash = shown.hash();
      expect(outcomes.at(-1)).toBe("lost");
      expect(outcomes.slice(0, -1)).not.toContain("lost");
      shown.draw(decoder.take());
      expect(shown.hash()).toBe(hash);
      // Only a refresh goes on.
      const writer = new UpdateWriter(8, 8);
      expect(decoder.receive(writer.message(writer.update({ serial: decoder.serial + 1 })))).toBe("nothing");
      expect(decoder.take()).toBeNull();
      expect(decoder.receive(writer.message(writer.update({ refresh: true })))).toBe("draw");
    });
  }

  it("are all there", () => {
    expect(vectors.scenes.length).toBeGreaterThanOrEqual(3);
    expect(vectors.refused.length).toBeGreaterThanOrEqual(20);
  });
});
