/**
 * The page's end of what it and the agent say to one another, from the first frame to the
 * goodbye:
 *
 *   greeting ──both proved the code──► agreed
 *
 * While they greet, everybody between them can read and write. Once there is a key only
 * what is sealed with it counts.
 */
import type { FromAgent, FromViewer } from "../gen/beside/v1/session_pb";
import type { IceServers } from "../gen/beside/v1/signal_pb";
import type { SessionCode } from "./code";
import { Greeting } from "./greeting";
import type { Agreement, Circumstances } from "./handshake";
import { decodePeerFrame, type Forward, Line } from "./line";
import { Negotiation } from "./negotiation";
import type { LinesWanted } from "./media";
import type { Offer, Peer } from "./peer";
import type { Problem } from "./state";

/** What a frame of the agent's came to: the key is agreed, a message, or nothing to act on. */
export type Heard = "agreed" | FromAgent | null;

/** What two ends that have agreed talk with. */
interface Agreed {
  readonly line: Line;
  readonly negotiation: Negotiation;
}

const GOODBYE: FromViewer["kind"] = { case: "goodbye", value: { $typeName: "beside.v1.Goodbye" } };

export class AgentLink {
  readonly #peer: Peer;
  readonly #forward: Forward;
  readonly #greeting: Greeting;
  #agreed: Agreed | null = null;
  #parting = false;

  /** `told` is what the relay said of the session; `forward` sends a frame over it. */
  constructor(code: SessionCode, told: Circumstances, peer: Peer, forward: Forward) {
    this.#peer = peer;
    this.#forward = forward;
    this.#greeting = new Greeting(code, told, peer.fingerprint, forward);
  }

  /** Sends the first frame. */
  greet(): void {
    this.#greeting.begin();
  }

  /**
   * Takes one frame of the agent's, passed on by the relay. Throws what is wrong with it, a
   * broken seal among it.
   */
  async receive(data: Uint8Array): Promise<Heard> {
    const frame = decodePeerFrame(data);
    if (frame === null) {
      throw new Error("agentlink: a frame that cannot be read");
    }
    if (this.#agreed === null) {
      const agreement = await this.#greeting.receive(frame.kind);
      if (agreement === null) {
        return null;
      }
      this.#agreed = this.#agree(agreement);
      return "agreed";
    }
    return frame.kind.case === "sealed" ? understood(await this.#agreed.line.open(frame.kind.value)) : null;
  }

  /** Makes the first offer, which waits at the agent for the user's yes. */
  async offer(): Promise<void> {
    await this.#agreed?.negotiation.begin();
  }

  /** Offers a new path, with fresh credentials to find it by. */
  async restart(servers: IceServers): Promise<void> {
    await this.#agreed?.negotiation.restart(servers);
  }

  /** Takes the agent's answer to an offer. Throws DescriptionRefused. */
  async answered(answer: Offer): Promise<void> {
    await this.#agreed?.negotiation.answered(answer);
  }

  /** Hears which lines the agent has a use for. */
  async wanted(lines: LinesWanted): Promise<void> {
    await this.#agreed?.negotiation.wanted(lines);
  }

  /** Sends a message the shortest way, until the goodbye. One that cannot be sent is lost, like one that the network loses. */
  send(kind: FromViewer["kind"]): void {
    if (!this.#parting) {
      void this.#agreed?.line.send(kind).catch(() => undefined);
    }
  }

  /** Sends a message over the relay, whatever else is open. */
  sendSealed(kind: FromViewer["kind"]): void {
    void this.#agreed?.line.sendSealed(kind).catch(() => undefined);
  }

  /** Sends a message on the data channel alone, where nothing is lost and nothing overtakes; false while it is not open. */
  sendDirect(kind: FromViewer["kind"]): boolean {
    return this.#agreed?.line.sendDirect(kind) ?? false;
  }

  /** Says goodbye both ways, and nothing more; done once it is on its way over the relay. */
  async goodbye(): Promise<void> {
    this.#parting = true;
    this.sendDirect(GOODBYE);
    await this.#agreed?.line.sendSealed(GOODBYE).catch(() => undefined);
  }

  /** Tells an agent with which nothing is agreed yet that it was this page that stopped. */
  refuse(problem: Problem): void {
    if (this.#agreed === null) {
      this.#greeting.refuse(problem);
    }
  }

  #agree({ sealer, peerFingerprint }: Agreement): Agreed {
    const line = new Line(sealer, this.#forward, (data) => this.#peer.send(data));
    return { line, negotiation: new Negotiation(this.#peer, line, peerFingerprint, (kind) => this.send(kind)) };
  }
}

function understood(message: FromAgent | null): FromAgent {
  if (message === null) {
    throw new Error("agentlink: a message that cannot be read");
  }
  return message;
}
