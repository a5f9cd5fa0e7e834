/**
 * The page's side of the handshake: it proves that both ends hold the same code and
 * that nobody between them changed who they are (THREATS 5).
 *
 *   page                        agent
 *   start()   ── Share ──►
 *             ◄── Share ──
 *   finish()  ── Confirm ─►     wrong: the code is burnt
 *             ◄── Confirm ──
 *   verify()
 *
 * One run for one session; every error ends it for good.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type HandshakeData, HandshakeDataSchema, Role } from "../gen/beside/v1/peer_pb";
import type { SessionCode } from "./code";
import * as cpace from "./cpace";
import { MAX_ASSOCIATED_DATA } from "./limits";
import { Sealer } from "./sealer";

/** Version of the protocol; both ends and the relay must agree. */
export const PROTOCOL_VERSION = 1;

/** SHA-256 of a DTLS certificate. */
export const FINGERPRINT_BYTES = 32;

/** What the relay told this page about the session; the agent must have been told the same. */
export interface Circumstances {
  readonly sessionId: string;
  readonly technicianName: string;
  readonly organisationName: string;
}

export type HandshakeFailure = "version" | "organisation" | "malformed" | "wrong-tag" | "out-of-turn";

/** Why a handshake came to nothing. */
export class HandshakeError extends Error {
  readonly failure: HandshakeFailure;

  constructor(failure: HandshakeFailure) {
    super(`handshake: ${failure}`);
    this.name = "HandshakeError";
    this.failure = failure;
  }
}

type State =
  | { readonly kind: "fresh" }
  | { readonly kind: "started"; readonly scalar: Uint8Array; readonly own: cpace.Message }
  | { readonly kind: "proving"; readonly isk: Uint8Array; readonly expectedTag: Uint8Array; readonly fingerprint: Uint8Array }
  | { readonly kind: "done" };

/** What a finished handshake gives. */
export interface Agreement {
  readonly sealer: Sealer;
  /** The agent's DTLS fingerprint: its session descriptions must name this one and no other. */
  readonly peerFingerprint: Uint8Array;
}

export class Handshake {
  readonly #common: cpace.Common;
  readonly #told: Circumstances;
  readonly #ownFingerprint: Uint8Array;
  readonly #newScalar: () => Uint8Array;
  #state: State = { kind: "fresh" };

  /** `newScalar` is replaced by tests alone, to follow the shared vectors. */
  constructor(code: SessionCode, told: Circumstances, ownFingerprint: Uint8Array, newScalar = cpace.newScalar) {
    if (told.sessionId === "" || ownFingerprint.length !== FINGERPRINT_BYTES) {
      throw new HandshakeError("malformed");
    }
    this.#common = commonOf(code, told.sessionId);
    this.#told = told;
    this.#ownFingerprint = ownFingerprint;
    this.#newScalar = newScalar;
  }

  /** Makes the page's share. */
  start(): cpace.Message {
    if (this.#state.kind !== "fresh") {
      throw this.#fail("out-of-turn");
    }
    const scalar = this.#newScalar();
    const own = { share: cpace.share(cpace.generator(this.#common), scalar), ad: this.#ownData() };
    this.#state = { kind: "started", scalar, own };
    return own;
  }

  /** Takes the agent's share and makes the page's confirmation. */
  finish(peer: cpace.Message): Uint8Array {
    const state = this.#state;
    if (state.kind !== "started") {
      throw this.#fail("out-of-turn");
    }
    // One's own message sent back would agree with itself.
    if (cpace.equalTags(peer.share, state.own.share)) {
      throw this.#fail("malformed");
    }
    const fingerprint = this.#checkPeer(peer.ad);
    const { sid } = this.#common;
    const isk = cpace.sessionKey(sid, this.#sharedPoint(state.scalar, peer.share), state.own, peer);
    const key = cpace.macKey(sid, isk);
    this.#state = { kind: "proving", isk, expectedTag: cpace.tag(key, peer), fingerprint };
    return cpace.tag(key, state.own);
  }

  /** Checks the agent's confirmation; only then is there a key. */
  async verify(tag: Uint8Array): Promise<Agreement> {
    const state = this.#state;
    if (state.kind !== "proving") {
      throw this.#fail("out-of-turn");
    }
    if (!cpace.equalTags(tag, state.expectedTag)) {
      throw this.#fail("wrong-tag");
    }
    this.#state = { kind: "done" };
    const sealer = await Sealer.derive(state.isk, this.#common.sid, "viewer");
    return { sealer, peerFingerprint: state.fingerprint };
  }

  #sharedPoint(scalar: Uint8Array, share: Uint8Array): Uint8Array {
    try {
      return cpace.sharedPoint(scalar, share);
    } catch {
      throw this.#fail("malformed");
    }
  }

  #ownData(): Uint8Array {
    const data = create(HandshakeDataSchema, {
      protocol: PROTOCOL_VERSION,
      role: Role.VIEWER,
      dtlsFingerprint: this.#ownFingerprint,
      sessionId: this.#told.sessionId,
      technicianName: this.#told.technicianName,
      organisationName: this.#told.organisationName,
    });
    return toBinary(HandshakeDataSchema, data);
  }

  // Compares what the agent bound with what this page was told; gives its fingerprint.
  #checkPeer(bytes: Uint8Array): Uint8Array {
    const data = this.#readPeer(bytes);
    if (data.protocol !== PROTOCOL_VERSION) {
      throw this.#fail("version");
    }
    if (data.technicianName !== this.#told.technicianName || data.organisationName !== this.#told.organisationName) {
      throw this.#fail("organisation");
    }
    const fits =
      data.role === Role.AGENT &&
      data.sessionId === this.#told.sessionId &&
      data.dtlsFingerprint.length === FINGERPRINT_BYTES &&
      !cpace.equalTags(data.dtlsFingerprint, this.#ownFingerprint);
    if (!fits) {
      throw this.#fail("malformed");
    }
    return data.dtlsFingerprint;
  }

  #readPeer(bytes: Uint8Array): HandshakeData {
    if (bytes.length > MAX_ASSOCIATED_DATA) {
      throw this.#fail("malformed");
    }
    try {
      return fromBinary(HandshakeDataSchema, bytes);
    } catch {
      throw this.#fail("malformed");
    }
  }

  #fail(failure: HandshakeFailure): HandshakeError {
    this.#state = { kind: "done" };
    return new HandshakeError(failure);
  }
}

/** What both ends derive from code and session. */
export function commonOf(code: SessionCode, sessionId: string): cpace.Common {
  return {
    prs: utf8ToBytes(code.secret),
    ci: utf8ToBytes(`beside/1|${code.locator}|${sessionId}`),
    sid: sha256(utf8ToBytes(`beside session ${sessionId}`)).slice(0, 16),
  };
}
