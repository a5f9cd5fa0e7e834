/**
 * The tables of zstd (RFC 8878): finite state entropy (section 4.1) and Huffman codes
 * (section 4.2). Every entry is one number, so that a symbol costs one look-up.
 */

/** Packed data breaks a rule of its format, or is larger than it may be. */
export class Corrupt extends Error {
  constructor(what: string) {
    super(`zstd: ${what}`);
    this.name = "Corrupt";
  }
}

/** Place of the highest bit that is set; -1 for 0. */
export function highBit(value: number): number {
  return 31 - Math.clz32(value);
}

/**
 * A table of 1 << log states. An entry holds the symbol in 8 bits, how many bits the next
 * state takes in 8, and what they are added to in 16.
 */
export interface StateTable {
  readonly log: number;
  readonly entries: Uint32Array;
}

/** A table made of probabilities: -1 means "less than one". */
export function stateTable(log: number, odds: ArrayLike<number>): StateTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(odds.length);
  let high = size;
  for (let symbol = 0; symbol < odds.length; symbol++) {
    const odd = odds[symbol] as number;
    next[symbol] = odd < 0 ? 1 : odd;
    if (odd < 0) {
      symbols[--high] = symbol;
    }
  }
  spread(symbols, odds, high);
  const entries = new Uint32Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const turn = next[symbol] as number;
    next[symbol] = turn + 1;
    const bits = log - highBit(turn);
    entries[state] = symbol | (bits << 8) | (((turn << bits) - size) << 16);
  }
  return { log, entries };
}

// The places below `high`, in the order that RFC 8878, section 4.1.1 gives them.
function spread(symbols: Uint8Array, odds: ArrayLike<number>, high: number): void {
  const size = symbols.length;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let symbol = 0; symbol < odds.length; symbol++) {
    for (let i = 0; i < (odds[symbol] as number); i++) {
      symbols[at] = symbol;
      do {
        at = (at + step) & (size - 1);
      } while (at >= high);
    }
  }
  if (at !== 0) {
    throw new Corrupt("probabilities do not add up");
  }
}

/** A table of one symbol that takes no bits. */
export function constantTable(symbol: number): StateTable {
  return { log: 0, entries: Uint32Array.of(symbol) };
}

/** Reads a table's description that begins at `at`; gives the table and where it ends. */
export function readStateTable(from: Uint8Array, at: number, end: number, maxLog: number, maxSymbol: number): { table: StateTable; at: number } {
  const peek = (bit: number, count: number): number => {
    const byte = at + (bit >> 3);
    const word = (from[byte] ?? 0) | ((from[byte + 1] ?? 0) << 8) | ((from[byte + 2] ?? 0) << 16);
    return (word >> (bit & 7)) & ((1 << count) - 1);
  };
  const log = 5 + peek(0, 4);
  if (log > maxLog) {
    throw new Corrupt("table too large");
  }
  const odds: number[] = [];
  let bit = 4;
  let left = 1 << log;
  while (left > 0 && odds.length <= maxSymbol) {
    const width = highBit(left + 1) + 1;
    const lower = (1 << (width - 1)) - 1;
    const short = (1 << width) - 2 - left;
    let value = peek(bit, width);
    if ((value & lower) < short) {
      value &= lower;
      bit += width - 1;
    } else {
      value -= value > lower ? short : 0;
      bit += width;
    }
    const odd = value - 1;
    left -= Math.abs(odd);
    odds.push(odd);
    for (let more = odd === 0 ? 3 : 0; more === 3; ) {
      more = peek(bit, 2);
      bit += 2;
      odds.push(...new Array<number>(more).fill(0));
      if (odds.length > maxSymbol + 1) {
        throw new Corrupt("too many symbols");
      }
    }
  }
  const after = at + ((bit + 7) >> 3);
  if (left !== 0 || odds.length > maxSymbol + 1 || after > end) {
    throw new Corrupt("broken table");
  }
  return { table: stateTable(log, odds), at: after };
}

/** Longest Huffman code of literals, in bits. */
const MAX_CODE = 11;

/** Huffman codes: the next `log` bits lead to the symbol in 8 bits and the code's length. */
export class HuffmanTable {
  readonly entries = new Uint16Array(1 << MAX_CODE);
  log = 0;
  readonly #weights = new Uint8Array(256);

  /** Reads a tree's description; gives where it ends. */
  read(from: Uint8Array, at: number, end: number): number {
    const head = from[at] as number;
    const direct = head >= 128;
    const count = direct ? head - 127 : 0;
    const after = at + 1 + (direct ? (count + 1) >> 1 : head);
    if (after > end) {
      throw new Corrupt("tree cut off");
    }
    for (let i = 0; i < count; i++) {
      const pair = from[at + 1 + (i >> 1)] as number;
      this.#weights[i] = i % 2 === 0 ? pair >> 4 : pair & 15;
    }
    this.#build(direct ? count : this.#readWeights(from, at + 1, after));
    return after;
  }

  // Two states take turns until the bits are used up (section 4.2.1.2).
  #readWeights(from: Uint8Array, at: number, end: number): number {
    const { table, at: start } = readStateTable(from, at, end, 6, MAX_CODE);
    const last = start < end ? (from[end - 1] as number) : 0;
    if (last === 0) {
      throw new Corrupt("weights cut off");
    }
    let left = (end - start - 1) * 8 + highBit(last);
    const take = (count: number): number => {
      left -= count;
      const byte = start + (left >> 3);
      const word = left < 0 ? 0 : (from[byte] as number) | ((from[byte + 1] ?? 0) << 8);
      return (word >> (left & 7)) & ((1 << count) - 1);
    };
    const states = [take(table.log), take(table.log)];
    if (left < 0) {
      throw new Corrupt("weights cut off");
    }
    for (let count = 0; count < 254; count++) {
      const entry = table.entries[states[count & 1] as number] as number;
      this.#weights[count] = entry & 0xff;
      states[count & 1] = (entry >>> 16) + take((entry >> 8) & 0xff);
      if (left < 0) {
        this.#weights[count + 1] = (table.entries[states[(count + 1) & 1] as number] as number) & 0xff;
        return count + 2;
      }
    }
    throw new Corrupt("too many weights");
  }

  // The last weight is not written: it is what makes the sum a power of two.
  #build(count: number): void {
    const weights = this.#weights;
    const starts = new Uint16Array(MAX_CODE + 2);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const weight = weights[i] as number;
      if (weight > MAX_CODE) {
        throw new Corrupt("code too long");
      }
      sum += (1 << weight) >> 1;
    }
    const log = highBit(sum) + 1;
    const rest = (1 << log) - sum;
    if (sum === 0 || log > MAX_CODE || (rest & (rest - 1)) !== 0) {
      throw new Corrupt("broken tree");
    }
    weights[count++] = highBit(rest) + 1;
    for (let i = 0; i < count; i++) {
      const weight = weights[i] as number;
      starts[weight + 1] = (starts[weight + 1] as number) + ((1 << weight) >> 1);
    }
    for (let weight = 2; weight < starts.length; weight++) {
      starts[weight] = (starts[weight] as number) + (starts[weight - 1] as number);
    }
    for (let symbol = 0; symbol < count; symbol++) {
      const weight = weights[symbol] as number;
      const start = starts[weight] as number;
      const size = (1 << weight) >> 1;
      this.entries.fill(symbol | ((log + 1 - weight) << 8), start, start + size);
      starts[weight] = start + size;
    }
    this.log = log;
  }
}
