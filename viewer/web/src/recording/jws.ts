/**
 * Compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037): how the agent signs manifests
 * and receipts. Pure.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

const SIGNATURE_BYTES = 64;

/** A JWS that does not hold: it cannot be read as one of its type, or the signature is not that of the key. */
export class JwsError extends Error {
  constructor(readonly part: "form" | "signature") {
    super(`jws: ${part}`);
  }
}

export type JwsHeader = Readonly<Record<string, unknown>>;

/** The payload's JSON, after type and signature were checked with the key that `keyOf` gives. Throws JwsError. */
export function openJws(jws: string, type: string, keyOf: (header: JwsHeader) => Uint8Array): unknown {
  const [head, payload, signature, ...more] = jws.split(".");
  demand(head !== undefined && payload !== undefined && signature !== undefined && more.length === 0, "form");
  const header = json(head);
  demand(isObject(header) && header["alg"] === "EdDSA" && header["typ"] === type, "form");
  const bytes = base64url(signature);
  const signed = utf8ToBytes(`${head}.${payload}`);
  demand(bytes.length === SIGNATURE_BYTES && ed25519.verify(bytes, signed, keyOf(header), { zip215: false }), "signature");
  return json(payload);
}

/** Reads base64url without padding (RFC 7515, 2). Throws JwsError. */
export function base64url(text: string): Uint8Array {
  demand(/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1, "form");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function json(text: string): unknown {
  const bytes = base64url(text);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new JwsError("form");
  }
}

function isObject(value: unknown): value is JwsHeader {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function demand(condition: boolean, part: JwsError["part"]): asserts condition {
  if (!condition) {
    throw new JwsError(part);
  }
}
