/**
 * The signed manifest of a recording: which objects there are, in which order, with
 * which hashes. Everything is refused that the agent's writer does not make (THREATS
 * 16, 30). The same rules stand in recording/manifest.go.
 *
 * The signature says that manifest and signer belong together. Who the signer is only
 * the user's receipt tells; a reviewer trusts that the relay did not replace the whole.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64url, openJws } from "./jws";
import { RecordingError } from "./recording";

/** Name of the manifest's own object. */
export const MANIFEST = "manifest.jws";
/** Name of the object that holds the recording's key. */
export const KEY = "key.age";
/** Largest sealed object, in bytes. */
export const MAX_OBJECT = 8 << 20;

const MAX_OBJECTS = 20_000;
const TYPE = "beside-recording+jws";
const MAX_DURATION_MS = 2 ** 40;

/** Name of segment n, counted from 1. */
export function segmentName(n: number): string {
  return `segment-${String(n).padStart(6, "0")}.age`;
}

/** Name of events object n, counted from 1. */
export function eventsName(n: number): string {
  return `events-${String(n).padStart(6, "0")}.age`;
}

/** What the manifest says of a segment. */
export interface SegmentInfo {
  readonly startMs: number;
  readonly durationMs: number;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly initBytes: number;
}

/** One sealed object. */
export interface ManifestObject {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the sealed bytes, hex. */
  readonly sha256: string;
  readonly segment: SegmentInfo | null;
}

export interface Manifest {
  readonly recording: string;
  readonly session: string;
  readonly started: Date;
  readonly durationMs: number;
  readonly objects: readonly ManifestObject[];
}

/** Checks signature and form of a manifest, or throws RecordingError `changed`. */
export function readManifest(data: Uint8Array, recordingId: string): Manifest {
  try {
    const manifest = parse(verify(data));
    demand(manifest.recording === recordingId);
    return manifest;
  } catch {
    throw changed(MANIFEST);
  }
}

/** Throws RecordingError `changed` unless an object's sealed bytes are those that were signed. */
export function checkObject(object: ManifestObject, data: Uint8Array): void {
  if (data.length !== object.bytes || bytesToHex(sha256(data)) !== object.sha256) {
    throw changed(object.name);
  }
}

export function changed(object: string): RecordingError {
  return new RecordingError({ kind: "changed", object });
}

// The signer's public key stands in the header.
function verify(data: Uint8Array): Json {
  demand(data.length <= MAX_OBJECT);
  return new Json(openJws(new TextDecoder("utf-8", { fatal: true }).decode(data), TYPE, (header) => signer(new Json(header["jwk"]))));
}

function signer(jwk: Json): Uint8Array {
  demand(jwk.text("kty") === "OKP" && jwk.text("crv") === "Ed25519");
  return base64url(jwk.text("x"));
}

function parse(payload: Json): Manifest {
  demand(payload.number("version") === 1);
  const manifest: Manifest = {
    recording: payload.text("recording"),
    session: payload.text("session"),
    started: new Date(payload.text("started")),
    durationMs: payload.number("duration_ms"),
    objects: payload.list("objects").map(parseObject),
  };
  demand(/^[0-9a-f]{32}$/.test(manifest.recording) && manifest.session !== "" && Number.isFinite(manifest.started.getTime()));
  demand(manifest.objects.length > 0 && manifest.objects.length <= MAX_OBJECTS);
  demand(["closed", "withdrawn", "failed"].includes(payload.text("end")));
  checkOrder(manifest);
  demand(payload.text("chain") === chainOf(manifest));
  return manifest;
}

function parseObject(object: Json): ManifestObject {
  const parsed = {
    name: object.text("name"),
    bytes: object.number("bytes"),
    sha256: object.text("sha256"),
    segment: object.has("segment") ? parseSegment(object.object("segment")) : null,
  };
  demand(parsed.bytes > 0 && parsed.bytes <= MAX_OBJECT && /^[0-9a-f]{64}$/.test(parsed.sha256));
  return parsed;
}

function parseSegment(segment: Json): SegmentInfo {
  const parsed = {
    startMs: segment.number("start_ms"),
    durationMs: segment.number("duration_ms"),
    width: segment.number("width"),
    height: segment.number("height"),
    codec: segment.text("codec"),
    initBytes: segment.number("init_bytes"),
  };
  demand(parsed.durationMs > 0 && parsed.durationMs <= MAX_DURATION_MS && parsed.initBytes >= 0 && segment.number("frames") > 0);
  demand(/^vp09(\.[0-9]{2}){3,8}$/.test(parsed.codec));
  return parsed;
}

// The key comes first, names count up without a hole, segments follow one another.
function checkOrder(manifest: Manifest): void {
  let segments = 0;
  let events = 0;
  let end = 0;
  manifest.objects.forEach((object, index) => {
    if (index === 0) {
      demand(object.name === KEY && object.segment === null);
    } else if (object.segment === null) {
      demand(object.name === eventsName(++events));
    } else {
      demand(object.name === segmentName(++segments) && object.segment.startMs === end);
      demand(segments > 1 || object.segment.initBytes > 0);
      end += object.segment.durationMs;
    }
  });
  demand(end === manifest.durationMs);
}

// c0 = SHA-256("beside recording 1|" recording "|" session)
// ci = SHA-256(c(i-1) name 0x00 sha256)
function chainOf(manifest: Manifest): string {
  const start = sha256(utf8ToBytes(`beside recording 1|${manifest.recording}|${manifest.session}`));
  const end = manifest.objects.reduce<Uint8Array>(
    (chain, object) => sha256(concatBytes(chain, utf8ToBytes(object.name), Uint8Array.of(0), hexToBytes(object.sha256))),
    start,
  );
  return bytesToHex(end);
}

/** A JSON object whose fields must be there and of the wanted type. */
class Json {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    demand(typeof value === "object" && value !== null && !Array.isArray(value));
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  text(name: string): string {
    const value = this.#own(name);
    demand(typeof value === "string");
    return value;
  }

  number(name: string): number {
    const value = this.#own(name);
    demand(typeof value === "number" && Number.isSafeInteger(value));
    return value;
  }

  object(name: string): Json {
    return new Json(this.#own(name));
  }

  list(name: string): Json[] {
    const value = this.#own(name);
    demand(Array.isArray(value));
    return value.map((item) => new Json(item));
  }

  #own(name: string): unknown {
    return this.has(name) ? this.#fields[name] : undefined;
  }
}

function demand(condition: boolean): asserts condition {
  if (!condition) {
    throw new Error("manifest: not one that an agent makes");
  }
}
