/**
 * The event track: JSON lines under zstd. What unpacks to too much is refused before
 * the memory is spent (THREATS 19).
 */
import { Decompress } from "fzstd";
import { cleanLine } from "../session/text";
import { concatBytes } from "@noble/hashes/utils.js";
import type { RecordedEvent } from "./recording";

const MAX_PLAIN = 4 << 20;
const MAX_WINDOW = 8 << 20;
// RFC 8878, section 3.1.1.
const MAGIC = 0xfd2fb528;

/** Reads one events object. Throws when it is not one. */
export function readEvents(packed: Uint8Array, started: Date): RecordedEvent[] {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(unpack(packed));
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => readEvent(JSON.parse(line), started));
}

/** Unpacks zstd, at most 4 MiB of it. */
export function unpack(packed: Uint8Array): Uint8Array {
  if (windowSize(packed) > MAX_WINDOW) {
    throw new Error("events: the window is too large");
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  let complete = false;
  const stream = new Decompress((part, final) => {
    size += part.length;
    if (size > MAX_PLAIN) {
      throw new Error("events: unpack to too much");
    }
    parts.push(Uint8Array.from(part));
    complete = final === true;
  });
  // In pieces, so that the limit is seen after the first that is too much.
  const piece = 1 << 10;
  for (let at = 0; at < packed.length; at += piece) {
    stream.push(packed.subarray(at, at + piece), at + piece >= packed.length);
  }
  if (!complete) {
    throw new Error("events: cut off");
  }
  return concatBytes(...parts);
}

// How much memory the frame asks for, from its header alone (RFC 8878, section 3.1.1.1).
function windowSize(packed: Uint8Array): number {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 6 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("events: not zstd");
  }
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  if (!singleSegment) {
    const window = view.getUint8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + dictionaryBytes;
  switch (descriptor >> 6) {
    case 0:
      return view.getUint8(at);
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function readEvent(value: unknown, started: Date): RecordedEvent {
  if (typeof value !== "object" || value === null) {
    throw new Error("events: a line is no event");
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (name: string): string => {
    const field = fields[name];
    return typeof field === "string" ? cleanLine(field) : "";
  };
  const at = new Date(text("at"));
  if (!Number.isFinite(at.getTime())) {
    throw new Error("events: an event has no time");
  }
  const seconds = Math.max(0, (at.getTime() - started.getTime()) / 1000);
  return { seconds, at, kind: text("kind"), scope: text("scope"), by: text("by"), text: text("text") };
}
