/** Writes screen updates for tests, plainly: what the agent's coder chooses is its affair. */
import type { Rect } from "./rect";

interface Kind {
  readonly refresh?: boolean;
  readonly zstd?: boolean;
  readonly more?: boolean;
  readonly serial?: number;
  readonly rtp?: number;
  readonly length?: number;
}

const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const op = (code: number, { x, y, width, height }: Rect): number[] => [code, ...u16(x), ...u16(y), ...u16(width), ...u16(height)];

export const rect = (x: number, y: number, width: number, height: number): Rect => ({ x, y, width, height });

/** The operations of a body. */
export const OPS = {
  copy: (to: Rect, x: number, y: number): number[] => [...op(1, to), ...u16(x), ...u16(y)],
  fill: (to: Rect, red: number, green: number, blue: number): number[] => [...op(2, to), red, green, blue],
  raw: (to: Rect, filter: number, values: ArrayLike<number>): number[] => [...op(4, to), filter, ...Array.from(values)],
  video: (to: Rect, x = 0, y = 0): number[] => [...op(5, to), ...u16(x), ...u16(y)],
};

export class UpdateWriter {
  readonly #width: number;
  readonly #height: number;
  #serial = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  /** The next update, with these operations. */
  update(kind: Kind, ...ops: readonly (readonly number[])[]): Uint8Array {
    const body = ops.flat();
    this.#serial = kind.serial ?? this.#serial + 1;
    const flags = (kind.refresh === true ? 1 : 0) | (kind.zstd === true ? 2 : 0) | (kind.more === true ? 4 : 0);
    return Uint8Array.from([1, flags, ...u32(this.#serial), ...u32(kind.rtp ?? 0), ...u16(this.#width), ...u16(this.#height), ...u32(kind.length ?? body.length), ...body]);
  }

  /** An update as one message. */
  message(update: Uint8Array): Uint8Array {
    return Uint8Array.from([3, ...update]);
  }

  /** An update in pieces of at most `size` bytes. */
  pieces(update: Uint8Array, size: number): Uint8Array[] {
    const all: Uint8Array[] = [];
    for (let at = 0; at < update.length; at += size) {
      const flags = (at === 0 ? 1 : 0) | (at + size >= update.length ? 2 : 0);
      all.push(Uint8Array.from([flags, ...update.subarray(at, at + size)]));
    }
    return all;
  }
}
