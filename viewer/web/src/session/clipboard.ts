/**
 * The user's clipboard, as the technician may use it: fetch what they copied, put
 * something there. Nothing happens by itself. What comes is text, cleaned, or the bytes
 * of a PNG, which whoever shows it decodes within the limits (THREATS 19, 20).
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ClipboardMessage,
  ClipboardMessageSchema,
  type ClipboardPiece,
  ClipboardPiece_Format,
  ClipboardResult_Outcome,
} from "../gen/beside/v1/session_pb";
import { MAX_CLIPBOARD_IMAGE, MAX_CLIPBOARD_TEXT, MAX_PIECE } from "./limits";
import type { Pipe } from "./pipe";
import { plainText } from "./text";

/** What a clipboard holds. */
export type ClipboardContent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly png: Uint8Array<ArrayBuffer> };

/** Why nothing was fetched or put. */
export type ClipboardProblem = "empty" | "unsupported" | "too-large" | "not-allowed" | "paused" | "no-answer";

/** How a fetch ended. */
export type Fetched = { readonly content: ClipboardContent } | { readonly problem: ClipboardProblem };

interface Waiting {
  readonly parts: Uint8Array[];
  size: number;
  format: ClipboardPiece_Format;
  received: number;
  finish(outcome: Fetched | null): void;
}

// Longer than the agent's own patience with a program that does not answer.
const PATIENCE_MS = 25_000;

export class ClipboardTool {
  readonly #pipe: () => Pipe | null;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(pipe: () => Pipe | null) {
    this.#pipe = pipe;
  }

  /** Fetches what the user copied last. */
  async fetch(): Promise<Fetched> {
    const { id, ended } = this.#begin();
    this.#send(id, { case: "fetch", value: { $typeName: "beside.v1.ClipboardFetch" } });
    return (await ended) ?? { problem: "no-answer" };
  }

  /** Makes something what the user pastes next; null when it is there. */
  async put(content: ClipboardContent): Promise<ClipboardProblem | null> {
    const format = content.kind === "text" ? ClipboardPiece_Format.TEXT : ClipboardPiece_Format.PNG;
    const data = content.kind === "text" ? new TextEncoder().encode(plainText(content.text)) : content.png;
    if (data.length === 0) {
      return "empty";
    }
    if (data.length > (content.kind === "text" ? MAX_CLIPBOARD_TEXT : MAX_CLIPBOARD_IMAGE)) {
      return "too-large";
    }
    const { id, ended } = this.#begin();
    for (let at = 0; at < data.length; at += MAX_PIECE) {
      await this.#pipe()?.room();
      if (!this.#waiting.has(id)) {
        break; // refused, or over
      }
      this.#send(id, { case: "piece", value: { $typeName: "beside.v1.ClipboardPiece", format, size: data.length, data: data.subarray(at, at + MAX_PIECE) } });
    }
    const outcome = await ended;
    return outcome === null ? null : "problem" in outcome ? outcome.problem : "no-answer";
  }

  /** Takes a message of the agent's. What cannot be read or was not asked for is dropped. */
  receive(data: Uint8Array): void {
    const message = decode(data);
    const waiting = message === null ? undefined : this.#waiting.get(message.id);
    if (message === null || waiting === undefined) {
      return;
    }
    if (message.kind.case === "piece") {
      this.#piece(waiting, message.kind.value);
    } else if (message.kind.case === "result") {
      const { outcome } = message.kind.value;
      waiting.finish(outcome === ClipboardResult_Outcome.PLACED ? null : { problem: problemOf(outcome) });
    }
  }

  /** Everything that is waited for will not come any more. */
  close(): void {
    for (const waiting of [...this.#waiting.values()]) {
      waiting.finish({ problem: "no-answer" });
    }
  }

  #begin(): { id: number; ended: Promise<Fetched | null> } {
    const id = ++this.#last;
    const ended = new Promise<Fetched | null>((resolve) => {
      const finish = (outcome: Fetched | null): void => {
        clearTimeout(patience);
        this.#waiting.delete(id);
        resolve(outcome);
      };
      const patience = setTimeout(() => finish({ problem: "no-answer" }), PATIENCE_MS);
      this.#waiting.set(id, { parts: [], size: 0, format: ClipboardPiece_Format.UNSPECIFIED, received: 0, finish });
    });
    return { id, ended };
  }

  #send(id: number, kind: ClipboardMessage["kind"]): void {
    const data = new Uint8Array(toBinary(ClipboardMessageSchema, create(ClipboardMessageSchema, { id, kind })));
    if (!(this.#pipe()?.send(data) ?? false)) {
      this.#waiting.get(id)?.finish({ problem: "no-answer" });
    }
  }

  #piece(waiting: Waiting, { format, size, data }: ClipboardPiece): void {
    const most = format === ClipboardPiece_Format.PNG ? MAX_CLIPBOARD_IMAGE : MAX_CLIPBOARD_TEXT;
    const first = waiting.parts.length === 0;
    if (first) {
      waiting.size = size;
      waiting.format = format;
    }
    waiting.received += data.length;
    if (size > most) {
      waiting.finish({ problem: "too-large" });
    } else if (data.length === 0 || size !== waiting.size || format !== waiting.format || waiting.received > size) {
      waiting.finish({ problem: "no-answer" });
    } else {
      waiting.parts.push(data);
      if (waiting.received === size) {
        waiting.finish(whole(format, waiting.parts, size));
      }
    }
  }
}

function whole(format: ClipboardPiece_Format, parts: readonly Uint8Array[], size: number): Fetched {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  switch (format) {
    case ClipboardPiece_Format.TEXT:
      return { content: { kind: "text", text: plainText(new TextDecoder().decode(all)) } };
    case ClipboardPiece_Format.PNG:
      return { content: { kind: "image", png: all } };
    case ClipboardPiece_Format.UNSPECIFIED:
    default:
      return { problem: "unsupported" };
  }
}

function problemOf(outcome: ClipboardResult_Outcome): ClipboardProblem {
  switch (outcome) {
    case ClipboardResult_Outcome.EMPTY:
      return "empty";
    case ClipboardResult_Outcome.UNSUPPORTED:
      return "unsupported";
    case ClipboardResult_Outcome.TOO_LARGE:
      return "too-large";
    case ClipboardResult_Outcome.NOT_ALLOWED:
      return "not-allowed";
    case ClipboardResult_Outcome.PAUSED:
      return "paused";
    default:
      return "no-answer";
  }
}

function decode(data: Uint8Array): ClipboardMessage | null {
  try {
    return fromBinary(ClipboardMessageSchema, data);
  } catch {
    return null;
  }
}
