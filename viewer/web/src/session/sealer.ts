/**
 * Seals and opens the signalling messages of one session: AES-256-GCM with a key and a
 * counter for each direction, so that the relay can neither read nor change, repeat or
 * reorder them (THREATS 5, 8). Lost messages leave gaps, which are accepted.
 *
 * WebCrypto answers later; each direction does one message after the other, so what
 * comes out has the order of what went in.
 */
import { MAX_SEALED_PLAIN } from "./limits";

/** One sealed message, as `Sealed` in peer.proto. */
export interface SealedMessage {
  readonly counter: bigint;
  readonly ciphertext: Uint8Array;
}

/** A sealed message was changed, repeated, reordered or made with another key. */
export class SealBroken extends Error {
  constructor(why: string) {
    super(`sealer: ${why}`);
    this.name = "SealBroken";
  }
}

export type SealingRole = "viewer" | "agent";

const TAG_BYTES = 16;
const MAX_COUNTER = (1n << 64n) - 1n;
const AAD = new TextEncoder().encode("beside/1 sealed");
const INFO = {
  viewer: new TextEncoder().encode("beside v1 viewer to agent"),
  agent: new TextEncoder().encode("beside v1 agent to viewer"),
} as const;

export class Sealer {
  readonly #send: CryptoKey;
  readonly #open: CryptoKey;
  #next = 0n;
  #least = 0n;
  #sending: Promise<unknown> = Promise.resolve();
  #opening: Promise<unknown> = Promise.resolve();

  private constructor(send: CryptoKey, open: CryptoKey) {
    this.#send = send;
    this.#open = open;
  }

  /** Derives both keys from the agreed one (HKDF-SHA-256, salt sid). */
  static async derive(isk: Uint8Array, sid: Uint8Array, role: SealingRole): Promise<Sealer> {
    const secret = await crypto.subtle.importKey("raw", new Uint8Array(isk), "HKDF", false, ["deriveKey"]);
    const [viewer, agent] = await Promise.all([deriveKey(secret, sid, "viewer"), deriveKey(secret, sid, "agent")]);
    return role === "viewer" ? new Sealer(viewer, agent) : new Sealer(agent, viewer);
  }

  /** Seals one message. Results come in the order of the calls. */
  seal(plain: Uint8Array): Promise<SealedMessage> {
    if (plain.length > MAX_SEALED_PLAIN) {
      return Promise.reject(new SealBroken("message too large to seal"));
    }
    const counter = this.#next++;
    const sealed = this.#sending.then(async () => ({
      counter,
      ciphertext: new Uint8Array(await crypto.subtle.encrypt(parameters(counter), this.#send, new Uint8Array(plain))),
    }));
    this.#sending = sealed.catch(() => undefined);
    return sealed;
  }

  /** Opens one message, or throws SealBroken and changes nothing. */
  open(message: SealedMessage): Promise<Uint8Array> {
    const opened = this.#opening.then(() => this.#openNow(message));
    this.#opening = opened.catch(() => undefined);
    return opened;
  }

  async #openNow(message: SealedMessage): Promise<Uint8Array> {
    if (message.ciphertext.length > MAX_SEALED_PLAIN + TAG_BYTES) {
      throw new SealBroken("sealed message too large");
    }
    if (message.counter < this.#least) {
      throw new SealBroken("message came twice or out of order");
    }
    if (message.counter >= MAX_COUNTER) {
      throw new SealBroken("no counters are left");
    }
    let plain: ArrayBuffer;
    try {
      plain = await crypto.subtle.decrypt(parameters(message.counter), this.#open, new Uint8Array(message.ciphertext));
    } catch {
      throw new SealBroken("message was changed");
    }
    // Only a genuine message moves the counter, or a forged one could lock the rest out.
    this.#least = message.counter + 1n;
    return new Uint8Array(plain);
  }
}

function deriveKey(secret: CryptoKey, sid: Uint8Array, from: SealingRole): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(sid), info: INFO[from] },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

// The nonce is four zero bytes and the counter, big endian.
function parameters(counter: bigint): AesGcmParams {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter);
  return { name: "AES-GCM", iv: nonce, additionalData: AAD, tagLength: 8 * TAG_BYTES };
}
