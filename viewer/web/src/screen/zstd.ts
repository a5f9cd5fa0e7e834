/**
 * Unpacks one zstd frame (RFC 8878) into memory that the caller gives. Nothing of what the
 * frame says of itself makes it take more: its window and size are checked before anything
 * is unpacked, and no byte is written beyond the caller's memory (THREATS 19). Everything
 * that breaks a rule throws Corrupt. What it needs besides is kept from frame to frame.
 *
 * A frame's check sum is left unread: what comes here was authenticated on its way.
 */
import { constantTable, Corrupt, highBit, HuffmanTable, readStateTable, type StateTable, stateTable } from "./zstd-tables";

export { Corrupt };

const MAGIC = 0xfd2fb528;
const MAX_BLOCK = 128 << 10;
// Room behind what is read: bits are taken four bytes at a time.
const PADDING = 8;
// Offsets of more bits lie outside of every window that is taken here.
const MAX_OFFSET_BITS = 24;

/** What a frame says of itself (section 3.1.1.1). */
export interface Frame {
  /** Where its blocks begin. */
  readonly blocks: number;
  /** How far back it may refer, in bytes. */
  readonly window: number;
  /** How long it is unpacked, or null when it does not say. */
  readonly size: number | null;
  readonly checkSum: boolean;
}

/** Reads the beginning of a frame. Dictionaries and skippable frames are refused. */
export function readFrame(packed: Uint8Array): Frame {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  try {
    const descriptor = view.getUint8(4);
    if (view.getUint32(0, true) !== MAGIC || (descriptor & 0x08) !== 0) {
      throw new Corrupt("not a frame");
    }
    const single = (descriptor & 0x20) !== 0;
    const named = [0, 1, 2, 4][descriptor & 3] as number;
    let at = single ? 5 : 6;
    for (let i = 0; i < named; i++) {
      if (view.getUint8(at++) !== 0) {
        throw new Corrupt("needs a dictionary");
      }
    }
    const size = readSize(view, at, descriptor >> 6, single);
    at += descriptor >> 6 === 0 ? Number(single) : 1 << (descriptor >> 6);
    const window = single ? (size ?? 0) : windowOf(view.getUint8(5));
    return { blocks: at, window, size, checkSum: (descriptor & 4) !== 0 };
  } catch (error) {
    throw error instanceof RangeError ? new Corrupt("cut off") : error;
  }
}

function readSize(view: DataView, at: number, kind: number, single: boolean): number | null {
  switch (kind) {
    case 0:
      return single ? view.getUint8(at) : null;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

// Sections 3.1.1.3.2.1.1 and 3.1.1.3.2.2.
const LITERAL_BITS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
const MATCH_BITS = Uint8Array.of(
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
);
const LITERAL_BASE = bases(LITERAL_BITS, 0);
const MATCH_BASE = bases(MATCH_BITS, 3);
const LITERAL_TABLE = stateTable(6, [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1]);
const OFFSET_TABLE = stateTable(5, [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]);
const MATCH_TABLE = stateTable(6, [1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array<number>(37).fill(1), -1, -1, -1, -1, -1, -1, -1]);

function bases(bits: Uint8Array, first: number): Uint32Array {
  const all = new Uint32Array(bits.length);
  let next = first;
  bits.forEach((count, code) => {
    all[code] = next;
    next += 2 ** count;
  });
  return all;
}

/** A decoder; its memory is used again for every frame. */
export class Unpacker {
  #from = new Uint8Array(64 << 10);
  #to: Uint8Array = new Uint8Array(0);
  /** How much of #to is written. */
  #written = 0;
  #window = 0;
  readonly #literals = new Uint8Array(MAX_BLOCK);
  readonly #codes = new HuffmanTable();
  #haveCodes = false;
  #literalTable: StateTable | null = null;
  #offsetTable: StateTable | null = null;
  #matchTable: StateTable | null = null;
  readonly #offsets = new Int32Array(3);

  /** Unpacks a frame, which must be all of `packed`, into `to`; returns how many bytes it has. */
  unpack(packed: Uint8Array, to: Uint8Array, maxWindow: number): number {
    const frame = readFrame(packed);
    if (frame.window > maxWindow) {
      throw new Corrupt("window too large");
    }
    if (frame.size !== null && frame.size > to.length) {
      throw new Corrupt("too large");
    }
    if (this.#from.length < packed.length + PADDING) {
      this.#from = new Uint8Array(packed.length * 2 + PADDING);
    }
    this.#from.set(packed);
    this.#to = to;
    this.#written = 0;
    this.#window = frame.window;
    this.#haveCodes = false;
    this.#literalTable = this.#offsetTable = this.#matchTable = null;
    this.#offsets.set([1, 4, 8]);
    const end = this.#blocks(frame.blocks, packed.length) + (frame.checkSum ? 4 : 0);
    if (end !== packed.length || (frame.size !== null && frame.size !== this.#written)) {
      throw new Corrupt("another length than it says");
    }
    return this.#written;
  }

  // Returns where the last block ends.
  #blocks(at: number, end: number): number {
    const from = this.#from;
    for (let last = false; !last; ) {
      if (at + 3 > end) {
        throw new Corrupt("cut off");
      }
      const head = (from[at] as number) | ((from[at + 1] as number) << 8) | ((from[at + 2] as number) << 16);
      const size = head >> 3;
      const kind = (head >> 1) & 3;
      const after = at + 3 + (kind === 1 ? 1 : size);
      last = (head & 1) === 1;
      if (size > MAX_BLOCK || after > end || (kind < 2 && size > this.#to.length - this.#written)) {
        throw new Corrupt("block too large");
      }
      switch (kind) {
        case 0:
          this.#to.set(from.subarray(at + 3, after), this.#written);
          this.#written += size;
          break;
        case 1:
          this.#to.fill(from[at + 3] as number, this.#written, this.#written + size);
          this.#written += size;
          break;
        case 2:
          this.#block(at + 3, after);
          break;
        default:
          throw new Corrupt("unknown block");
      }
      at = after;
    }
    return at;
  }

  #block(at: number, end: number): void {
    if (at + 2 > end) {
      throw new Corrupt("block cut off");
    }
    const kind = (this.#from[at] as number) & 3;
    const literals = kind < 2 ? this.#plainLiterals(at, end, kind === 1) : this.#codedLiterals(at, end, kind === 3);
    this.#sequences(literals.after, end, literals.size);
  }

  // Section 3.1.1.3.1.1: the literals as they are, or one of them again and again.
  #plainLiterals(at: number, end: number, repeated: boolean): { size: number; after: number } {
    const from = this.#from;
    const format = ((from[at] as number) >> 2) & 3;
    const word = (from[at] as number) | ((from[at + 1] as number) << 8) | ((from[at + 2] as number) << 16);
    const size = format === 1 ? (word >> 4) & 0xfff : format === 3 ? word >> 4 : (word >> 3) & 0x1f;
    const start = at + (format === 1 ? 2 : format === 3 ? 3 : 1);
    const after = start + (repeated ? 1 : size);
    if (size > MAX_BLOCK || after > end) {
      throw new Corrupt("literals cut off");
    }
    if (repeated) {
      this.#literals.fill(from[start] as number, 0, size);
    } else {
      this.#literals.set(from.subarray(start, after));
    }
    return { size, after };
  }

  // Huffman codes, by this block's tree or by the one before, in one stream or four.
  #codedLiterals(at: number, end: number, sameTree: boolean): { size: number; after: number } {
    const from = this.#from;
    const format = ((from[at] as number) >> 2) & 3;
    const bits = format < 2 ? 10 : format === 2 ? 14 : 18;
    const head = format < 2 ? 3 : format + 2;
    // Up to 40 bits: more than the whole numbers of bit operations.
    let word = 0;
    for (let i = head; i-- > 0; ) {
      word = word * 256 + (from[at + i] as number);
    }
    const size = Math.floor(word / 16) % 2 ** bits;
    const packed = Math.floor(word / 2 ** (4 + bits)) % 2 ** bits;
    let start = at + head;
    const after = start + packed;
    if (size > MAX_BLOCK || after > end || (format !== 0 && size < 6)) {
      throw new Corrupt("literals cut off");
    }
    if (!sameTree) {
      start = this.#codes.read(from, start, after);
      this.#haveCodes = true;
    } else if (!this.#haveCodes) {
      throw new Corrupt("no tree to use again");
    }
    if (format === 0) {
      this.#stream(start, after, 0, size);
    } else {
      this.#streams(start, after, size);
    }
    return { size, after };
  }

  #streams(at: number, end: number, size: number): void {
    const from = this.#from;
    const part = (size + 3) >> 2;
    let start = at + 6;
    for (let i = 0; i < 4; i++) {
      const length = (from[at + 2 * i] as number) | ((from[at + 2 * i + 1] as number) << 8);
      const after = i < 3 ? start + length : end;
      if (after > end) {
        throw new Corrupt("stream cut off");
      }
      this.#stream(start, after, part * i, i < 3 ? part * (i + 1) : size);
      start = after;
    }
  }

  // One stream of codes, read from its end. The bits are used up with the last symbol.
  #stream(start: number, end: number, first: number, size: number): void {
    const from = this.#from;
    const to = this.#literals;
    const { entries, log } = this.#codes;
    const shift = 32 - log;
    let left = bitsOf(from, start, end);
    let at = first;
    while (at + 2 <= size && left >= 32) {
      const byte = start + (left >> 3);
      let word = ((from[byte] as number) << 24) | ((from[byte - 1] as number) << 16) | ((from[byte - 2] as number) << 8) | (from[byte - 3] as number);
      word <<= 8 - (left & 7);
      const one = entries[word >>> shift] as number;
      word <<= one >> 8;
      const two = entries[word >>> shift] as number;
      to[at] = one;
      to[at + 1] = two;
      at += 2;
      left -= (one >> 8) + (two >> 8);
    }
    while (at < size && left > 0) {
      // What lies before the beginning counts as zeros.
      const low = left - log;
      const byte = start + (low >> 3);
      const word = low < 0 ? ((from[start] as number) | ((from[start + 1] as number) << 8)) << -low : ((from[byte] as number) | ((from[byte + 1] as number) << 8) | ((from[byte + 2] as number) << 16)) >> (low & 7);
      const one = entries[word & ((1 << log) - 1)] as number;
      to[at++] = one;
      left -= one >> 8;
    }
    if (at !== size || left !== 0) {
      throw new Corrupt("literals do not fit");
    }
  }

  // Section 3.1.1.3.2: literals and copies of what was before, in turns.
  #sequences(at: number, end: number, literals: number): void {
    const from = this.#from;
    if (at >= end) {
      throw new Corrupt("block cut off");
    }
    let count = from[at++] as number;
    if (count === 0) {
      if (at !== end) {
        throw new Corrupt("block too long");
      }
      this.#append(0, literals);
      return;
    }
    if (count === 255) {
      count = (from[at] as number) + ((from[at + 1] as number) << 8) + 0x7f00;
      at += 2;
    } else if (count > 127) {
      count = ((count - 128) << 8) + (from[at++] as number);
    }
    const modes = from[at++] as number;
    if ((modes & 3) !== 0) {
      throw new Corrupt("reserved bits");
    }
    const table = (mode: number, usual: StateTable, before: StateTable | null, maxLog: number, maxSymbol: number): StateTable => {
      const made = this.#table(mode & 3, at, end, usual, before, maxLog, maxSymbol);
      at = made.at;
      return made.table;
    };
    this.#literalTable = table(modes >> 6, LITERAL_TABLE, this.#literalTable, 9, 35);
    this.#offsetTable = table(modes >> 4, OFFSET_TABLE, this.#offsetTable, 8, 31);
    this.#matchTable = table(modes >> 2, MATCH_TABLE, this.#matchTable, 9, 52);
    const used = this.#carryOut(at, end, count, literals, this.#literalTable, this.#offsetTable, this.#matchTable);
    this.#append(used, literals);
  }

  #table(mode: number, at: number, end: number, usual: StateTable, before: StateTable | null, maxLog: number, maxSymbol: number): { table: StateTable; at: number } {
    switch (mode) {
      case 0:
        return { table: usual, at };
      case 1: {
        const symbol = this.#from[at] as number;
        if (symbol > maxSymbol) {
          throw new Corrupt("unknown symbol");
        }
        return { table: constantTable(symbol), at: at + 1 };
      }
      case 2:
        return readStateTable(this.#from, at, end, maxLog, maxSymbol);
      default:
        if (before === null) {
          throw new Corrupt("no table to use again");
        }
        return { table: before, at };
    }
  }

  // Returns how many literals were used.
  #carryOut(start: number, end: number, count: number, literals: number, lengths: StateTable, offsets: StateTable, matches: StateTable): number {
    const from = this.#from;
    const to = this.#to;
    const pool = this.#literals;
    let [near, middle, far] = this.#offsets as unknown as [number, number, number];
    let written = this.#written;
    const limit = Math.min(to.length, written + MAX_BLOCK);
    let used = 0;
    let left = bitsOf(from, start, end);
    const take = (bits: number): number => {
      left -= bits;
      if (left < 0) {
        throw new Corrupt("sequences cut off");
      }
      const byte = start + (left >> 3);
      const word = (from[byte] as number) | ((from[byte + 1] as number) << 8) | ((from[byte + 2] as number) << 16) | ((from[byte + 3] as number) << 24);
      return (word >>> (left & 7)) & ((1 << bits) - 1);
    };
    let lengthState = take(lengths.log);
    let offsetState = take(offsets.log);
    let matchState = take(matches.log);
    for (;;) {
      const lengthEntry = lengths.entries[lengthState] as number;
      const offsetEntry = offsets.entries[offsetState] as number;
      const matchEntry = matches.entries[matchState] as number;
      const offsetBits = offsetEntry & 0xff;
      if (offsetBits > MAX_OFFSET_BITS) {
        throw new Corrupt("offset too far back");
      }
      const code = (1 << offsetBits) + take(offsetBits);
      let match = (MATCH_BASE[matchEntry & 0xff] as number) + take(MATCH_BITS[matchEntry & 0xff] as number);
      const length = (LITERAL_BASE[lengthEntry & 0xff] as number) + take(LITERAL_BITS[lengthEntry & 0xff] as number);

      // Codes up to 3 mean offsets of before (section 3.1.1.5).
      const which = code > 3 ? 4 : code - (length === 0 ? 0 : 1);
      let offset = near;
      if (which > 0) {
        offset = which === 4 ? code - 3 : which === 1 ? middle : which === 2 ? far : near - 1;
        far = which === 1 ? far : middle;
        middle = near;
        near = offset;
      }
      if (used + length > literals || written + length + match > limit) {
        throw new Corrupt("block too large");
      }
      written = copyPart(pool, used, to, written, length);
      used += length;
      if (offset < 1 || offset > written || offset > this.#window) {
        throw new Corrupt("offset too far back");
      }
      if (offset >= match && match > 32) {
        to.copyWithin(written, written - offset, written - offset + match);
        written += match;
      } else {
        for (let source = written - offset; match > 0; match--) {
          to[written++] = to[source++] as number;
        }
      }
      if (--count === 0) {
        break;
      }
      lengthState = (lengthEntry >>> 16) + take((lengthEntry >> 8) & 0xff);
      matchState = (matchEntry >>> 16) + take((matchEntry >> 8) & 0xff);
      offsetState = (offsetEntry >>> 16) + take((offsetEntry >> 8) & 0xff);
    }
    if (left !== 0) {
      throw new Corrupt("sequences too long");
    }
    this.#offsets.set([near, middle, far]);
    this.#written = written;
    return used;
  }

  // The literals that no sequence used.
  #append(used: number, literals: number): void {
    if (literals - used > this.#to.length - this.#written) {
      throw new Corrupt("block too large");
    }
    this.#to.set(this.#literals.subarray(used, literals), this.#written);
    this.#written += literals - used;
  }
}

function copyPart(from: Uint8Array, at: number, to: Uint8Array, start: number, length: number): number {
  if (length > 32) {
    to.set(from.subarray(at, at + length), start);
    return start + length;
  }
  for (const end = start + length; start < end; ) {
    to[start++] = from[at++] as number;
  }
  return start;
}

// How many bits a stream has that is read from its end: the highest bit that is set
// marks the end (section 4.2.2).
function bitsOf(from: Uint8Array, start: number, end: number): number {
  const last = start < end ? (from[end - 1] as number) : 0;
  if (last === 0) {
    throw new Corrupt("stream without an end");
  }
  return (end - start - 1) * 8 + highBit(last);
}
