/**
 * Finds out whether anything still comes on the direct connection, sooner than ICE does.
 * When the relay says that it lost the agent, either only the agent's way to the relay is
 * gone, or the agent is; a relay is not believed that a session is broken.
 *
 *   watching ─ nothing new for SILENT_MS ─► silent ─ anything new ─► watching ─ WATCH_MS ─► done
 */

// The agent checks its path every two seconds, also while the user has paused.
const SILENT_MS = 2_500;
const LOOK_MS = 250;
// From then on what ICE notices is soon enough.
const WATCH_MS = 15_000;

export interface PulseHandlers {
  /** Nothing comes any more. */
  silent(): void;
  /** Something came after all. */
  back(): void;
}

export class Pulse {
  /** How much was received so far; null when it is not known. */
  readonly #read: () => Promise<number | null>;
  readonly #handlers: PulseHandlers;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #until = 0;
  #received: number | null = null;
  #since = 0;
  #silent = false;

  constructor(read: () => Promise<number | null>, handlers: PulseHandlers) {
    this.#read = read;
    this.#handlers = handlers;
  }

  watch(): void {
    this.#until = Date.now() + WATCH_MS;
    if (this.#timer === undefined) {
      this.#received = null;
      this.#silent = false;
      this.#again();
    }
  }

  /** Ends it without a word. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #again(): void {
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  async #look(): Promise<void> {
    const received = await this.#read().catch(() => null);
    if (this.#timer === undefined) {
      return;
    }
    const now = Date.now();
    const more = received === null || this.#received === null || received > this.#received;
    this.#received = received; // less, when a path and its counters went away
    if (more) {
      this.#since = now;
      this.#heard();
    } else if (!this.#silent && now - this.#since >= SILENT_MS) {
      this.#silent = true;
      this.#handlers.silent();
    }
    if (!this.#silent && now >= this.#until) {
      this.stop();
    } else if (this.#timer !== undefined) {
      this.#again(); // a handler may have stopped it
    }
  }

  #heard(): void {
    if (this.#silent) {
      this.#silent = false;
      this.#handlers.back();
    }
  }
}
