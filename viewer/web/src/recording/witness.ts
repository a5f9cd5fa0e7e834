/**
 * What a relay's audit log proves to those who need not believe the relay: the rules of
 * consent/checkpoint and consent/witness.go, read from the same vectors. Pure. THREAT 24.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** A log does not prove what it says; `what` says where that shows. */
export class WitnessError extends Error {
  constructor(readonly what: string) {
    super(`witness: ${what}`);
  }
}

/** The state of a log at one moment. */
export interface Head {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** One entry, and the state of the log that holds it. */
export interface Told {
  readonly entry: Entry;
  readonly head: Head;
}

/** Who did what to what, when. */
export interface Entry {
  readonly time: Date;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
}

/** What a receipt's witness proves. */
export interface Testimony {
  readonly state: "held" | "none" | "false";
  readonly opened: Entry | undefined;
  readonly ended: Entry | undefined;
  /** The latest state of the log that was proved. */
  readonly head: Head | undefined;
}

type Value = Record<string, unknown>;

const MAX_TEXT = 1 << 10;
const MAX_KEY = 256;
const MAX_ENTRY = 4 << 10;
const MAX_PROOF = 64;
const ED25519 = 1;

/** Checks the witness of a session, or throws WitnessError. See Witness.Verify. */
export function verifyWitness(witness: Value, session: string): Testimony {
  const state = witness["state"];
  const { opened, ended } = witness;
  demand(state === "held" || state === "none" || state === "false", "its state");
  demand(state !== "held" || opened !== undefined, "its opening");
  demand(state !== "false" || ended === undefined, "its end");
  demand(state !== "none" || (opened === undefined && ended === undefined), "its state");
  if (opened === undefined) {
    return { state, opened: undefined, ended: undefined, head: undefined };
  }
  const key = text(witness["key"]);
  const first = tells(object(opened), key, "session.opened", session);
  if (ended === undefined) {
    return { state, opened: first.entry, ended: undefined, head: first.head };
  }
  const last = tells(object(ended), key, "session.ended", session);
  consistent(first.head, last.head, hashes(object(ended)["consistency"]));
  return { state, opened: first.entry, ended: last.entry, head: last.head };
}

function tells(proof: Value, key: string, action: string, session: string): Told {
  const told = verifyProof(proof, key);
  demand(told.entry.action === action && told.entry.object === `session:${session}`, "an entry of something else");
  return told;
}

/** An entry that stands in the log whose checkpoint comes with it. See Proof.Verify. */
export function verifyProof(proof: Value, key: string): Told {
  const head = openCheckpoint(text(proof["checkpoint"]), key);
  const path = hashes(proof["inclusion"]);
  const number = proof["number"];
  demand(typeof number === "number" && Number.isSafeInteger(number) && number >= 0 && number < head.size, "its number");
  const data = text(proof["entry"]);
  demand(utf8ToBytes(data).length <= MAX_ENTRY, "an entry too large");
  demand(same(rootOf(leafHash(utf8ToBytes(data)), number, head.size, path), head.root), "an entry that is not in the log");
  return { entry: parseEntry(data), head };
}

/** Checks the signature of a checkpoint (C2SP signed-note, tlog-checkpoint). */
export function openCheckpoint(note: string, key: string): Head {
  demand(utf8ToBytes(note).length <= MAX_TEXT && utf8ToBytes(key).length <= MAX_KEY, "its size");
  const [name = "", id = "", ...rest] = key.split("+");
  const raw = base64(rest.join("+"));
  demand(raw.length === 33 && raw[0] === ED25519, "its key");
  const expected = bytesToHex(sha256(concatBytes(utf8ToBytes(`${name}\n`), raw)).slice(0, 4));
  demand(id === expected, "its key");
  const match = /^((beside\/audit\/[0-9a-f]{32})\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n— (\S+) ([A-Za-z0-9+/=]+)\n$/.exec(note);
  demand(match !== null, "the form of the checkpoint");
  const [, body = "", origin = "", size = "", root = "", signer = "", signature = ""] = match;
  const signed = base64(signature);
  demand(origin === name && signer === name && signed.length === 68 && bytesToHex(signed.slice(0, 4)) === id, "the signer of the checkpoint");
  demand(ed25519.verify(signed.slice(4), utf8ToBytes(body), raw.slice(1), { zip215: false }), "the signature of the checkpoint");
  demand(Number.isSafeInteger(Number(size)), "its size");
  return { origin, size: Number(size), root: base64(root) };
}

/** The later log is the earlier one with nothing but more entries (RFC 9162, 2.1.4.2). */
export function consistent(earlier: Head, later: Head, proof: readonly Uint8Array[]): void {
  demand(earlier.origin === later.origin, "another log");
  demand(later.size >= earlier.size, "a log that was cut");
  if (earlier.size === later.size) {
    demand(proof.length === 0 && same(earlier.root, later.root), "a log that was changed");
    return;
  }
  const power = isPower(earlier.size);
  const path = power ? [earlier.root, ...proof] : [...proof];
  let fn = earlier.size - 1;
  let sn = later.size - 1;
  for (; fn % 2 === 1; fn = half(fn)) {
    sn = half(sn);
  }
  const first = path.shift();
  demand(first !== undefined, "its proof");
  let before = first;
  let after = first;
  for (const next of path) {
    demand(sn !== 0, "its proof");
    if (fn % 2 === 1 || fn === sn) {
      before = nodeHash(next, before);
      after = nodeHash(next, after);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) {
        sn = half(sn);
      }
    } else {
      after = nodeHash(after, next);
    }
    fn = half(fn);
    sn = half(sn);
  }
  demand(sn === 0 && same(before, earlier.root) && same(after, later.root), "a log that was changed");
}

/** The root that an entry's audit path leads to (RFC 9162, 2.1.3.2). */
function rootOf(leaf: Uint8Array, number: number, size: number, path: readonly Uint8Array[]): Uint8Array {
  let fn = number;
  let sn = size - 1;
  let root = leaf;
  for (const next of path) {
    demand(sn !== 0, "its proof");
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(next, root);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) {
        sn = half(sn);
      }
    } else {
      root = nodeHash(root, next);
    }
    fn = half(fn);
    sn = half(sn);
  }
  demand(sn === 0, "its proof");
  return root;
}

const half = (n: number) => Math.floor(n / 2);

function isPower(n: number): boolean {
  while (n % 2 === 0) {
    n /= 2;
  }
  return n === 1;
}

function leafHash(data: Uint8Array): Uint8Array {
  return sha256(concatBytes(Uint8Array.of(0), data));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(Uint8Array.of(1), left, right));
}

function parseEntry(data: string): Entry {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new WitnessError("the form of an entry");
  }
  const entry = object(value);
  const time = new Date(text(entry["time"]));
  const [actor, action] = [text(entry["actor"]), text(entry["action"])];
  demand(!Number.isNaN(time.getTime()) && actor !== "" && action !== "" && !/[\n\r]/.test(data), "the form of an entry");
  return { time, actor, action, object: text(entry["object"] ?? "") };
}

function hashes(value: unknown): Uint8Array[] {
  const list = value ?? [];
  demand(Array.isArray(list) && list.length <= MAX_PROOF, "its proof");
  return list.map((one) => {
    const hash = base64(text(one));
    demand(hash.length === 32, "its proof");
    return hash;
  });
}

function object(value: unknown): Value {
  demand(typeof value === "object" && value !== null && !Array.isArray(value), "its form");
  return value as Value;
}

function text(value: unknown): string {
  demand(typeof value === "string", "its form");
  return value;
}

function base64(encoded: string): Uint8Array {
  demand(encoded.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(encoded), "its form");
  const binary = atob(encoded);
  demand(btoa(binary) === encoded, "its form"); // in its one spelling
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function demand(condition: boolean, what: string): asserts condition {
  if (!condition) {
    throw new WitnessError(what);
  }
}
