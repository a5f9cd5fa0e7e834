/**
 * Screen updates as they come on the data channel "screen": messages, the updates that
 * they make up, and each update's header. docs/protocol.md has the format; the agent's
 * coder and this hold the same numbers.
 */

/** Largest message: one byte of flags and a piece. */
export const MAX_MESSAGE = (60 << 10) + 1;
/** Largest body of an update, packed or not. */
export const MAX_BODY = 8 << 20;
/** Largest window of a zstd frame. */
export const MAX_WINDOW = 8 << 20;
/** Longest side of a picture. */
export const MAX_SIDE = 16_384;
/** Most pixels of a picture: a screen of 7680 by 4320. */
export const MAX_PIXELS = 7680 * 4320;

/** Length of a header: version, flags, serial, timestamp, width, height, length of the body. */
export const HEADER_SIZE = 18;

const VERSION = 1;
const PIECE = { first: 1, last: 2, padded: 4 } as const;
const UPDATE = { refresh: 1, zstd: 2, more: 4 } as const;

/** A rule of the format is broken: the update is not drawn, and a refresh is needed. */
export class Broken extends Error {
  constructor(what: string) {
    super(`screen: ${what}`);
    this.name = "Broken";
  }
}

/** One update, still packed. */
export interface Update {
  /** Nothing before matters: the picture becomes transparent first, and has this size. */
  readonly refresh: boolean;
  /** The body is one zstd frame that tells its size. */
  readonly zstd: boolean;
  /** It is drawn together with the next one. */
  readonly more: boolean;
  readonly serial: number;
  /** RTP timestamp of the first video frame that shows the right thing in its video rectangles. */
  readonly rtp: number;
  readonly width: number;
  readonly height: number;
  /** Length of the body, unpacked. */
  readonly length: number;
  readonly body: Uint8Array;
}

/** Reads the header of an update and checks what can be checked without its body. */
export function readUpdate(data: Uint8Array): Update {
  if (data.length < HEADER_SIZE) {
    throw new Broken("header cut off");
  }
  const view = new DataView(data.buffer, data.byteOffset, HEADER_SIZE);
  const flags = view.getUint8(1);
  const width = view.getUint16(10, true);
  const height = view.getUint16(12, true);
  const length = view.getUint32(14, true);
  const body = data.subarray(HEADER_SIZE);
  const zstd = (flags & UPDATE.zstd) !== 0;
  if (view.getUint8(0) !== VERSION || (flags & ~(UPDATE.refresh | UPDATE.zstd | UPDATE.more)) !== 0) {
    throw new Broken("unknown version or flag");
  }
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw new Broken("impossible size");
  }
  if (length > MAX_BODY || body.length > MAX_BODY || (!zstd && length !== body.length)) {
    throw new Broken("body of another length");
  }
  return {
    refresh: (flags & UPDATE.refresh) !== 0,
    zstd,
    more: (flags & UPDATE.more) !== 0,
    serial: view.getUint32(2, true),
    rtp: view.getUint32(6, true),
    width,
    height,
    length,
    body,
  };
}

/** Puts the pieces of updates together. */
export class Pieces {
  #open = false;
  // Grows with what comes, so that neither a promise of much nor many small pieces cost much.
  #whole = new Uint8Array(0);
  #size = 0;

  /** Whether an update has begun and not ended. */
  get open(): boolean {
    return this.#open;
  }

  /** Takes a message; gives the update that it completes, good until the next message, or null. */
  join(message: Uint8Array): Uint8Array | null {
    const { first, last, piece } = readMessage(message);
    if (first === this.#open) {
      throw new Broken(first ? "an update begins inside another" : "a piece without a beginning");
    }
    if (first && last) {
      return piece;
    }
    this.#append(piece);
    this.#open = !last;
    if (!last) {
      return null;
    }
    const size = this.#size;
    this.#size = 0;
    return this.#whole.subarray(0, size);
  }

  /** Forgets what was begun. */
  reset(): void {
    this.#open = false;
    this.#size = 0;
  }

  #append(piece: Uint8Array): void {
    const size = this.#size + piece.length;
    if (size > HEADER_SIZE + MAX_BODY) {
      throw new Broken("update too long");
    }
    if (size > this.#whole.length) {
      const larger = new Uint8Array(Math.min(HEADER_SIZE + MAX_BODY, Math.max(size, 2 * this.#whole.length)));
      larger.set(this.#whole.subarray(0, this.#size));
      this.#whole = larger;
    }
    this.#whole.set(piece, this.#size);
    this.#size = size;
  }
}

function readMessage(message: Uint8Array): { first: boolean; last: boolean; piece: Uint8Array } {
  const flags = message[0] ?? 0;
  if (message.length < 2 || message.length > MAX_MESSAGE || (flags & ~(PIECE.first | PIECE.last | PIECE.padded)) !== 0) {
    throw new Broken("not a message");
  }
  return { first: (flags & PIECE.first) !== 0, last: (flags & PIECE.last) !== 0, piece: message.subarray(1, message.length - paddingOf(message, flags)) };
}

// How many bytes at the end of a message are no part of the piece.
function paddingOf(message: Uint8Array, flags: number): number {
  if ((flags & PIECE.padded) === 0) {
    return 0;
  }
  const end = message.length;
  const padding = (message[end - 2] as number) | ((message[end - 1] as number) << 8);
  if (end < 3 || padding < 2 || padding > end - 1) {
    throw new Broken("impossible padding");
  }
  return padding;
}

/** Whether a message goes on with an update that was begun by another. */
export function goesOn(message: Uint8Array): boolean {
  return ((message[0] ?? 0) & PIECE.first) === 0;
}

const ANSWER = { drawn: 1, refresh: 2 } as const;

/** The answer that an update was drawn. */
export function drawnAnswer(serial: number): Uint8Array<ArrayBuffer> {
  const answer = new Uint8Array(5);
  answer[0] = ANSWER.drawn;
  new DataView(answer.buffer).setUint32(1, serial, true);
  return answer;
}

/** The wish for a refresh. */
export function refreshAnswer(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(ANSWER.refresh);
}
