/**
 * How the session stands: the one snapshot that pages draw, and the only ways to change it.
 * Nothing changes it any more after its last phase.
 */
import type { FromAgent } from "../gen/beside/v1/session_pb";
import type { ViewerWelcome } from "../gen/beside/v1/signal_pb";
import { MAX_LINE } from "./limits";
import { apply, describe, EMPTY, happened, isFinal, over } from "./reduce";
import type { EndedBy, Phase, Problem, Snapshot } from "./state";
import { Store } from "./store";
import { cleanLine } from "./text";

export class Standing {
  readonly #store = new Store<Snapshot>(EMPTY);

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  get now(): Snapshot {
    return this.#store.getSnapshot();
  }

  /** Whether it is over or has failed. */
  get final(): boolean {
    return isFinal(this.now.phase);
  }

  /** The relay took the page in, and said who the technician is. False when it did not say it whole. */
  joined({ technician, organisation }: ViewerWelcome): boolean {
    if (technician === undefined || organisation === undefined) {
      return false;
    }
    this.#set({
      ...this.now,
      phase: { kind: "handshaking" },
      technician: { id: technician.id, name: cleanLine(technician.name, MAX_LINE) },
      organisation: describe(organisation),
    });
    return true;
  }

  /** The agent said something of the session itself. */
  told(message: FromAgent): void {
    this.#set(apply(this.now, message, Date.now()));
  }

  phase(phase: Phase): void {
    this.#set({ ...this.now, phase });
  }

  happened(kind: "connection-lost" | "connection-repaired"): void {
    this.#set(happened(this.now, { at: Date.now(), kind }));
  }

  stream(stream: MediaStream | null): void {
    this.#set({ ...this.now, stream });
  }

  /** The picture has this size: positions of input are in its pixels. */
  pictureSize(size: { readonly width: number; readonly height: number }): void {
    const { picture } = this.now;
    if (size.width !== picture?.width || size.height !== picture.height) {
      this.#set({ ...this.now, picture: size });
    }
  }

  /** It is over, for a session that had begun. */
  over(by: EndedBy): void {
    const { startedAt } = this.now;
    this.#set(over(this.now, by, startedAt === null ? 0 : Math.floor((Date.now() - startedAt) / 1000)));
  }

  failed(problem: Problem): void {
    this.#set({ ...over(this.now, "connection", 0), phase: { kind: "failed", problem } });
  }

  #set(next: Snapshot): void {
    if (!this.final) {
      this.#store.set(next);
    }
  }
}
