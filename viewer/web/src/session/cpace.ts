/**
 * CPace over ristretto255 with SHA-512, initiator-responder (draft-irtf-cfrg-cpace-21):
 * two ends that hold the same short secret agree on a strong key, and somebody between
 * them has one guess for each exchange. Pure functions; `handshake.ts` runs them.
 *
 * The page begins, so it is the initiator (A); the agent is the responder (B). Checked
 * against protocol/testdata/cpace.json, the same file that the Go side reads.
 */
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Bytes of a confirmation tag (HMAC-SHA-512). */
export const TAG_BYTES = 64;

// Section 8: the domain separation of this group, and the block length of SHA-512.
const DSI = utf8ToBytes("CPaceRistretto255");
const DSI_ISK = utf8ToBytes("CPaceRistretto255_ISK");
const HASH_BLOCK = 128;

/** What both ends know before they begin. */
export interface Common {
  /** The secret that a person read out. */
  readonly prs: Uint8Array;
  /** Channel identifier: what the exchange is for. */
  readonly ci: Uint8Array;
  readonly sid: Uint8Array;
}

/** One side's message: its share and the associated data that goes with it. */
export interface Message {
  readonly share: Uint8Array;
  readonly ad: Uint8Array;
}

/** The other side's share is not a point that can be used; the exchange must stop. */
export class InvalidShare extends Error {
  constructor() {
    super("cpace: the share of the other side is not valid");
    this.name = "InvalidShare";
  }
}

/** The generator that the secret and the circumstances give (section 7.1). */
export function generator(common: Common): Uint8Array {
  const hash = sha512(generatorString(common));
  return derive(hash).toBytes();
}

/** A fresh secret scalar: 32 bytes, little endian, below the order of the group. */
export function newScalar(): Uint8Array {
  // Sixty-four random bytes reduced leave a bias of 2^-259. Zero cannot be used.
  for (;;) {
    const scalar = ristretto255.Point.Fn.create(littleEndian(randomBytes(64)));
    if (scalar !== 0n) {
      return ristretto255.Point.Fn.toBytes(scalar);
    }
  }
}

/** The share to send: generator times scalar. */
export function share(generatorBytes: Uint8Array, scalar: Uint8Array): Uint8Array {
  return ristretto255.Point.fromBytes(generatorBytes).multiply(readScalar(scalar)).toBytes();
}

/** The shared point, or InvalidShare when the other's does not decode or is neutral. */
export function sharedPoint(scalar: Uint8Array, otherShare: Uint8Array): Uint8Array {
  let point;
  try {
    point = ristretto255.Point.fromBytes(otherShare);
  } catch {
    throw new InvalidShare();
  }
  if (point.is0()) {
    throw new InvalidShare();
  }
  return point.multiply(readScalar(scalar)).toBytes();
}

/** The intermediate session key, 64 bytes (section 7.3, transcript in order of roles). */
export function sessionKey(sid: Uint8Array, shared: Uint8Array, a: Message, b: Message): Uint8Array {
  return sha512(concatBytes(lengthValue(DSI_ISK, sid, shared), lengthValue(a.share, a.ad), lengthValue(b.share, b.ad)));
}

/** Key for the confirmation tags (section 10.4). */
export function macKey(sid: Uint8Array, isk: Uint8Array): Uint8Array {
  return sha512(concatBytes(utf8ToBytes("CPaceMac"), sid, isk));
}

/** The tag that a side sends over its own message. */
export function tag(key: Uint8Array, own: Message): Uint8Array {
  return hmac(sha512, key, lengthValue(own.share, own.ad));
}

/** Compares two tags in a time that depends on their length alone. */
export function equalTags(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false;
  }
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  }
  return difference === 0;
}

// Each part with its length before it (LEB128), one after the other.
function lengthValue(...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => [prefix(part.length), part]));
}

function prefix(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push(rest < 128 ? rest : (rest & 127) | 128);
    rest >>>= 7;
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

// The secret fills the first block of the hash, whatever its length, so that the time
// to hash it tells nothing about it.
function generatorString(common: Common): Uint8Array {
  const used = prefix(common.prs.length).length + common.prs.length + prefix(DSI.length).length + DSI.length;
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK - 1 - used));
  return lengthValue(DSI, common.prs, padding, common.ci, common.sid);
}

function derive(hash: Uint8Array): InstanceType<typeof ristretto255.Point> {
  const map = ristretto255_hasher.deriveToCurve;
  if (map === undefined) {
    throw new Error("cpace: the library lacks the one-way map of RFC 9496");
  }
  return map(hash);
}

function readScalar(scalar: Uint8Array): bigint {
  return ristretto255.Point.Fn.create(littleEndian(scalar));
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
