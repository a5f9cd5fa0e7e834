import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it } from "vitest";
import { type FileMessage, FileMessageSchema, FileStop_Why } from "../gen/beside/v1/session_pb";
import { FakeChannel, settle, until } from "./fakes.testkit";
import { FileTool } from "./files";
import type { FileSource } from "./filesend";
import { FILE_WINDOW, MAX_FILE_NAME, MAX_FILE_SIZE, MAX_PIECE, MAX_TRANSFERS } from "./limits";
import { Pipe } from "./pipe";
import type { Transfer } from "./transfers";

let channel: FakeChannel;
let tool: FileTool;

beforeEach(() => {
  channel = new FakeChannel("files");
  channel.readyState = "open";
  tool = new FileTool(() => pipe);
  const pipe = new Pipe(channel as unknown as RTCDataChannel, (data) => tool.receive(data));
});

const sent = (): FileMessage["kind"][] => channel.sent.map((data) => fromBinary(FileMessageSchema, data).kind);
const says = (id: number, kind: FileMessage["kind"]): void => channel.receive(toBinary(FileMessageSchema, create(FileMessageSchema, { id, kind })));
const chunks = (): Uint8Array[] => sent().flatMap((kind) => (kind.case === "chunk" ? [kind.value.data] : []));
const state = (id = 1): Transfer["state"] | undefined => tool.getSnapshot().find((one) => one.id === id)?.state;
const source = (data: Uint8Array<ArrayBuffer>, name = "a.bin"): FileSource => ({ name, size: data.length, read: (start, end) => Promise.resolve(data.slice(start, end)) });
const hex = (data: Uint8Array): string => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const accept = (offset = 0): FileMessage["kind"] => ({ case: "accept", value: { $typeName: "beside.v1.FileAccept", offset: BigInt(offset) } });
const progress = (received: number): FileMessage["kind"] => ({ case: "progress", value: { $typeName: "beside.v1.FileProgress", received: BigInt(received) } });
const received = (name: string, hash: Uint8Array): FileMessage["kind"] => ({ case: "received", value: { $typeName: "beside.v1.FileReceived", name, sha256: hash } });
const offer = (name: string, size: number): FileMessage["kind"] => ({ case: "offer", value: { $typeName: "beside.v1.FileOffer", name, size: BigInt(size) } });
const chunk = (offset: number, data: Uint8Array): FileMessage["kind"] => ({ case: "chunk", value: { $typeName: "beside.v1.FileChunk", offset: BigInt(offset), data } });
const end = (hash: Uint8Array): FileMessage["kind"] => ({ case: "end", value: { $typeName: "beside.v1.FileEnd", sha256: hash } });
const stop = (why: FileStop_Why): FileMessage["kind"] => ({ case: "stop", value: { $typeName: "beside.v1.FileStop", why } });

function noise(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7919) >> 3);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("to the user", () => {
  // PROMISE A9: the hash makes it complete, nothing else.
  it("sends within the window, and is complete when the hash comes back", async () => {
    const data = noise(FILE_WINDOW + 3 * MAX_PIECE);
    tool.send(source(data, "driver.zip"));
    expect(sent()[0]).toMatchObject({ case: "offer", value: { name: "driver.zip", size: BigInt(data.length) } });
    expect(state()?.kind).toBe("waiting");
    says(1, accept());
    await settle();
    const first = chunks().length;
    expect(first * MAX_PIECE).toBeLessThan(FILE_WINDOW + MAX_PIECE);
    says(1, progress(FILE_WINDOW / 2));
    await until(() => sent().at(-1)?.case === "end", "the end");
    expect(hex(joined(chunks()))).toBe(hex(data));
    says(1, received("driver (2).zip", sha256(data)));
    expect(state()).toEqual({ kind: "complete", sha256: hex(sha256(data)) });
    expect(tool.getSnapshot()[0]).toMatchObject({ name: "driver (2).zip", done: data.length });
  });

  it("is damaged when another hash comes back, or too early", async () => {
    const data = noise(10);
    tool.send(source(data));
    says(1, received("a.bin", sha256(data)));
    expect(state()).toEqual({ kind: "stopped", why: "damaged" });
    tool.send(source(data));
    says(2, accept());
    await until(() => sent().at(-1)?.case === "end", "the end");
    says(2, received("a.bin", sha256(noise(9))));
    expect(state(2)).toEqual({ kind: "stopped", why: "damaged" });
  });

  it("goes on where the user's machine is after a lost connection, and the hash is of the whole", async () => {
    const data = noise(5 * MAX_PIECE);
    tool.send(source(data));
    tool.resume();
    expect(sent().filter(({ case: kind }) => kind === "offer").length).toBe(2);
    says(1, accept(3 * MAX_PIECE + 5));
    await until(() => sent().at(-1)?.case === "end", "the end");
    expect(hex(joined(chunks()))).toBe(hex(data.slice(3 * MAX_PIECE + 5)));
    expect(sent().at(-1)).toMatchObject({ value: { sha256: sha256(data) } });
  });

  it("stops when it is cancelled, refused, or cannot be read any more", async () => {
    tool.send(source(noise(FILE_WINDOW * 3)));
    says(1, accept());
    await settle();
    tool.cancel(1);
    expect(sent().at(-1)).toMatchObject({ case: "stop", value: { why: FileStop_Why.TECHNICIAN } });
    const before = channel.sent.length;
    says(1, progress(FILE_WINDOW / 2));
    await settle();
    expect(channel.sent.length).toBe(before);
    for (const [why, problem] of [
      [FileStop_Why.NOT_ALLOWED, "not-allowed"],
      [FileStop_Why.DISK_FULL, "disk-full"],
      [FileStop_Why.DAMAGED, "damaged"],
      [FileStop_Why.BUSY, "busy"],
    ] as const) {
      tool.send(source(noise(9)));
      const id = tool.getSnapshot().length;
      says(id, stop(why));
      expect(state(id)).toEqual({ kind: "stopped", why: problem });
    }
    tool.send({ name: "gone", size: 100, read: () => Promise.reject(new Error("gone")) });
    const id = tool.getSnapshot().length;
    says(id, accept());
    await until(() => state(id)?.kind === "stopped", "the stop");
  });

  it("stays cancelled when it cannot be read any more either", async () => {
    let fail: (why: Error) => void = () => undefined;
    tool.send({ name: "slow", size: 100, read: () => new Promise((_, reject) => (fail = reject)) });
    says(1, accept());
    tool.cancel(1);
    fail(new Error("gone"));
    await settle();
    expect(state()).toEqual({ kind: "stopped", why: "technician" });
    expect(sent().filter(({ case: kind }) => kind === "stop")).toHaveLength(1);
  });

  it("refuses what is too large, and more at a time than travel", () => {
    tool.send({ name: "x", size: MAX_FILE_SIZE + 1, read: () => Promise.reject(new Error("never")) });
    expect(state()).toEqual({ kind: "stopped", why: "too-large" });
    for (let n = 0; n <= MAX_TRANSFERS; n++) {
      tool.send(source(noise(3), `${"ä".repeat(200)}.txt`));
    }
    expect(tool.getSnapshot().at(-1)?.state).toEqual({ kind: "stopped", why: "busy" });
    const name = tool.getSnapshot().at(-1)?.name ?? "";
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(MAX_FILE_NAME);
    expect(name.endsWith(".txt")).toBe(true);
  });
});

describe("from the user", () => {
  it("is asked for, arrives, and is kept to be saved", async () => {
    tool.request("the log");
    expect(sent()[0]).toMatchObject({ case: "request", value: { reason: "the log" } });
    const data = noise(300_000);
    says(1, offer("log\u202etxt.exe", data.length));
    expect(sent().at(-1)).toMatchObject({ case: "accept", value: { offset: 0n } });
    for (let at = 0; at < data.length; at += MAX_PIECE) {
      says(1, chunk(at, data.slice(at, at + MAX_PIECE)));
    }
    expect(tool.received(1)).toBeNull();
    says(1, end(sha256(data)));
    expect(state()).toEqual({ kind: "complete", sha256: hex(sha256(data)) });
    expect(sent().at(-1)?.case).toBe("received");
    expect(tool.getSnapshot()[0]?.name).toBe("logtxt.exe");
    const blob = tool.received(1);
    expect(blob?.type).toBe("application/octet-stream");
    expect(hex(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0)))).toBe(hex(data));
  });

  it("does not take a file that nobody asked for, nor more than was offered", () => {
    says(7, offer("x", 3));
    expect(tool.getSnapshot()).toEqual([]);
    for (const hostile of [
      [chunk(1, noise(2))],
      [chunk(0, noise(11))],
      [chunk(0, noise(10)), end(sha256(noise(9)))],
      [chunk(0, noise(9)), end(sha256(noise(9)))],
    ]) {
      tool.request("");
      const id = tool.getSnapshot().length;
      says(id, offer("x", 10));
      hostile.forEach((kind) => says(id, kind));
      expect(state(id)).toEqual({ kind: "stopped", why: "damaged" });
      expect(tool.received(id)).toBeNull();
    }
    tool.request("");
    says(tool.getSnapshot().length, offer("x", MAX_FILE_SIZE + 1));
    expect(tool.getSnapshot().at(-1)?.state).toEqual({ kind: "stopped", why: "too-large" });
    channel.receive(new Uint8Array([0xff]));
  });

  it("asks to go on where it is after a lost connection, and leaves out what is there", () => {
    tool.request("");
    says(1, offer("x", 10));
    says(1, chunk(0, noise(4)));
    tool.resume();
    expect(sent().at(-1)).toMatchObject({ case: "accept", value: { offset: 4n } });
    says(1, chunk(0, noise(4)));
    says(1, chunk(4, noise(10).slice(4)));
    says(1, end(sha256(noise(10))));
    expect(state()?.kind).toBe("complete");
  });

  it("says when they choose none, and ends with the session", () => {
    tool.request("");
    says(1, stop(FileStop_Why.USER));
    expect(state()).toEqual({ kind: "stopped", why: "user" });
    tool.request("");
    tool.close();
    expect(state(2)).toEqual({ kind: "stopped", why: "failed" });
  });
});
