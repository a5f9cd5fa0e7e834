/**
 * The event track: JSON lines under zstd. What unpacks to too much is refused before
 * the memory is spent (THREATS 19).
 */
import { readFrame, Unpacker } from "../screen/zstd";
import { MAX_CHAT, MAX_CHAT_LINES, MAX_LINE } from "../session/limits";
import { cleanLine, cleanLines } from "../session/text";
import type { RecordedEvent } from "./recording";

const MAX_PLAIN = 4 << 20;
const MAX_WINDOW = 8 << 20;

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
  const plain = new Uint8Array(Math.min(MAX_PLAIN, readFrame(packed).size ?? MAX_PLAIN));
  return plain.subarray(0, new Unpacker().unpack(packed, plain, MAX_WINDOW));
}

function readEvent(value: unknown, started: Date): RecordedEvent {
  if (typeof value !== "object" || value === null) {
    throw new Error("events: a line is no event");
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (name: string): string => {
    const field = fields[name];
    return typeof field === "string" ? cleanLine(field, MAX_LINE) : "";
  };
  const at = new Date(text("at"));
  if (!Number.isFinite(at.getTime())) {
    throw new Error("events: an event has no time");
  }
  const seconds = Math.max(0, (at.getTime() - started.getTime()) / 1000);
  const kind = text("kind");
  // What people wrote is whole; every other text is one line.
  const said = kind === "chat" && typeof fields["text"] === "string" ? cleanLines(fields["text"], MAX_CHAT, MAX_CHAT_LINES) : text("text");
  return { seconds, at, kind, scope: text("scope"), by: text("by"), text: said };
}
