/**
 * The two ways to the agent, over the relay and directly, and what it means for the
 * session when one of them is lost. Before the direct one leads there, the session waits
 * for the relay; from then on it needs the direct one alone.
 *
 *   direct    ──connected──► live ──interrupted──► repairing ──30 s──► over
 *   the relay ──lost, not yet connected──► reconnecting ──back──► where it was
 */
import type { PeerState } from "./peer";
import { Pulse } from "./pulse";
import { Repair } from "./repair";
import { type PeerLeft, REPAIR_MS } from "./signal";
import type { EndedBy, Phase } from "./state";

export interface WaysHandlers {
  /** How much came directly so far; null when it is not known. */
  received(): Promise<number | null>;
  phase(): Phase;
  setPhase(phase: Phase): void;
  /** The direct way leads there, also each time that it is found again. */
  connected(): void;
  /** The direct way is lost, and is looked for until `deadline`. */
  interrupted(deadline: number): void;
  /** Fresh credentials are needed to look for the direct way again. */
  restart(): void;
  repaired(): void;
  /** Neither way leads to the agent any more. */
  lost(by: EndedBy): void;
  /** The agent left the relay before it was there directly. */
  agentGone(): void;
}

export class Ways {
  readonly #handlers: WaysHandlers;
  readonly #repair: Repair;
  readonly #pulse: Pulse;
  #direct: PeerState = "connecting";
  #agentLeft = false;
  #phaseBefore: Phase | null = null;

  constructor(handlers: WaysHandlers) {
    this.#handlers = handlers;
    this.#repair = new Repair({
      begun: (deadline) => handlers.interrupted(deadline),
      restart: () => handlers.restart(),
      repaired: () => handlers.repaired(),
      expired: () => handlers.lost("connection"),
    });
    this.#pulse = new Pulse(() => handlers.received(), {
      silent: () => this.#silent(),
      back: () => this.follow("connected"),
    });
  }

  /** The two ends talk directly: the relay has nothing to say any more. */
  get direct(): boolean {
    return this.#direct === "connected";
  }

  get repairing(): boolean {
    return this.#repair.running;
  }

  /** Follows the direct way. */
  follow(state: PeerState): void {
    this.#direct = state;
    if (state === "connected") {
      this.#phaseBefore = null;
    } else {
      this.#pulse.stop();
    }
    if (this.#agentLeft && (state === "interrupted" || state === "failed")) {
      this.#handlers.lost("agent-closed");
      return;
    }
    this.#repair.follow(state);
    if (state === "connected") {
      this.#handlers.connected();
    }
  }

  /** The way over the relay is interrupted. While the two ends talk directly, nobody notices. */
  suspend(deadline: number): void {
    if (this.direct || this.#phaseBefore !== null || this.repairing) {
      return;
    }
    this.#phaseBefore = this.#handlers.phase();
    this.#handlers.setPhase({ kind: "reconnecting", deadline });
  }

  /** The way over the relay is there again. */
  resume(): void {
    const before = this.#phaseBefore;
    if (before !== null) {
      this.#phaseBefore = null;
      this.#handlers.setPhase(before);
    }
  }

  /** The relay says that the agent left it. */
  agentLeft(why: PeerLeft): void {
    if (this.direct) {
      this.#pulse.watch();
    }
    if (why === "lost") {
      this.suspend(Date.now() + REPAIR_MS);
      return;
    }
    this.#agentLeft = true;
    if (!this.direct) {
      this.#handlers.agentGone();
    } // else only its way to the relay is gone, or the goodbye follows directly
  }

  /** Ends it without a word. */
  stop(): void {
    this.#repair.stop();
    this.#pulse.stop();
  }

  // The relay lost the agent, and nothing comes from it directly either.
  #silent(): void {
    if (this.#agentLeft) {
      this.#handlers.lost("agent-closed");
    } else {
      this.#repair.follow("interrupted");
    }
  }
}
