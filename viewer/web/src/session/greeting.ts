/**
 * The first minute of a session: the handshake's frames over the relay, until both ends
 * have a key. Also what goes wrong in it, in the words of `Problem`.
 */
import { HandshakeFailed_Why, type PeerFrame } from "../gen/beside/v1/peer_pb";
import type { SessionCode } from "./code";
import { type Agreement, type Circumstances, Handshake, HandshakeError } from "./handshake";
import { encodePeerFrame, type Forward } from "./line";
import { PeerUnavailable } from "./peer";
import { SealBroken } from "./sealer";
import { DescriptionRefused } from "./sdp";
import type { Problem } from "./state";

/** The agent said that there will be no session, and why. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(why: HandshakeFailed_Why) {
    super("greeting: refused");
    this.name = "Refused";
    this.problem = refusal(why);
  }
}

export class Greeting {
  readonly #handshake: Handshake;
  readonly #forward: Forward;

  constructor(code: SessionCode, told: Circumstances, ownFingerprint: Uint8Array, forward: Forward) {
    this.#handshake = new Handshake(code, told, ownFingerprint);
    this.#forward = forward;
  }

  /** Sends the page's share. */
  begin(): void {
    const { share, ad } = this.#handshake.start();
    this.#forward(encodePeerFrame({ case: "share", value: { $typeName: "beside.v1.Share", point: share, associatedData: ad } }));
  }

  /** Takes a frame of the agent's; the agreement once there is one. Throws what went wrong. */
  async receive(frame: PeerFrame["kind"]): Promise<Agreement | null> {
    switch (frame.case) {
      case "share": {
        const tag = this.#handshake.finish({ share: frame.value.point, ad: frame.value.associatedData });
        this.#forward(encodePeerFrame({ case: "confirm", value: { $typeName: "beside.v1.Confirm", tag } }));
        return null;
      }
      case "confirm":
        return this.#handshake.verify(frame.value.tag);
      case "failed":
        throw new Refused(frame.value.why);
      case "sealed":
      case undefined:
        throw new HandshakeError("out-of-turn");
    }
  }

  /** Tells the agent that it was this page that stopped. */
  refuse(problem: Problem): void {
    const ours = problem.kind === "version-mismatch" || problem.kind === "organisation-mismatch" || problem.kind === "tampered";
    if (ours) {
      const why = problem.kind === "version-mismatch" ? HandshakeFailed_Why.VERSION : HandshakeFailed_Why.MALFORMED;
      this.#forward(encodePeerFrame({ case: "failed", value: { $typeName: "beside.v1.HandshakeFailed", why } }));
    }
  }
}

/** What an error of any part of a session means to the person in front of it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof PeerUnavailable || error instanceof Refused) {
    return error.problem;
  }
  if (error instanceof HandshakeError) {
    switch (error.failure) {
      case "version":
        return { kind: "version-mismatch" };
      case "organisation":
        return { kind: "organisation-mismatch" };
      case "wrong-tag":
      case "malformed":
      case "out-of-turn":
        return { kind: "tampered" };
    }
  }
  return error instanceof SealBroken || error instanceof DescriptionRefused ? { kind: "tampered" } : { kind: "bad-frame" };
}

function refusal(why: HandshakeFailed_Why): Problem {
  switch (why) {
    case HandshakeFailed_Why.WRONG_SECRET:
      return { kind: "wrong-secret" };
    case HandshakeFailed_Why.VERSION:
      return { kind: "version-mismatch" };
    case HandshakeFailed_Why.MALFORMED:
    case HandshakeFailed_Why.UNSPECIFIED:
    default:
      return { kind: "tampered" };
  }
}
