/**
 * The way of messages to the agent: sealed over the relay until the data channel
 * "session" is open, and on that channel after. What must get through while the direct
 * way is broken (offers, candidates, goodbye) always goes sealed.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type PeerFrame, PeerFrameSchema } from "../gen/beside/v1/peer_pb";
import { type FromAgent, FromAgentSchema, type FromViewer, FromViewerSchema } from "../gen/beside/v1/session_pb";
import { MAX_FORWARD, MAX_SEALED_PLAIN } from "./limits";
import type { SealedMessage, Sealer } from "./sealer";

/** Sends a serialised PeerFrame over the relay. */
export type Forward = (frame: Uint8Array) => void;

export class Line {
  readonly #sealer: Sealer;
  readonly #forward: Forward;
  readonly #direct: (data: Uint8Array<ArrayBuffer>) => boolean;

  /** `direct` sends on the data channel and returns false while it is not open. */
  constructor(sealer: Sealer, forward: Forward, direct: (data: Uint8Array<ArrayBuffer>) => boolean) {
    this.#sealer = sealer;
    this.#forward = forward;
    this.#direct = direct;
  }

  /** Sends a message the shortest way. */
  async send(kind: FromViewer["kind"]): Promise<void> {
    if (!this.sendDirect(kind)) {
      await this.sendSealed(kind);
    }
  }

  /** Sends a message on the data channel; false when it is not open. */
  sendDirect(kind: FromViewer["kind"]): boolean {
    return this.#direct(serialise(kind));
  }

  /** Sends a message over the relay, whatever else is open. */
  async sendSealed(kind: FromViewer["kind"]): Promise<void> {
    const sealed = await this.#sealer.seal(serialise(kind));
    this.#forward(encodePeerFrame({ case: "sealed", value: { $typeName: "beside.v1.Sealed", ...sealed } }));
  }

  /** Opens a sealed message. Throws SealBroken; null when it cannot be read. */
  async open(sealed: SealedMessage): Promise<FromAgent | null> {
    return decodeFromAgent(await this.#sealer.open(sealed));
  }
}

export function encodePeerFrame(kind: PeerFrame["kind"]): Uint8Array {
  return toBinary(PeerFrameSchema, create(PeerFrameSchema, { kind }));
}

/** Reads a frame, or null when it cannot be read. */
export function decodePeerFrame(data: Uint8Array): PeerFrame | null {
  return data.length > MAX_FORWARD ? null : attempt(() => fromBinary(PeerFrameSchema, data));
}

/** Reads a message of the agent, or null when it cannot be read. */
export function decodeFromAgent(data: Uint8Array): FromAgent | null {
  return data.length > MAX_SEALED_PLAIN ? null : attempt(() => fromBinary(FromAgentSchema, data));
}

function serialise(kind: FromViewer["kind"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(toBinary(FromViewerSchema, create(FromViewerSchema, { kind })));
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
