/**
 * Repairs a lost WebRTC connection: ICE restarts until it is back or 30 s are over.
 *
 *   well ─interrupted─► repairing ─connected─► well
 *                            └─ 30 s ─► expired
 */
import { REPAIR_MS } from "./signal";
import type { PeerState } from "./peer";

// A short interruption (a change of network) mostly heals by itself; a restart costs a
// round trip and sends new candidates.
const PATIENCE_MS = 1_000;
const AGAIN_MS = 7_000;

export interface RepairHandlers {
  begun(deadline: number): void;
  restart(): void;
  repaired(): void;
  expired(): void;
}

export class Repair {
  readonly #handlers: RepairHandlers;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: RepairHandlers) {
    this.#handlers = handlers;
  }

  get running(): boolean {
    return this.#deadline !== undefined;
  }

  /** Follows the connection's state. */
  follow(state: PeerState): void {
    switch (state) {
      case "connecting":
        return;
      case "connected":
        this.#connected();
        return;
      case "interrupted":
        this.#begin(PATIENCE_MS);
        return;
      case "failed":
        this.#begin(0);
        return;
    }
  }

  /** Ends it without a word. */
  stop(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#restart);
    this.#deadline = undefined;
  }

  #connected(): void {
    if (this.running) {
      this.stop();
      this.#handlers.repaired();
    }
  }

  #begin(patience: number): void {
    if (!this.running) {
      this.#deadline = setTimeout(() => {
        this.stop();
        this.#handlers.expired();
      }, REPAIR_MS);
      this.#handlers.begun(Date.now() + REPAIR_MS);
    }
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => this.#again(), patience);
  }

  #again(): void {
    this.#handlers.restart();
    this.#restart = setTimeout(() => this.#again(), AGAIN_MS);
  }
}
