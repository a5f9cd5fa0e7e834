import { describe, expect, it, vi } from "vitest";
import type { Rect } from "./rect";
import { Canvases, type Pen } from "./canvases";
import { rect } from "./screen.testkit";
import { Sheet, sheetFor } from "./sheet";
import { stripsOf } from "./strips";
import { Surface } from "./surface";

const SIZE = { width: 97, height: 200 };

/** Canvases in memory: what is put on them can be read. */
class Easel {
  readonly pixels: Uint32Array;
  puts = 0;
  readonly pens: Pen[];

  constructor(size: { width: number; height: number }) {
    this.pixels = new Uint32Array(size.width * size.height);
    this.pens = stripsOf(size).map(({ top }) => ({
      putImageData: (image, x, y, left, above, width, height) => {
        this.puts++;
        const words = new Uint32Array(image.data.buffer);
        for (let row = above; row < above + height; row++) {
          const from = row * image.width + left;
          this.pixels.set(words.subarray(from, from + width), (top + y + row) * size.width + x + left);
        }
      },
    }));
  }
}

const band = (width: number, height: number) => ({ data: new Uint8ClampedArray(4 * width * height), width, height }) as unknown as ImageData;

// Each pixel has a colour of its own, and an alpha of 255.
function drawn(surface: Surface, parts: readonly Rect[], seed: number): void {
  for (const part of parts) {
    for (let y = part.y; y < part.y + part.height; y++) {
      for (let x = part.x; x < part.x + part.width; x++) {
        surface.words[y * surface.width + x] = 0xff000000 | ((seed * 7919 + y * surface.width + x) & 0xffffff);
      }
    }
  }
}

const WHOLE = rect(0, 0, SIZE.width, SIZE.height);

describe("a sheet", () => {
  it("shows on the canvases what was published, to the pixel, whatever the rectangles", () => {
    for (const size of [SIZE, { width: 1920, height: 1080 }]) {
      const memory = sheetFor(size);
      const surface = new Surface(size.width, size.height);
      const easel = new Easel(size);
      const [sheet, canvases] = [new Sheet(memory), new Canvases(memory, easel.pens, band)];
      let random = 1;
      const next = (below: number) => (random = (random * 48271) % 0x7fffffff) % below;
      for (let publication = 1; publication <= 60; publication++) {
        const parts = publication === 1 ? [rect(0, 0, size.width, size.height)] : Array.from({ length: 1 + next(40) }, () => {
          const [x, y] = [next(size.width), next(size.height)];
          return rect(x, y, 1 + next(size.width - x), 1 + next(Math.min(90, size.height - y)));
        });
        drawn(surface, parts, publication);
        sheet.publish(surface, parts, publication);
        if (next(3) > 0) {
          expect(canvases.draw()).toBe(publication);
          expect(Buffer.compare(Buffer.from(easel.pixels.buffer), Buffer.from(surface.words.buffer))).toBe(0);
        }
      }
    }
  });

  it("gives what was published and no more", () => {
    const memory = sheetFor(SIZE);
    const surface = new Surface(SIZE.width, SIZE.height);
    const sheet = new Sheet(memory);
    const taken: Rect[] = [];
    const take = (all = false) => new Sheet(memory).take((_bytes, part) => taken.push(part), all);
    expect(take()).toBeNull();
    expect(take(true)).toBeNull();
    sheet.publish(surface, [rect(1, 2, 3, 4)], 7);
    expect(take()).toBe(7);
    sheet.publish(surface, [rect(5, 6, 7, 8)], 8);
    sheet.publish(surface, [rect(9, 9, 1, 1)], 9);
    expect(take()).toBe(9);
    expect(take()).toBeNull();
    expect(taken).toEqual([rect(1, 2, 3, 4), rect(5, 6, 7, 8), rect(9, 9, 1, 1)]);
    expect(take(true)).toBe(9);
    expect(taken.at(-1)).toEqual(WHOLE);
  });

  it("calls the page once until it has looked", () => {
    const memory = sheetFor(SIZE);
    const surface = new Surface(SIZE.width, SIZE.height);
    const [worker, page] = [new Sheet(memory), new Sheet(memory)];
    expect(worker.publish(surface, [WHOLE], 1)).toBe(true);
    expect(worker.publish(surface, [WHOLE], 2)).toBe(false);
    expect(page.news).toBe(true);
    page.take(() => undefined, false);
    expect(page.news).toBe(false);
    expect(worker.publish(surface, [WHOLE], 3)).toBe(true);
  });

  it("wakes the page that waits, and sends no message then", async () => {
    const memory = sheetFor(SIZE);
    const surface = new Surface(SIZE.width, SIZE.height);
    const [worker, page] = [new Sheet(memory), new Sheet(memory)];
    const first = page.arrival();
    expect(worker.publish(surface, [WHOLE], 1)).toBe(false);
    await first;
    expect(worker.publish(surface, [WHOLE], 2), "it knows already").toBe(false);
    await page.arrival(); // at once: it has not looked
    expect(page.take(() => undefined, false)).toBe(2);
    let left = false;
    const second = page.arrival()?.then(() => (left = true));
    expect(left).toBe(false);
    page.leave();
    await second;
    expect(left).toBe(true);
    expect(page.news).toBe(false);
  });

  it("calls for what comes after a frame that had drawn before the wait was over", async () => {
    const memory = sheetFor(SIZE);
    const worker = new Sheet(memory);
    const page = new Canvases(memory, new Easel(SIZE).pens, band);
    const surface = new Surface(SIZE.width, SIZE.height);
    let calls = 0;
    let waits = 0;
    const arrival = Sheet.prototype.arrival;
    vi.spyOn(Sheet.prototype, "arrival").mockImplementation(function (this: Sheet) {
      waits++;
      return arrival.call(this);
    });
    page.listen(() => calls++);
    worker.publish(surface, [WHOLE], 1);
    page.draw();
    await vi.waitFor(() => expect(waits).toBe(2)); // it waits anew
    expect(calls).toBe(0);
    worker.publish(surface, [WHOLE], 2);
    await vi.waitFor(() => expect([calls, page.listening]).toEqual([1, false]));
    page.draw();
    page.listen(() => calls++);
    page.leave();
    await vi.waitFor(() => expect(page.listening).toBe(false));
    expect([calls, waits]).toEqual([1, 3]);
    vi.restoreAllMocks();
  });

  it("calls by messages where a browser cannot wait", () => {
    const own = Object.getOwnPropertyDescriptor(Atomics, "waitAsync") as PropertyDescriptor;
    Reflect.deleteProperty(Atomics, "waitAsync");
    try {
      const memory = sheetFor(SIZE);
      expect(new Sheet(memory).arrival()).toBeNull();
      expect(new Sheet(memory).publish(new Surface(SIZE.width, SIZE.height), [WHOLE], 1)).toBe(true);
    } finally {
      Object.defineProperty(Atomics, "waitAsync", own);
    }
  });

  it("is not read while the worker writes to it", () => {
    const memory = sheetFor(SIZE);
    const page = new Sheet(memory);
    new Sheet(memory).publish(new Surface(SIZE.width, SIZE.height), [WHOLE], 1);
    const lock = new Int32Array(memory.memory);
    Atomics.store(lock, 0, 1);
    expect(page.take(() => expect.unreachable(), false)).toBe("busy");
    Atomics.store(lock, 0, 0);
    expect(page.take(() => undefined, false)).toBe(1);
  });

  it("is not kept by who could not draw, and loses nothing", () => {
    const memory = sheetFor(SIZE);
    const surface = new Surface(SIZE.width, SIZE.height);
    const [worker, page] = [new Sheet(memory), new Sheet(memory)];
    worker.publish(surface, [rect(1, 2, 3, 4)], 1);
    expect(() => page.take(() => { throw new Error("no memory for pixels"); }, false)).toThrow("no memory for pixels");
    expect(new Int32Array(memory.memory)[0], "the lock").toBe(0);
    expect(() => worker.publish(surface, [rect(1, SIZE.height, 1, 1)], 2)).toThrow(RangeError);
    expect(new Int32Array(memory.memory)[0], "the lock").toBe(0);
    expect(worker.publish(surface, [rect(5, 6, 7, 8)], 3)).toBe(true);
    const taken: Rect[] = [];
    expect(page.take((_bytes, part) => taken.push(part), false)).toBe(3);
    expect(taken).toEqual([rect(1, 2, 3, 4), rect(5, 6, 7, 8)]);
    expect(page.news).toBe(false);
  });

  it("shows all of a picture on canvases that are new", () => {
    const memory = sheetFor(SIZE);
    const surface = new Surface(SIZE.width, SIZE.height);
    drawn(surface, [WHOLE], 1);
    new Sheet(memory).publish(surface, [WHOLE], 1);
    const first = new Easel(SIZE);
    new Canvases(memory, first.pens, band).draw();
    const second = new Easel(SIZE);
    const canvases = new Canvases(memory, second.pens, band);
    expect(canvases.painted).toBe(false);
    expect(canvases.draw()).toBe(1);
    expect(canvases.painted).toBe(true);
    expect(second.pixels).toEqual(first.pixels);
  });
});
