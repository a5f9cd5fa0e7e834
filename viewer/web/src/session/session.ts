/**
 * A whole session as one store: made with a parsed code, it connects, proves the
 * code, asks, shows, and ends. Pages subscribe and draw; they decide nothing. What happens
 * behind this door is in livesession.ts.
 */
import type { InputEvent } from "../input/event";
import type { ScreenLink } from "../screen/link";
import type { ChatTool } from "./chat";
import type { ClipboardTool } from "./clipboard";
import type { SessionCode } from "./code";
import type { Files } from "./files";
import { LiveSession } from "./livesession";
import { browserPlatform, type Platform } from "./platform";
import type { CursorState, Problem, Scope, Snapshot, Stats } from "./state";
import type { VoiceTool } from "./voice";

export type { ChatMessage, ChatProblem, Conversation } from "./chat";
export type { ClipboardContent, ClipboardProblem, Fetched } from "./clipboard";
export type { Files } from "./files";
export type { FileSource } from "./filesend";
export type * from "./state";
export type { FileProblem, Transfer } from "./transfers";
export type { InputEvent } from "../input/event";

/** What a session is made with. */
export interface SessionOptions {
  /** Parsed by `parseCode`. The secret and the check digit never leave the page. */
  readonly code: SessionCode;
  /** The technician's words, at most 200 characters. */
  readonly reason: string;
  /** The help desk's ticket; may be empty, at most 64 characters. */
  readonly ticket: string;
  /** Address of the relay's `/api/v1/session`, ws: or wss:. */
  readonly webSocketUrl: string;
  /**
   * Called when the relay refused the WebSocket, because the browser does not say why.
   * The page asks who is signed in; null means that it found no reason.
   */
  readonly diagnose?: () => Promise<Problem | null>;
}

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
  const session = new LiveSession(options, platform);
  session.start();
  return session;
}
