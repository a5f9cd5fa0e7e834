/** What a session needs to know before it begins. */
import type { SessionCode } from "./code";
import type { Problem } from "./state";

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
