/**
 * Offers and answers. The page offers, always; the agent answers, and says which lines it
 * has a use for:
 *
 *   agent                                 page
 *   Lines{picture, voice}         ──►
 *                                 ◄──     Description{offer, number}   opens or closes them
 *   Description{answer, number}   ──►
 *                                 ◄──     Applied{number}              what is sent arrives
 */
import type { FromViewer } from "../gen/beside/v1/session_pb";
import type { IceServers } from "../gen/beside/v1/signal_pb";
import type { Line } from "./line";
import type { LinesWanted } from "./media";
import type { Offer, Peer } from "./peer";

export class Negotiation {
  readonly #peer: Peer;
  readonly #line: Line;
  readonly #bound: Uint8Array;
  readonly #tell: (kind: FromViewer["kind"]) => void;
  #wanted: LinesWanted | null = null;

  /**
   * `bound` is the fingerprint of the agent's certificate, as the handshake bound it. `tell`
   * sends a message the shortest way while the session lasts.
   */
  constructor(peer: Peer, line: Line, bound: Uint8Array, tell: (kind: FromViewer["kind"]) => void) {
    this.#peer = peer;
    this.#line = line;
    this.#bound = bound;
    this.#tell = tell;
  }

  /** Makes the first offer, which waits at the agent for the user's yes. */
  async begin(): Promise<void> {
    await this.#line.sendSealed(offered(await this.#peer.offer()));
  }

  /** Offers a new path, over the relay, since the old one is broken. */
  async restart(servers: IceServers): Promise<void> {
    await this.#line.sendSealed(offered(await this.#peer.restart(servers)));
  }

  /** Takes an answer, or throws DescriptionRefused. One that comes too late is dropped. */
  async answered(answer: Offer): Promise<void> {
    if (!(await this.#peer.answer(answer, this.#bound)) || answer.number === 0) {
      return; // 0 is of an agent that asks for no lines
    }
    this.#tellApplied();
    await this.#change();
  }

  /** Hears which lines are to be open. While an offer waits for its answer, so does this. */
  async wanted(lines: LinesWanted): Promise<void> {
    this.#wanted = lines;
    if (!this.#peer.negotiating && !(await this.#change())) {
      this.#tellApplied(); // they are so already
    }
  }

  async #change(): Promise<boolean> {
    const offer = this.#wanted === null ? null : await this.#peer.change(this.#wanted);
    if (offer !== null) {
      this.#tell(offered(offer));
    }
    return offer !== null;
  }

  #tellApplied(): void {
    this.#tell({ case: "applied", value: { $typeName: "beside.v1.Applied", number: this.#peer.number } });
  }
}

function offered(offer: Offer): FromViewer["kind"] {
  return { case: "offer", value: { $typeName: "beside.v1.Description", ...offer } };
}
