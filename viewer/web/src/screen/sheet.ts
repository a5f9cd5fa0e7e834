/**
 * The picture as the worker hands it to the page: memory that both see, so that a picture is
 * there for the page's next frame without a message having to arrive before it.
 * docs/performance.md, "From a press to its pixel", has what that spares. Pure.
 *
 *   worker: publish() ── pixels and rectangles, under the lock ──► page: take()
 *                     └─ wakes who waits in arrival()
 *
 * Who is late finds the newest picture alone: what is published while nobody looks gathers
 * in the rectangles.
 */
import type { Size } from "./picture";
import { around, type Rect } from "./rect";
import type { Surface } from "./surface";

/** What travels from the worker to the page: the memory, and the size of the picture in it. */
export interface SheetMemory {
  readonly size: Size;
  readonly memory: SharedArrayBuffer;
}

/** Takes pixels out of the memory: `bytes` is all of the picture, row by row, RGBA. */
export type Taker = (bytes: Uint8ClampedArray<SharedArrayBuffer>, part: Rect) => void;

// The numbers before the pixels.
const LOCK = 0;
const PUBLISHED = 1; // number of the last publication
const TAKEN = 2; // number of the last one that was taken
const CALLED = 3; // 1: the page was told that there is something
const PARTS = 4; // how many rectangles follow
const FIRST = 5;
const MAX_PARTS = 32;
const HEAD_BYTES = 4 * (FIRST + 4 * MAX_PARTS);

// For how long the page tries to get at the memory; after it the next frame is soon enough.
const PATIENCE_MS = 2;

/** Memory for pictures of a size. */
export function sheetFor(size: Size): SheetMemory {
  return { size, memory: new SharedArrayBuffer(HEAD_BYTES + 4 * size.width * size.height) };
}

export class Sheet {
  readonly size: Size;
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Uint8ClampedArray<SharedArrayBuffer>;
  readonly #words: Uint32Array<SharedArrayBuffer>;

  constructor({ size, memory }: SheetMemory) {
    this.size = size;
    this.#head = new Int32Array(memory, 0, FIRST + 4 * MAX_PARTS);
    this.#bytes = new Uint8ClampedArray(memory, HEAD_BYTES);
    this.#words = new Uint32Array(memory, HEAD_BYTES);
  }

  /**
   * Worker: puts parts of the surface, which has the size of the sheet, in place of what was
   * there, and wakes the page if it waits. Returns whether it has to be called by a message.
   */
  publish(surface: Surface, parts: readonly Rect[], publication: number): boolean {
    const head = this.#head;
    while (Atomics.compareExchange(head, LOCK, 0, 1) !== 0) {
      Atomics.wait(head, LOCK, 1, 1);
    }
    try {
      for (const part of parts) {
        copyRows(surface.words, this.#words, this.size.width, part);
      }
      this.#note(parts);
      Atomics.store(head, PUBLISHED, publication);
      const woken = Atomics.notify(head, PUBLISHED) > 0;
      return Atomics.exchange(head, CALLED, 1) === 0 && !woken;
    } finally {
      this.#unlock();
    }
  }

  /**
   * Page: gives what was published since it was taken last to `taker`, or all of it. Returns the
   * number of the publication; null when there is nothing; "busy" when the worker holds the
   * memory just now. What a taker did not take, because it threw, is there the next time.
   */
  take(taker: Taker, all: boolean): number | "busy" | null {
    const head = this.#head;
    if (Atomics.load(head, PUBLISHED) === (all ? 0 : Atomics.load(head, TAKEN))) {
      return null;
    }
    if (!this.#lockSoon()) {
      return "busy";
    }
    try {
      Atomics.store(head, CALLED, 0);
      for (const part of all ? [{ x: 0, y: 0, ...this.size }] : this.#parts()) {
        taker(this.#bytes, part);
      }
      const publication = Atomics.load(head, PUBLISHED);
      Atomics.store(head, PARTS, 0);
      Atomics.store(head, TAKEN, publication);
      return publication;
    } finally {
      this.#unlock();
    }
  }

  /** Page: whether something was published since it was taken last. */
  get news(): boolean {
    return Atomics.load(this.#head, PUBLISHED) !== Atomics.load(this.#head, TAKEN);
  }

  /**
   * Page: settles when there is something to take. A browser puts messages off after a press,
   * but not this. Null in one that cannot wait without standing still: there a message calls.
   */
  arrival(): Promise<unknown> | null {
    const taken = Atomics.load(this.#head, TAKEN);
    return "waitAsync" in Atomics ? Promise.resolve(Atomics.waitAsync(this.#head, PUBLISHED, taken).value) : null;
  }

  /** Page: lets go whoever waits, and what their waiting keeps. */
  leave(): void {
    Atomics.notify(this.#head, PUBLISHED);
  }

  #lockSoon(): boolean {
    const until = performance.now() + PATIENCE_MS;
    while (Atomics.compareExchange(this.#head, LOCK, 0, 1) !== 0) {
      if (performance.now() > until) {
        return false;
      }
    }
    return true;
  }

  #unlock(): void {
    Atomics.store(this.#head, LOCK, 0);
    Atomics.notify(this.#head, LOCK);
  }

  #parts(): Rect[] {
    const head = this.#head;
    return Array.from({ length: head[PARTS] as number }, (_, index) => {
      const [x = 0, y = 0, width = 0, height = 0] = head.subarray(FIRST + 4 * index, FIRST + 4 * index + 4);
      return { x, y, width, height };
    });
  }

  #note(parts: readonly Rect[]): void {
    const all = [...this.#parts(), ...parts];
    const few = all.length > MAX_PARTS ? [all.reduce(around)] : all;
    few.forEach(({ x, y, width, height }, index) => this.#head.set([x, y, width, height], FIRST + 4 * index));
    this.#head[PARTS] = few.length;
  }
}

function copyRows(from: Uint32Array, to: Uint32Array, width: number, part: Rect): void {
  if (part.width === width) {
    const start = part.y * width;
    to.set(from.subarray(start, start + part.height * width), start);
    return;
  }
  for (let row = part.y; row < part.y + part.height; row++) {
    const start = row * width + part.x;
    to.set(from.subarray(start, start + part.width), start);
  }
}
