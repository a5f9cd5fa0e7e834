/** Rectangles of the picture, in its pixels. Pure. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What two rectangles share, or null. */
export function shared(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** The smallest rectangle around two. */
export function around(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return { x, y, width: Math.max(a.x + a.width, b.x + b.width) - x, height: Math.max(a.y + a.height, b.y + b.height) - y };
}

/** What is left of a rectangle without a part inside it: above, below, left and right of the part. */
export function without(rect: Rect, part: Rect): Rect[] {
  const right = part.x + part.width;
  const bottom = part.y + part.height;
  return [
    { x: rect.x, y: rect.y, width: rect.width, height: part.y - rect.y },
    { x: rect.x, y: bottom, width: rect.width, height: rect.y + rect.height - bottom },
    { x: rect.x, y: part.y, width: part.x - rect.x, height: part.height },
    { x: right, y: part.y, width: rect.x + rect.width - right, height: part.height },
  ].filter(({ width, height }) => width > 0 && height > 0);
}

// More rectangles than this cost more to handle than the pixels that they spare.
const MAX_PARTS = 24;

/** The parts of the picture that are to be drawn: a few rectangles around all of them. */
export class Dirt {
  #parts: Rect[] = [];

  get empty(): boolean {
    return this.#parts.length === 0;
  }

  add(rect: Rect): void {
    // Neighbours become one when hardly a pixel more is drawn for it.
    const last = this.#parts.at(-1);
    if (last !== undefined) {
      const both = around(last, rect);
      if (area(both) * 7 <= (area(last) + area(rect)) * 8) {
        this.#parts[this.#parts.length - 1] = both;
        return;
      }
    }
    this.#parts.push(rect);
    if (this.#parts.length > MAX_PARTS) {
      this.#parts = [this.#parts.reduce(around)];
    }
  }

  /** Gives all of them and has none any more. */
  take(): readonly Rect[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }
}

function area({ width, height }: Rect): number {
  return width * height;
}
