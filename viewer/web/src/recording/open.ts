/**
 * Opens a recording: manifest, key, events; segments follow when they are wanted.
 * Begin with `openRecording`.
 */
import { Decrypter } from "age-encryption";
import { readEvents } from "./events";
import { fetchFromRelay } from "./fetch";
import { changed, checkObject, eventsName, KEY, MANIFEST, type Manifest, type ManifestObject, readManifest, segmentName } from "./manifest";
import { readSegmentFacts } from "./mp4";
import { type FetchObject, type OpenedRecording, RecordingError, type RecordedEvent, type Segment } from "./recording";
import type { ReviewKey } from "./reviewkey";

/** Fetches, verifies and unlocks a recording. Throws RecordingError. */
export async function openRecording(id: string, key: ReviewKey, fetchObject: FetchObject = fetchFromRelay): Promise<OpenedRecording> {
  const objects = new Objects(id, fetchObject);
  const signed = await objects.find(MANIFEST);
  return signed === null ? openUnfinished(objects, key) : openFinished(objects, key, readManifest(signed, id));
}

/** The sealed objects of one recording, and its key once that is open. */
class Objects {
  readonly id: string;
  readonly #fetch: FetchObject;
  #identity = "";

  constructor(id: string, fetch: FetchObject) {
    this.id = id;
    this.#fetch = fetch;
  }

  /** The sealed bytes, or null when the object is not there. */
  async find(name: string): Promise<Uint8Array | null> {
    try {
      return await this.#fetch(this.id, name);
    } catch (error) {
      if (error instanceof RecordingError && error.problem.kind === "missing") {
        return null;
      }
      throw error;
    }
  }

  async unlock(key: ReviewKey, check: (data: Uint8Array) => void): Promise<void> {
    const data = await this.#fetch(this.id, KEY);
    check(data);
    this.#identity = await key.openRecordingKey(data);
  }

  async read(object: ManifestObject, signal?: AbortSignal): Promise<Uint8Array> {
    const sealed = await this.#fetch(this.id, object.name, signal);
    checkObject(object, sealed);
    return this.decrypt(object.name, sealed);
  }

  async decrypt(name: string, sealed: Uint8Array): Promise<Uint8Array> {
    const decrypter = new Decrypter();
    try {
      decrypter.addIdentity(this.#identity);
      return await decrypter.decrypt(sealed);
    } catch {
      throw changed(name);
    }
  }
}

async function openFinished(objects: Objects, key: ReviewKey, manifest: Manifest): Promise<OpenedRecording> {
  const [first, ...others] = manifest.objects;
  await objects.unlock(key, (data) => first !== undefined && checkObject(first, data));
  const pictures = others.filter((object) => object.segment !== null);
  const events: RecordedEvent[] = [];
  for (const object of others.filter((other) => other.segment === null)) {
    events.push(...parseEvents(object.name, await objects.read(object), manifest.started));
  }
  return {
    id: manifest.recording,
    sessionId: manifest.session,
    started: manifest.started,
    duration: manifest.durationMs / 1000,
    ...largest(pictures),
    complete: true,
    segments: segmentsOf(pictures),
    events: inOrder(events),
    readSegment: async (index, signal) => {
      const object = pictures[index];
      if (object === undefined) {
        throw new RecordingError({ kind: "missing", object: segmentName(index + 1) });
      }
      return objects.read(object, signal);
    },
  };
}

// The agent's program did not live to sign: everything is sealed to the recording's
// key, but nobody vouches for the order or that nothing is missing. `complete` is false.
async function openUnfinished(objects: Objects, key: ReviewKey): Promise<OpenedRecording> {
  await objects.unlock(key, () => undefined);
  const pictures = await indexSegments(objects);
  const events = await unsignedEvents(objects);
  const started = events.find((event) => event.kind === "granted" && event.scope === "record")?.at ?? events[0]?.at ?? new Date(0);
  const last = pictures.at(-1)?.segment;
  return {
    id: objects.id,
    sessionId: "",
    started,
    duration: last == null ? 0 : (last.startMs + last.durationMs) / 1000,
    ...largest(pictures),
    complete: false,
    segments: segmentsOf(pictures),
    events: inOrder(events.map((event) => ({ ...event, seconds: Math.max(0, (event.at.getTime() - started.getTime()) / 1000) }))),
    readSegment: async (index) => {
      const name = segmentName(index + 1);
      const sealed = await objects.find(name);
      if (sealed === null) {
        throw new RecordingError({ kind: "missing", object: name });
      }
      return objects.decrypt(name, sealed);
    },
  };
}

// Every segment is opened once to learn where it stands; its bytes are let go again.
async function indexSegments(objects: Objects): Promise<ManifestObject[]> {
  const found: ManifestObject[] = [];
  let form = { codec: "", width: 0, height: 0 };
  for (let n = 1; ; n++) {
    const name = segmentName(n);
    const sealed = await objects.find(name);
    if (sealed === null) {
      return found;
    }
    const facts = parsed(name, await objects.decrypt(name, sealed), readSegmentFacts);
    form = facts.form ?? form;
    const { startMs, durationMs, initBytes } = facts;
    found.push({ name, bytes: sealed.length, sha256: "", segment: { startMs, durationMs, initBytes, ...form } });
  }
}

async function unsignedEvents(objects: Objects): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let n = 1; ; n++) {
    const name = eventsName(n);
    const sealed = await objects.find(name);
    if (sealed === null) {
      return events;
    }
    events.push(...parseEvents(name, await objects.decrypt(name, sealed), new Date(0)));
  }
}

function parseEvents(name: string, plain: Uint8Array, started: Date): RecordedEvent[] {
  return parsed(name, plain, (bytes) => readEvents(bytes, started));
}

function parsed<T>(name: string, plain: Uint8Array, parse: (plain: Uint8Array) => T): T {
  try {
    return parse(plain);
  } catch {
    throw changed(name);
  }
}

// Signed consent records are for the verifier; a person reads the rest.
function inOrder(events: readonly RecordedEvent[]): RecordedEvent[] {
  return events.filter((event) => event.kind !== "consent").sort((a, b) => a.at.getTime() - b.at.getTime());
}

function segmentsOf(pictures: readonly ManifestObject[]): Segment[] {
  let initFrom = 0;
  return pictures.map(({ name, segment }, index) => {
    const { startMs, durationMs, codec, initBytes } = segment ?? { startMs: 0, durationMs: 0, codec: "", initBytes: 0 };
    initFrom = initBytes > 0 ? index : initFrom;
    return { name, start: startMs / 1000, duration: durationMs / 1000, codec, initFrom, initBytes };
  });
}

function largest(pictures: readonly ManifestObject[]): { width: number; height: number } {
  return {
    width: Math.max(0, ...pictures.map((object) => object.segment?.width ?? 0)),
    height: Math.max(0, ...pictures.map((object) => object.segment?.height ?? 0)),
  };
}
