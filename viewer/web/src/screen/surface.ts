/**
 * The picture in memory: RGBA, opaque, or all zeros where the video is seen. It is what
 * copies read from; the canvases only show it. Pure.
 */
import type { Rect } from "./rect";

/** The sides of a cell. Each cell counts its transparent pixels, so that nobody reads them all. */
const CELL = 64;
/** The highest bits of a pixel, as a number of 32 bits on a little-endian machine. */
export const OPAQUE = 0xff000000;

export class Surface {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8ClampedArray<ArrayBuffer>;
  /** The same memory, a number for each pixel. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly #columns: number;
  readonly #cells: Uint16Array;
  #transparent = 0;

  /** All of it is transparent. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.bytes = new Uint8ClampedArray(width * height * 4);
    this.words = new Uint32Array(this.bytes.buffer);
    this.#columns = Math.ceil(width / CELL);
    this.#cells = new Uint16Array(this.#columns * Math.ceil(height / CELL));
    this.#reset();
  }

  /** How many pixels are transparent. */
  get transparent(): number {
    return this.#transparent;
  }

  /** Makes all of it transparent. */
  clear(): void {
    this.words.fill(0);
    this.#reset();
  }

  /** Makes a rectangle transparent. */
  erase(rect: Rect): void {
    this.#eachCell(rect, (cell, part, whole) => {
      const before = this.#cells[cell] as number;
      const gone = whole ? whole - before : part.width * part.height - this.#count(part);
      this.#set(cell, before + gone);
    });
    this.#eachRow(rect, (start, end) => this.words.fill(0, start, end));
  }

  /** Must be called before a rectangle is painted: it counts what will be opaque. */
  cover(rect: Rect): void {
    if (this.#transparent > 0) {
      this.#eachCell(rect, (cell, part, whole) => {
        const before = this.#cells[cell] as number;
        if (before > 0) {
          this.#set(cell, whole ? 0 : before - this.#count(part));
        }
      });
    }
  }

  /** Whether no pixel of a rectangle is transparent. */
  opaque(rect: Rect): boolean {
    let clear = 0;
    if (this.#transparent > 0) {
      this.#eachCell(rect, (cell, part) => {
        clear += (this.#cells[cell] as number) > 0 ? this.#count(part) : 0;
      });
    }
    return clear === 0;
  }

  /** Copies pixels, as memmove does. */
  copy(rect: Rect, sourceX: number, sourceY: number): void {
    this.cover(rect);
    const { words, width } = this;
    // What overlaps is read first: from below when it moves down.
    const down = sourceY < rect.y;
    for (let i = 0; i < rect.height; i++) {
      const row = down ? rect.height - 1 - i : i;
      const from = (sourceY + row) * width + sourceX;
      words.copyWithin((rect.y + row) * width + rect.x, from, from + rect.width);
    }
  }

  /** Fills a rectangle with a pixel. */
  fill(rect: Rect, pixel: number): void {
    this.cover(rect);
    this.#eachRow(rect, (start, end) => this.words.fill(pixel, start, end));
  }

  #reset(): void {
    const { width, height } = this;
    this.#transparent = width * height;
    this.#eachCell({ x: 0, y: 0, width, height }, (cell, part) => {
      this.#cells[cell] = part.width * part.height;
    });
  }

  #set(cell: number, count: number): void {
    this.#transparent += count - (this.#cells[cell] as number);
    this.#cells[cell] = count;
  }

  // How many pixels of a rectangle are transparent, by looking.
  #count(rect: Rect): number {
    let count = 0;
    this.#eachRow(rect, (start, end) => {
      for (let at = start; at < end; at++) {
        count += this.words[at] === 0 ? 1 : 0;
      }
    });
    return count;
  }

  #eachRow({ x, y, width, height }: Rect, act: (start: number, end: number) => void): void {
    for (let row = y; row < y + height; row++) {
      const start = row * this.width + x;
      act(start, start + width);
    }
  }

  // The cells that a rectangle meets, what it covers of each, and the cell's area if that is all of it.
  #eachCell(rect: Rect, act: (cell: number, part: Rect, whole: number) => void): void {
    const right = rect.x + rect.width;
    const bottom = rect.y + rect.height;
    for (let top = rect.y - (rect.y % CELL); top < bottom; top += CELL) {
      const y = Math.max(top, rect.y);
      const height = Math.min(top + CELL, bottom) - y;
      const tall = Math.min(CELL, this.height - top);
      for (let left = rect.x - (rect.x % CELL); left < right; left += CELL) {
        const x = Math.max(left, rect.x);
        const width = Math.min(left + CELL, right) - x;
        const area = tall * Math.min(CELL, this.width - left);
        act((top / CELL) * this.#columns + left / CELL, { x, y, width, height }, width * height === area ? area : 0);
      }
    }
  }
}
