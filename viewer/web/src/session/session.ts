/**
 * A whole session as one store: made with a parsed code, it connects, proves the
 * code, asks, shows, and ends. Pages subscribe and draw; they decide nothing.
 */
import type { SessionCode } from "./code";
import type { CursorState, Scope, Snapshot, Stats } from "./state";
import type { InputEvent } from "../input/event";

export type * from "./state";
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
  /** Ends the session: says goodbye and closes everything at once. */
  end(): void;
  stats(): Promise<Stats>;
  /** The user's cursor, apart from the snapshot because it moves at 60 Hz. Called at once with the last state. */
  onCursor(listener: (cursor: CursorState) => void): () => void;
}
