import { describe, expect, it } from "vitest";
import { type Frames, type FrameSource, watchFrames } from "./frames";
import { centred, laidOut, pixelAt, pointOf, WORTH_STRETCHING, type Zoom } from "./picture";

const RATIOS = [1, 1.25, 1.5, 1.75, 2, 2.625, 3];
const PICTURES = [{ width: 1920, height: 1080 }, { width: 1366, height: 768 }, { width: 1080, height: 1920 }, { width: 1, height: 1 }];
const ROOM = { width: 1283, height: 717 };

describe("layout", () => {
  it("pixel by pixel is exact at any device pixel ratio", () => {
    for (const ratio of RATIOS) {
      for (const picture of PICTURES) {
        const size = laidOut(picture, ROOM, "actual", ratio);
        expect(size.width * ratio).toBeCloseTo(picture.width, 9);
        expect(size.height * ratio).toBeCloseTo(picture.height, 9);
        const box = centred(size, ROOM, ratio);
        expect(box.left * ratio).toBeCloseTo(Math.round(box.left * ratio), 9);
        expect(box.top).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it("fitted fills one side and keeps the proportions", () => {
    for (const ratio of RATIOS) {
      for (const picture of PICTURES) {
        const size = laidOut(picture, ROOM, "fit", ratio);
        expect(Math.max(size.width / ROOM.width, size.height / ROOM.height)).toBeCloseTo(1, 2);
        expect(size.width).toBeLessThanOrEqual(ROOM.width + 1);
        expect(size.height).toBeLessThanOrEqual(ROOM.height + 1);
        expect(Math.abs(size.width * picture.height - size.height * picture.width) / Math.max(picture.height, picture.width)).toBeLessThanOrEqual(1);
      }
    }
  });

  it("fitted stays pixel by pixel when only a few pixels of room are left over", () => {
    const picture = { width: 1920, height: 1080 };
    for (const ratio of RATIOS) {
      const room = { width: 1937 / ratio, height: 1082 / ratio };
      expect(laidOut(picture, room, "fit", ratio)).toEqual(laidOut(picture, room, "actual", ratio));
      const large = { width: (1920 * WORTH_STRETCHING) / ratio + 1, height: (1080 * WORTH_STRETCHING) / ratio + 1 };
      expect(laidOut(picture, large, "fit", ratio).width * ratio).toBeGreaterThanOrEqual(1920 * WORTH_STRETCHING - 1);
      const small = { width: 1919 / ratio, height: 1080 / ratio };
      expect(laidOut(picture, small, "fit", ratio).width).toBeLessThanOrEqual(small.width + 1e-9);
    }
  });

  it("survives a room or ratio that is none", () => {
    expect(laidOut({ width: 10, height: 10 }, { width: 0, height: 0 }, "fit", 1)).toEqual({ width: 10, height: 10 });
    expect(laidOut({ width: 10, height: 10 }, ROOM, "actual", Number.NaN)).toEqual({ width: 10, height: 10 });
  });
});

describe("points", () => {
  it("come back from every pixel, at any size and ratio", () => {
    const picture = { width: 97, height: 61 };
    for (const zoom of ["fit", "actual"] satisfies Zoom[]) {
      for (const ratio of RATIOS) {
        const box = centred(laidOut(picture, ROOM, zoom, ratio), ROOM, ratio);
        for (let x = 0; x < picture.width; x++) {
          const y = x % picture.height;
          expect(pixelAt(pointOf({ x, y }, box, picture), box, picture)).toEqual({ x, y });
        }
      }
    }
  });

  it("outside are held at the edge", () => {
    const box = { left: 10, top: 20, width: 100, height: 50 };
    const picture = { width: 1000, height: 500 };
    expect(pixelAt({ x: 10, y: 20 }, box, picture)).toEqual({ x: 0, y: 0 });
    expect(pixelAt({ x: 110, y: 70 }, box, picture)).toEqual({ x: 999, y: 499 });
    expect(pixelAt({ x: -5000, y: 1e9 }, box, picture)).toEqual({ x: 0, y: 499 });
    expect(pixelAt({ x: Number.NaN, y: 20 }, { ...box, width: 0 }, picture)).toEqual({ x: 0, y: 0 });
  });
});

class FakeFrames implements FrameSource {
  #callback: Parameters<FrameSource["requestVideoFrameCallback"]>[0] | null = null;
  cancelled = 0;

  requestVideoFrameCallback(callback: Parameters<FrameSource["requestVideoFrameCallback"]>[0]): number {
    this.#callback = callback;
    return 7;
  }

  cancelVideoFrameCallback(handle: number): void {
    this.cancelled = handle;
  }

  show(now: number, presentedFrames: number, mediaTime: number): void {
    const callback = this.#callback;
    this.#callback = null;
    callback?.(now, { presentedFrames, mediaTime });
  }
}

describe("frames", () => {
  it("counts distinct pictures until it is stopped", () => {
    const source = new FakeFrames();
    const seen: Frames[] = [];
    const stop = watchFrames(source, (frames) => seen.push(frames));
    source.show(10, 1, 0);
    source.show(20, 2, 0.03);
    source.show(30, 3, 0.03); // the same picture again
    source.show(40, 5, 0.09); // one was skipped: it was not shown
    expect(seen).toEqual([{ shown: 1, lastAt: 10 }, { shown: 2, lastAt: 20 }, { shown: 3, lastAt: 40 }]);
    stop();
    source.show(50, 6, 0.12);
    expect(seen).toHaveLength(3);
    expect(source.cancelled).toBe(7);
  });
});
