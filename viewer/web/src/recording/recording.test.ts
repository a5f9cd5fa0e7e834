import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { unpack } from "./events";
import { MANIFEST, readManifest } from "./manifest";
import { readSegmentFacts } from "./mp4";
import { openRecording } from "./open";
import { RecordingError, type RecordingProblem } from "./recording";
import { golden, goldenText, GOLDEN_ID, relayWith, signed } from "./recording.testkit";
import { createReviewKeyWith, ReviewKey } from "./reviewkey";

async function problem(promise: Promise<unknown>): Promise<RecordingProblem | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof RecordingError ? error.problem : null;
  }
}

const ours = (): Promise<ReviewKey> => ReviewKey.fromIdentity(goldenText("identity.txt"));

// PROMISE E2, A12: the same recording that Go wrote opens here.
describe("the golden recording", () => {
  it("opens with the identity it was sealed to", async () => {
    const recording = await openRecording(GOLDEN_ID, await ours(), relayWith());
    expect(recording).toMatchObject({
      id: GOLDEN_ID, sessionId: "5e55104a11f00d5e55104a11f00d0001", duration: 6, width: 320, height: 180, complete: true,
    });
    expect(recording.started).toEqual(new Date("2025-11-22T09:30:00.250Z"));
    expect(recording.segments).toEqual([
      { name: "segment-000001.age", start: 0, duration: 3, codec: "vp09.00.11.08", initFrom: 0, initBytes: 634 },
      { name: "segment-000002.age", start: 3, duration: 3, codec: "vp09.00.11.08", initFrom: 0, initBytes: 0 },
    ]);
  });

  it("has the events that Go wrote, without the consent records", async () => {
    const { events } = await openRecording(GOLDEN_ID, await ours(), relayWith());
    const want = (JSON.parse(goldenText("events.json")) as { at: string; kind: string; scope?: string; by?: string; text?: string }[])
      .filter((event) => event.kind !== "consent")
      .map(({ at, kind, scope = "", by = "", text = "" }) => ({ at: new Date(at), kind, scope, by, text }));
    expect(want.length).toBeGreaterThanOrEqual(5);
    expect(events.map(({ at, kind, scope, by, text }) => ({ at, kind, scope, by, text }))).toEqual(want);
    expect(events.map((event) => event.seconds).slice(0, 3)).toEqual([0, 0, 1]);
  });

  it("gives segments that say what the manifest says", async () => {
    const relay = relayWith();
    const recording = await openRecording(GOLDEN_ID, await ours(), relay);
    expect(relay.asked).not.toContain("segment-000001.age");
    const first = readSegmentFacts(await recording.readSegment(0));
    expect(first).toEqual({ startMs: 0, durationMs: 3000, initBytes: 634, form: { codec: "vp09.00.11.08", width: 320, height: 180 } });
    expect(readSegmentFacts(await recording.readSegment(1))).toEqual({ startMs: 3000, durationMs: 3000, initBytes: 0, form: null });
    expect(await problem(recording.readSegment(2))).toEqual({ kind: "missing", object: "segment-000003.age" });
  });

  it("is played without a manifest too, and says so", async () => {
    const recording = await openRecording(GOLDEN_ID, await ours(), relayWith({ [MANIFEST]: null }));
    const whole = await openRecording(GOLDEN_ID, await ours(), relayWith());
    expect(recording.complete).toBe(false);
    expect(recording.segments).toEqual(whole.segments);
    expect(recording).toMatchObject({ duration: 6, width: 320, height: 180 });
    expect(recording.events.map((event) => event.kind)).toEqual(whole.events.map((event) => event.kind));
    expect(await recording.readSegment(1)).toEqual(await whole.readSegment(1));
  });
});

// THREATS 16, 30
describe("whoever holds the store", () => {
  it("cannot open it with another identity", async () => {
    const other = await createReviewKeyWith("a dozen and one letters", 4);
    const key = await ReviewKey.fromIdentity(other.recoveryIdentity);
    expect(await problem(openRecording(GOLDEN_ID, key, relayWith()))).toEqual({ kind: "not-for-us" });
  });

  it.each(["key.age", "events-000002.age"])("cannot change a byte of %s", async (name) => {
    const changed = golden(name);
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    expect(await problem(openRecording(GOLDEN_ID, await ours(), relayWith({ [name]: changed })))).toEqual({ kind: "changed", object: name });
  });

  it("cannot swap, shorten or withhold a segment", async () => {
    const open = async (change: Uint8Array | null): Promise<RecordingProblem | null> => {
      const recording = await openRecording(GOLDEN_ID, await ours(), relayWith({ "segment-000001.age": change }));
      return problem(recording.readSegment(0));
    };
    const changed = { kind: "changed", object: "segment-000001.age" };
    expect(await open(golden("segment-000002.age"))).toEqual(changed);
    expect(await open(golden("segment-000001.age").slice(0, -100))).toEqual(changed);
    expect(await open(null)).toEqual({ kind: "missing", object: "segment-000001.age" });
  });

  it("cannot show another recording in its place", () => {
    expect(() => readManifest(golden(MANIFEST), "f".repeat(32))).toThrow(RecordingError);
  });

  it("has shredded it when the key is gone", async () => {
    expect(await problem(openRecording(GOLDEN_ID, await ours(), relayWith({ "key.age": null })))).toEqual({ kind: "missing", object: "key.age" });
  });

  it("cannot add pictures sealed to another key where nothing is signed", async () => {
    const key = await ours();
    const foreign = utf8ToBytes("age-encryption.org/v1\nnot one of ours");
    const relay = relayWith({ [MANIFEST]: null, "segment-000002.age": foreign });
    expect(await problem(openRecording(GOLDEN_ID, key, relay))).toEqual({ kind: "changed", object: "segment-000002.age" });
  });
});

describe("the manifest", () => {
  const refused = (data: Uint8Array): void => expect(() => readManifest(data, GOLDEN_ID)).toThrow(RecordingError);
  type Objects = { name: string; bytes: number; sha256: string; segment?: Record<string, unknown> }[];
  const objects = (manifest: Record<string, unknown>): Objects => manifest["objects"] as Objects;

  it("signed again without a change is read: only the receipt knows the signer", () => {
    expect(readManifest(signed(() => undefined), GOLDEN_ID).durationMs).toBe(6000);
  });

  it.each([
    ["another version", (m: Record<string, unknown>) => (m["version"] = 2)],
    ["no session", (m: Record<string, unknown>) => (m["session"] = "")],
    ["another session", (m: Record<string, unknown>) => (m["session"] = "x")],
    ["a duration that is not the segments'", (m: Record<string, unknown>) => (m["duration_ms"] = 5000)],
    ["an object left out", (m: Record<string, unknown>) => objects(m).splice(2, 1)],
    ["two objects swapped", (m: Record<string, unknown>) => objects(m).reverse()],
    ["another hash", (m: Record<string, unknown>) => objects(m).forEach((o) => (o.sha256 = "0".repeat(64)))],
    ["a name that leads elsewhere", (m: Record<string, unknown>) => objects(m).forEach((o) => (o.name = "../key.age"))],
    ["a size beyond the limit", (m: Record<string, unknown>) => objects(m).forEach((o) => (o.bytes = 9 << 20))],
    ["a codec that is no VP9", (m: Record<string, unknown>) => objects(m).forEach((o) => o.segment && (o.segment["codec"] = "avc1.42E01E"))],
    ["a time that is none", (m: Record<string, unknown>) => (m["started"] = "yesterday")],
    ["no end", (m: Record<string, unknown>) => delete m["end"]],
  ])("is refused with %s", (_, change) => {
    refused(signed(change));
  });

  it.each([
    ["another algorithm", { alg: "none" }],
    ["another type", { typ: "JWT" }],
    ["another curve", { jwk: { kty: "OKP", crv: "X25519", x: "jNlrMIudBcscjLeEKmNbCdS9XW6YoUTDWBaX4HE-GZU" } }],
    ["somebody else's key", { jwk: { kty: "OKP", crv: "Ed25519", x: "jNlrMIudBcscjLeEKmNbCdS9XW6YoUTDWBaX4HE-GZU" } }],
  ])("is refused with %s", (_, header) => {
    refused(signed(() => undefined, header));
  });

  it("is refused with one character changed", () => {
    const text = goldenText(MANIFEST);
    for (let at = 5; at < text.length; at += 97) {
      refused(utf8ToBytes(text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)));
    }
  });

  it.each([["nothing", ""], ["no JWS", "hello"], ["four parts", "a.b.c.d"], ["no JSON", "e30.aGVsbG8.AA"]])("is refused when it is %s", (_, text) => {
    refused(utf8ToBytes(text));
  });
});

// THREAT 19
describe("events that unpack to too much", () => {
  // A zstd frame whose blocks each repeat one byte 128 KiB long (RFC 8878, section 3.1.1.2).
  function bomb(blocks: number, window: number): Uint8Array {
    const block = (last: boolean): number[] => {
      const header = ((128 << 10) << 3) | (1 << 1) | (last ? 1 : 0);
      return [header & 255, (header >> 8) & 255, header >> 16, 0x20];
    };
    const body = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1)).flat();
    return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window, ...body]);
  }
  const ONE_MIB = 10 << 3;

  it("are read up to the limit and refused beyond it", () => {
    expect(unpack(bomb(32, ONE_MIB))).toHaveLength(4 << 20);
    expect(() => unpack(bomb(33, ONE_MIB))).toThrow();
    expect(() => unpack(bomb(20_000, ONE_MIB))).toThrow();
  });

  it("are refused for the memory they ask for", () => {
    expect(() => unpack(bomb(1, 14 << 3))).toThrow("window");
    const single = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, 0, 0, 0]);
    expect(() => unpack(single)).toThrow("window");
  });

  it.each([["nothing", []], ["no zstd", [1, 2, 3, 4, 5, 6, 7]], ["one that is cut off", [0x28, 0xb5, 0x2f, 0xfd, 0, 0x50, 0x02]]])("are refused when they are %s", (_, bytes) => {
    expect(() => unpack(Uint8Array.from(bytes))).toThrow();
  });
});

describe("a damaged segment", () => {
  it("is refused, however it is cut", async () => {
    const plain = await (await openRecording(GOLDEN_ID, await ours(), relayWith())).readSegment(0);
    for (let length = 0; length < plain.length - 1; length += 211) {
      expect(() => readSegmentFacts(plain.slice(0, length))).toThrow();
    }
  });
});

// PROMISE A11
describe("the review key", () => {
  it("is opened by its passphrase and by no other", async () => {
    const made = await createReviewKeyWith("correct horse battery", 4);
    expect(made.recipient).toMatch(/^age1[0-9a-z]{58}$/);
    expect(made.recoveryRecipient).not.toBe(made.recipient);
    expect(made.wrappedIdentity).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
    expect(made.wrappedIdentity).not.toContain("AGE-SECRET-KEY");
    expect((await ReviewKey.unwrap(made.wrappedIdentity, "correct horse battery")).recipient).toBe(made.recipient);
    expect(await problem(ReviewKey.unwrap(made.wrappedIdentity, "correct horse batterz"))).toEqual({ kind: "wrong-passphrase" });
    expect((await ReviewKey.fromIdentity(` ${made.recoveryIdentity}\n`)).recipient).toBe(made.recoveryRecipient);
    expect(await problem(ReviewKey.fromIdentity("AGE-SECRET-KEY-1NOT"))).toEqual({ kind: "wrong-passphrase" });
  });

  it("wants a passphrase of twelve characters", async () => {
    await expect(createReviewKeyWith("eleven char", 4)).rejects.toThrow(RangeError);
  });

  it("shows nothing of itself when it is printed", async () => {
    const key = await ours();
    const secret = /AGE-SECRET-KEY-1\w+/.exec(goldenText("identity.txt"))?.[0] ?? "";
    expect(secret).not.toBe("");
    expect(JSON.stringify(key) + String(key) + Object.values(key).join()).not.toContain(secret);
  });
});
