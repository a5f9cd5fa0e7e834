/**
 * Reads of fragmented MP4 (ISO/IEC 14496-12) only what a recording without a manifest
 * has to tell about its segments: where they stand in time, and what they hold.
 */

/** What a plain segment says of itself. */
export interface SegmentFacts {
  readonly startMs: number;
  readonly durationMs: number;
  /** Bytes before the fragment; 0 when it has no init segment. */
  readonly initBytes: number;
  /** Of the init segment; null without one. */
  readonly form: { readonly codec: string; readonly width: number; readonly height: number } | null;
}

interface Box {
  readonly kind: string;
  readonly start: number;
  /** The box without its header. */
  readonly body: DataView;
}

// The agent writes every track in milliseconds; checked against mdhd where there is one.
const TIMESCALE = 1000;

/** Reads a plain segment, or throws. */
export function readSegmentFacts(plain: Uint8Array): SegmentFacts {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const top = boxes(view);
  const moof = only(top, "moof");
  const moov = top.find((box) => box.kind === "moov");
  const traf = only(boxes(moof.body), "traf");
  const parts = boxes(traf.body);
  return {
    startMs: decodeTime(only(parts, "tfdt").body),
    durationMs: runDuration(only(parts, "trun").body),
    initBytes: moov === undefined ? 0 : moof.start,
    form: moov === undefined ? null : readForm(moov),
  };
}

function readForm(moov: Box): SegmentFacts["form"] {
  const mdia = path(moov, "trak", "mdia");
  if (timescale(only(boxes(mdia.body), "mdhd").body) !== TIMESCALE) {
    throw new Error("mp4: another time scale");
  }
  const stsd = path(mdia, "minf", "stbl", "stsd");
  // A full box with a count before its entries (section 8.5.2).
  const entry = only(boxes(tail(stsd.body, 8)), "vp09");
  // A visual sample entry is 78 bytes before its own boxes (section 12.1.3).
  const config = only(boxes(tail(entry.body, 78)), "vpcC").body;
  const digits = (value: number): string => String(value).padStart(2, "0");
  const depth = config.getUint8(6) >> 4;
  const codec = `vp09.${digits(config.getUint8(4))}.${digits(config.getUint8(5))}.${digits(depth)}`;
  return { codec, width: entry.body.getUint16(24), height: entry.body.getUint16(26) };
}

function timescale(mdhd: DataView): number {
  return mdhd.getUint8(0) === 1 ? mdhd.getUint32(20) : mdhd.getUint32(12);
}

function decodeTime(tfdt: DataView): number {
  return tfdt.getUint8(0) === 1 ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4);
}

// Section 8.8.8: flags say which fields each sample has.
function runDuration(trun: DataView): number {
  const flags = trun.getUint32(0) & 0xffffff;
  if ((flags & 0x100) === 0) {
    throw new Error("mp4: samples without durations");
  }
  const samples = trun.getUint32(4);
  let at = 8 + ((flags & 0x1) !== 0 ? 4 : 0) + ((flags & 0x4) !== 0 ? 4 : 0);
  const step = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length;
  let sum = 0;
  for (let i = 0; i < samples; i++, at += step) {
    sum += trun.getUint32(at);
  }
  return sum;
}

function boxes(view: DataView): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < view.byteLength; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > view.byteLength) {
      throw new Error("mp4: a broken box");
    }
    const kind = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(at + i)));
    found.push({ kind, start: at, body: new DataView(view.buffer, view.byteOffset + at + 8, size - 8) });
    at += size;
  }
  return found;
}

function only(list: readonly Box[], kind: string): Box {
  const found = list.filter((box) => box.kind === kind);
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`mp4: not one ${kind}`);
  }
  return found[0];
}

function path(box: Box, ...kinds: readonly string[]): Box {
  return kinds.reduce((outer, kind) => only(boxes(outer.body), kind), box);
}

function tail(view: DataView, from: number): DataView {
  return new DataView(view.buffer, view.byteOffset + from, view.byteLength - from);
}
