/** Carries the operations of an update's body out on a surface (docs/protocol.md). Pure. */
import type { Holes } from "./holes";
import type { Dirt, Rect } from "./rect";
import { OPAQUE, type Surface } from "./surface";
import { Broken } from "./wire";

const OP = { copy: 1, fill: 2, palette: 3, raw: 4, video: 5 } as const;
const FILTER = { none: 0, left: 1, above: 2 } as const;
// An operation's beginning: op, x, y, width, height.
const OP_SIZE = 9;

/** What operations change. */
export interface Drawing {
  readonly surface: Surface;
  readonly holes: Holes;
  readonly dirt: Dirt;
}

/** Where the upper left corner of the video's frames lies in the picture, from one frame on. */
export interface VideoPlace {
  readonly x: number;
  readonly y: number;
  readonly rtp: number;
}

/**
 * Carries all of them out, in order, and gives the place of the video if one tells it. Throws Broken at the first that breaks a rule; the
 * surface is then good for nothing but a refresh.
 */
export function carryOut(drawing: Drawing, body: Uint8Array, rtp: number): VideoPlace | null {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let place: VideoPlace | null = null;
  for (let at = 0; at < body.length; ) {
    const start = at;
    at = one(drawing, body, view, at, rtp);
    if (body[start] === OP.video) {
      place = { x: view.getUint16(start + OP_SIZE, true), y: view.getUint16(start + OP_SIZE + 2, true), rtp };
    }
  }
  return place;
}

// Returns where the operation ends.
function one(drawing: Drawing, body: Uint8Array, view: DataView, at: number, rtp: number): number {
  const { surface, holes, dirt } = drawing;
  const start = need(body, at, OP_SIZE);
  const [x, y, width, height] = [1, 3, 5, 7].map((i) => view.getUint16(at + i, true)) as [number, number, number, number];
  const rect: Rect = { x, y, width, height };
  inside(surface, rect);
  switch (body[at]) {
    case OP.copy: {
      const end = need(body, start, 4);
      copy(drawing, rect, view.getUint16(start, true), view.getUint16(start + 2, true));
      return end;
    }
    case OP.fill: {
      const end = need(body, start, 3);
      surface.fill(rect, pixel(body, start));
      holes.painted(rect);
      dirt.add(rect);
      return end;
    }
    case OP.palette: {
      const end = palette(surface, rect, body, start);
      holes.painted(rect);
      dirt.add(rect);
      return end;
    }
    case OP.raw: {
      const end = raw(surface, rect, body, start);
      holes.painted(rect);
      dirt.add(rect);
      return end;
    }
    case OP.video:
      holes.add(rect, rtp);
      return need(body, start, 4);
    default:
      throw new Broken("unknown operation");
  }
}

function copy({ surface, holes, dirt }: Drawing, rect: Rect, x: number, y: number): void {
  const source: Rect = { ...rect, x, y };
  inside(surface, source);
  if (!surface.opaque(source) || holes.meets(source)) {
    throw new Broken("copy of what is transparent");
  }
  surface.copy(rect, x, y);
  holes.painted(rect);
  dirt.add(rect);
}

/** The fewest bits, of 1, 2, 4 and 8, that tell so many colours apart. */
function indexBits(colours: number): 1 | 2 | 4 | 8 {
  return colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
}

const colours = new Uint32Array(256);

function palette(surface: Surface, rect: Rect, body: Uint8Array, start: number): number {
  const count = 1 + (body[need(body, start, 1) - 1] as number);
  const bits = indexBits(count);
  const line = Math.ceil((rect.width * bits) / 8);
  let at = need(body, start + 1, 3 * count);
  const end = need(body, at, line * rect.height);
  for (let i = 0; i < count; i++) {
    colours[i] = pixel(body, start + 1 + 3 * i);
  }
  // Indexes beyond the palette find 0, which is no colour.
  colours.fill(0, count);
  surface.cover(rect);
  const { words, width } = surface;
  const mask = (1 << bits) - 1;
  let all = OPAQUE;
  for (let y = rect.y; y < rect.y + rect.height; y++) {
    let to = y * width + rect.x;
    let shift = 0;
    let byte = 0;
    for (const stop = to + rect.width; to < stop; to++) {
      if (shift === 0) {
        byte = body[at++] as number;
        shift = 8;
      }
      shift -= bits;
      const colour = colours[(byte >> shift) & mask] as number;
      all &= colour;
      words[to] = colour;
    }
  }
  if (all >>> 24 !== 255) {
    throw new Broken("index beyond the palette");
  }
  return end;
}

function raw(surface: Surface, rect: Rect, body: Uint8Array, start: number): number {
  const filter = body[need(body, start, 1) - 1] as number;
  const end = need(body, start + 1, 3 * rect.width * rect.height);
  if (filter > FILTER.above) {
    throw new Broken("unknown filter");
  }
  surface.cover(rect);
  const { words, width } = surface;
  let at = start + 1;
  for (let y = rect.y; y < rect.y + rect.height; y++) {
    const first = y * width + rect.x;
    let before = 0;
    for (let to = first; to < first + rect.width; to++) {
      if (filter === FILTER.above) {
        before = y === rect.y ? 0 : (words[to - width] as number);
      }
      const red = ((body[at] as number) + before) & 0xff;
      const green = ((body[at + 1] as number) + (before >> 8)) & 0xff;
      const blue = ((body[at + 2] as number) + (before >> 16)) & 0xff;
      const colour = OPAQUE | (blue << 16) | (green << 8) | red;
      words[to] = colour;
      at += 3;
      if (filter === FILTER.left) {
        before = colour;
      }
    }
  }
  return end;
}

// A pixel of r, g, b.
function pixel(body: Uint8Array, at: number): number {
  return (OPAQUE | ((body[at + 2] as number) << 16) | ((body[at + 1] as number) << 8) | (body[at] as number)) >>> 0;
}

// Where `size` bytes from `at` on end.
function need(body: Uint8Array, at: number, size: number): number {
  if (at + size > body.length) {
    throw new Broken("body cut off");
  }
  return at + size;
}

function inside(surface: Surface, { x, y, width, height }: Rect): void {
  if (width < 1 || height < 1 || x + width > surface.width || y + height > surface.height) {
    throw new Broken("rectangle outside of the picture");
  }
}
