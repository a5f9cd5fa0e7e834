/** The golden recording that the Go side is tested with too, and changes to it, for tests. */
import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { RecordingError, type FetchObject } from "./recording";

const folder = new URL("../../../../recording/testdata/golden/", import.meta.url);

export const GOLDEN_ID = "0123456789abcdef0123456789abcdef";

export function goldenText(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

export function golden(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(name, folder)));
}

/** A relay that holds the golden recording, with some objects changed or (null) gone. */
export function relayWith(changes: Readonly<Record<string, Uint8Array | null>> = {}): FetchObject & { asked: string[] } {
  const asked: string[] = [];
  const fetch: FetchObject = async (_, object, signal) => {
    asked.push(object);
    signal?.throwIfAborted();
    const change = changes[object];
    if (change === null) {
      throw new RecordingError({ kind: "missing", object });
    }
    try {
      return change ?? golden(object);
    } catch {
      throw new RecordingError({ kind: "missing", object });
    }
  };
  return Object.assign(fetch, { asked });
}

/** A manifest like the golden one but changed, signed again by somebody. */
export function signed(change: (manifest: Record<string, unknown>) => void, header: Record<string, unknown> = {}): Uint8Array {
  const payload = JSON.parse(goldenText("manifest.json")) as Record<string, unknown>;
  change(payload);
  const { secretKey, publicKey } = ed25519.keygen();
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") };
  const head = { alg: "EdDSA", jwk, typ: "beside-recording+jws", ...header };
  const text = [head, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = Buffer.from(ed25519.sign(utf8ToBytes(text), secretKey)).toString("base64url");
  return utf8ToBytes(`${text}.${signature}`);
}
