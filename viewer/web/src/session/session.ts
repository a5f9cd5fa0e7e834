/**
 * A whole session as one store: made with a parsed code, it connects, proves the
 * code, asks, shows, and ends. Pages subscribe and draw; they decide nothing. How it goes
 * is in course.ts.
 */
import type { InputEvent } from "../input/event";
import type { ScreenLink } from "../screen/link";
import type { ChatTool } from "./chat";
import type { ClipboardTool } from "./clipboard";
import { Course } from "./course";
import type { Files } from "./files";
import { InputSender } from "./inputwire";
import type { SessionOptions } from "./options";
import { browserPlatform, type Platform } from "./platform";
import { scopeOnWire } from "./reduce";
import type { CursorState, Scope, Snapshot, Stats } from "./state";
import { NO_STATS, readStats, type Sample } from "./stats";
import type { VoiceTool } from "./voice";

export type { ChatMessage, ChatProblem, Conversation } from "./chat";
export type { ClipboardContent, ClipboardProblem, Fetched } from "./clipboard";
export type { Files } from "./files";
export type { FileSource } from "./filesend";
export type { SessionOptions } from "./options";
export type * from "./state";
export type { FileProblem, Transfer } from "./transfers";
export type { InputEvent } from "../input/event";

/**
 * One session. `subscribe` and `getSnapshot` are bound and fit React's
 * useSyncExternalStore as they are.
 */
export interface Session {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;
  /** Asks the user for a scope. Ignored while a question is open. */
  ask(scope: Scope, reason: string): void;
  /** Gives a scope back. */
  release(scope: Scope): void;
  selectDisplay(index: number): void;
  /** Sends one event; false when it was not sent (no grant, paused, locked, not connected). */
  sendInput(event: InputEvent): boolean;
  /** The user's clipboard; every use of it needs the scope. */
  readonly clipboard: Pick<ClipboardTool, "fetch" | "put">;
  /** Files both ways; all of it needs the scope. */
  readonly files: Files;
  /** What both write to one another; it needs no scope, and works while the session is live. */
  readonly chat: Pick<ChatTool, "subscribe" | "getSnapshot" | "send" | "read">;
  /** The talk with the user; all of it needs the scope. */
  readonly voice: Pick<VoiceTool, "subscribe" | "getSnapshot" | "own" | "mute" | "retry">;
  /** Ends the session: says goodbye and closes everything at once. */
  end(): void;
  stats(): Promise<Stats>;
  /** What draws screen updates; null while there is none, and the video alone is the picture. */
  readonly screen: ScreenLink | null;
  /** The user's cursor, apart from the snapshot because it moves at 60 Hz. Called at once with the last state. */
  onCursor(listener: (cursor: CursorState) => void): () => void;
}

/** Starts a session. It runs until its phase is `over` or `failed`. */
export function openSession(options: SessionOptions, platform: Platform = browserPlatform()): Session {
  const course = new Course(options, platform);
  course.start();
  return new LiveSession(course);
}

class LiveSession implements Session {
  readonly #course: Course;
  readonly #input = new InputSender();
  #sample: Sample | null = null;
  readonly subscribe: Session["subscribe"];
  readonly getSnapshot: Session["getSnapshot"];
  readonly files: Session["files"];
  readonly chat: Session["chat"];
  readonly clipboard: Session["clipboard"];
  readonly voice: Session["voice"];

  constructor(course: Course) {
    this.#course = course;
    ({ subscribe: this.subscribe, getSnapshot: this.getSnapshot } = course.standing);
    ({ files: this.files, chat: this.chat, clipboard: this.clipboard, voice: this.voice } = course.tools);
  }

  get screen(): ScreenLink | null {
    return this.#course.screen;
  }

  ask(scope: Scope, reason: string): void {
    this.#course.ask(scope, reason);
  }

  release(scope: Scope): void {
    this.#course.tell({ case: "release", value: { $typeName: "beside.v1.Release", scope: scopeOnWire(scope) } });
  }

  selectDisplay(index: number): void {
    if (this.getSnapshot().displays.some((display) => display.index === index)) {
      this.#course.tell({ case: "selectDisplay", value: { $typeName: "beside.v1.SelectDisplay", index } });
    }
  }

  sendInput(event: InputEvent): boolean {
    const { peer } = this.#course;
    return peer !== null && this.#input.send(event, this.getSnapshot(), (data, droppable) => peer.sendInput(data, droppable));
  }

  end(): void {
    this.#course.end();
  }

  async stats(): Promise<Stats> {
    const { peer, screen, standing } = this.#course;
    if (peer === null || standing.final) {
      return NO_STATS;
    }
    const [report, counts] = await Promise.all([peer.stats(), screen?.counts() ?? null]);
    const { stats, sample } = readStats(report, counts, screen?.getSnapshot() ?? null, this.#sample);
    this.#sample = sample;
    return stats;
  }

  onCursor(listener: (cursor: CursorState) => void): () => void {
    return this.#course.tools.cursor.listen(listener);
  }
}
