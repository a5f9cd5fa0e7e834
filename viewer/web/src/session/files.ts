/**
 * Files to the user and from them. To the user: offered, accepted, sent in chunks with at
 * most 1 MiB under way, confirmed with the hash. From the user: asked for; they choose
 * one, and what arrives is kept here until the technician saves it. No DOM.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sha256 } from "@noble/hashes/sha2.js";
import { type FileMessage, FileMessageSchema, FileStop_Why } from "../gen/beside/v1/session_pb";
import { FILE_REPORT, FILE_WINDOW, MAX_FILE_NAME, MAX_FILE_SIZE, MAX_PIECE, MAX_REASON, MAX_TRANSFERS } from "./limits";
import type { Pipe } from "./pipe";
import { Store } from "./store";
import { cleanLine } from "./text";

/** A file that the technician chose in the browser. */
export interface FileSource {
  readonly name: string;
  readonly size: number;
  /** Reads from start to end. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Why a file was not transferred. */
export type FileProblem = "technician" | "user" | "not-allowed" | "disk-full" | "too-large" | "damaged" | "failed" | "busy";

/** One file, whichever way. */
export interface Transfer {
  readonly id: number;
  readonly way: "to-them" | "from-them";
  /** Empty until the user has chosen. */
  readonly name: string;
  readonly size: number;
  /** Bytes that are known to be there. */
  readonly done: number;
  readonly state:
    | { readonly kind: "choosing" | "waiting" | "running" }
    /** Confirmed: all of it is there and the hash is the sender's. */
    | { readonly kind: "complete"; readonly sha256: string }
    | { readonly kind: "stopped"; readonly why: FileProblem };
}

/** What the pages use. */
export interface Files {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => readonly Transfer[];
  /** Offers a file to the user's machine. */
  send(source: FileSource): void;
  /** Asks the user to choose a file. */
  request(reason: string): void;
  /** Stops a transfer, whichever way. */
  cancel(id: number): void;
  /** What has arrived, to be saved. */
  received(id: number): Blob | null;
}

interface Sending {
  readonly source: FileSource;
  at: number;
  acknowledged: number;
  hash: ReturnType<typeof sha256.create>;
  /** Rises with each (re)start: an older loop stops. */
  run: number;
  wake: () => void;
}

interface Receiving {
  readonly hash: ReturnType<typeof sha256.create>;
  readonly whole: Blob[];
  parts: Uint8Array<ArrayBuffer>[];
  pending: number;
  reported: number;
}

// Parts are put together now and then, so that the browser can move them to a disk.
const TOGETHER = 8 << 20;

export class FileTool implements Files {
  readonly #pipe: () => Pipe | null;
  readonly #store = new Store<readonly Transfer[]>([]);
  readonly #sending = new Map<number, Sending>();
  readonly #receiving = new Map<number, Receiving>();
  readonly #saved = new Map<number, Blob>();
  #last = 0;

  constructor(pipe: () => Pipe | null) {
    this.#pipe = pipe;
  }

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  send(source: FileSource): void {
    const id = ++this.#last;
    const name = wireName(source.name);
    const transfer: Transfer = { id, way: "to-them", name, size: source.size, done: 0, state: { kind: "waiting" } };
    if (source.size > MAX_FILE_SIZE || this.#running() >= MAX_TRANSFERS) {
      this.#add({ ...transfer, state: { kind: "stopped", why: source.size > MAX_FILE_SIZE ? "too-large" : "busy" } });
      return;
    }
    this.#add(transfer);
    this.#sending.set(id, { source, at: 0, acknowledged: 0, hash: sha256.create(), run: 0, wake: () => undefined });
    this.#offer(transfer);
  }

  request(reason: string): void {
    const id = ++this.#last;
    this.#add({ id, way: "from-them", name: "", size: 0, done: 0, state: { kind: "choosing" } });
    this.#say(id, { case: "request", value: { $typeName: "beside.v1.FileRequest", reason: [...reason].slice(0, MAX_REASON).join("") } });
  }

  cancel(id: number): void {
    if (isRunning(this.#find(id))) {
      this.#say(id, { case: "stop", value: { $typeName: "beside.v1.FileStop", why: FileStop_Why.TECHNICIAN } });
      this.#stop(id, "technician");
    }
  }

  received(id: number): Blob | null {
    return this.#saved.get(id) ?? null;
  }

  /** After a lost connection: both ends find out where the other is. */
  resume(): void {
    for (const transfer of this.#store.getSnapshot()) {
      if (!isRunning(transfer)) {
        continue;
      }
      if (transfer.way === "to-them") {
        this.#offer(transfer);
      } else if (transfer.state.kind === "running") {
        this.#accept(transfer);
      }
    }
  }

  /** The session is over: nothing goes on. What has arrived can still be saved. */
  close(): void {
    for (const transfer of this.#store.getSnapshot()) {
      if (isRunning(transfer)) {
        this.#stop(transfer.id, "failed");
      }
    }
  }

  /** Takes a message of the agent's. What cannot be read or fits nothing is dropped. */
  receive(data: Uint8Array): void {
    const message = decode(data);
    const transfer = message === null ? undefined : this.#find(message.id);
    if (message === null || !isRunning(transfer)) {
      return;
    }
    const { kind } = message;
    switch (kind.case) {
      case "offer":
        this.#offered(transfer, kind.value.name, Number(kind.value.size));
        return;
      case "accept":
        void this.#start(transfer, Number(kind.value.offset));
        return;
      case "chunk":
        this.#chunk(transfer, Number(kind.value.offset), kind.value.data);
        return;
      case "progress":
        this.#progress(transfer, Number(kind.value.received));
        return;
      case "end":
        this.#end(transfer, hex(kind.value.sha256));
        return;
      case "received":
        this.#confirmed(transfer, kind.value.name, hex(kind.value.sha256));
        return;
      case "stop":
        this.#stop(transfer.id, problemOf(kind.value.why));
        return;
      case "request":
      case undefined:
        return;
    }
  }

  // To the user.

  #offer({ id, name, size }: Transfer): void {
    this.#say(id, { case: "offer", value: { $typeName: "beside.v1.FileOffer", name, size: BigInt(size) } });
  }

  /** Goes on at an offset; what is before it is read again, for the hash alone. */
  async #start(transfer: Transfer, offset: number): Promise<void> {
    const sending = this.#sending.get(transfer.id);
    if (sending === undefined || offset > transfer.size) {
      return;
    }
    const run = ++sending.run;
    sending.wake();
    sending.hash = sha256.create();
    sending.at = 0;
    sending.acknowledged = offset;
    this.#change(transfer.id, { done: offset, state: { kind: "running" } });
    try {
      await this.#stream(transfer, sending, run, offset);
    } catch {
      if (sending.run === run) {
        this.#say(transfer.id, { case: "stop", value: { $typeName: "beside.v1.FileStop", why: FileStop_Why.FAILED } });
        this.#stop(transfer.id, "failed"); // the file could not be read any more
      }
    }
  }

  async #stream({ id, size }: Transfer, sending: Sending, run: number, offset: number): Promise<void> {
    const current = (): boolean => sending.run === run && this.#sending.has(id);
    while (sending.at < size) {
      const end = Math.min(sending.at + MAX_PIECE, sending.at < offset ? offset : size);
      const data = await sending.source.read(sending.at, end);
      if (data.length !== end - sending.at) {
        throw new Error("the file became shorter");
      }
      const send = sending.at >= offset;
      if (send) {
        await this.#room(sending, current);
      }
      if (!current()) {
        return;
      }
      sending.hash.update(data);
      if (send) {
        this.#say(id, { case: "chunk", value: { $typeName: "beside.v1.FileChunk", offset: BigInt(sending.at), data } });
      }
      sending.at = end;
    }
    if (current()) {
      this.#say(id, { case: "end", value: { $typeName: "beside.v1.FileEnd", sha256: sending.hash.clone().digest() } });
    }
  }

  /** Waits until the agent has taken enough of it and the channel has room. */
  async #room(sending: Sending, current: () => boolean): Promise<void> {
    while (current() && sending.at - sending.acknowledged >= FILE_WINDOW) {
      await new Promise<void>((resolve) => (sending.wake = resolve));
    }
    await this.#pipe()?.room();
  }

  #progress(transfer: Transfer, received: number): void {
    const sending = this.#sending.get(transfer.id);
    if (sending !== undefined && received <= sending.at && received >= sending.acknowledged) {
      sending.acknowledged = received;
      this.#change(transfer.id, { done: received });
      sending.wake();
    }
  }

  #confirmed(transfer: Transfer, name: string, hash: string): void {
    const sending = this.#sending.get(transfer.id);
    if (sending === undefined || sending.at !== transfer.size || hex(sending.hash.clone().digest()) !== hash) {
      this.#stop(transfer.id, "damaged");
      return;
    }
    this.#sending.delete(transfer.id);
    this.#change(transfer.id, { name: cleanLine(name), done: transfer.size, state: { kind: "complete", sha256: hash } });
  }

  // From the user.

  #offered(transfer: Transfer, name: string, size: number): void {
    if (transfer.way !== "from-them" || transfer.state.kind === "running") {
      return;
    }
    if (size > MAX_FILE_SIZE) {
      this.cancel(transfer.id);
      this.#change(transfer.id, { state: { kind: "stopped", why: "too-large" } });
      return;
    }
    this.#receiving.set(transfer.id, { hash: sha256.create(), whole: [], parts: [], pending: 0, reported: 0 });
    this.#change(transfer.id, { name: cleanLine(name) || "file", size, state: { kind: "running" } });
    this.#accept({ ...transfer, done: 0 });
  }

  #accept({ id, done }: Transfer): void {
    this.#say(id, { case: "accept", value: { $typeName: "beside.v1.FileAccept", offset: BigInt(done) } });
  }

  #chunk(transfer: Transfer, offset: number, data: Uint8Array): void {
    const receiving = this.#receiving.get(transfer.id);
    if (receiving === undefined || offset + data.length <= transfer.done) {
      return; // there already
    }
    if (offset !== transfer.done || transfer.done + data.length > transfer.size || data.length > MAX_PIECE) {
      this.#damaged(transfer.id);
      return;
    }
    receiving.hash.update(data);
    receiving.parts.push(Uint8Array.from(data));
    receiving.pending += data.length;
    if (receiving.pending >= TOGETHER) {
      receiving.whole.push(new Blob(receiving.parts));
      receiving.parts = [];
      receiving.pending = 0;
    }
    const done = transfer.done + data.length;
    if (done - receiving.reported >= FILE_REPORT || done === transfer.size) {
      receiving.reported = done;
      this.#say(transfer.id, { case: "progress", value: { $typeName: "beside.v1.FileProgress", received: BigInt(done) } });
    }
    this.#change(transfer.id, { done });
  }

  #end(transfer: Transfer, hash: string): void {
    const receiving = this.#receiving.get(transfer.id);
    if (receiving === undefined) {
      return;
    }
    const own = receiving.hash.clone().digest();
    if (transfer.done !== transfer.size || hex(own) !== hash) {
      this.#damaged(transfer.id);
      return;
    }
    this.#receiving.delete(transfer.id);
    // No type of its own: whatever it is, the browser only saves it.
    this.#saved.set(transfer.id, new Blob([...receiving.whole, ...receiving.parts], { type: "application/octet-stream" }));
    this.#change(transfer.id, { state: { kind: "complete", sha256: hash } });
    this.#say(transfer.id, { case: "received", value: { $typeName: "beside.v1.FileReceived", name: transfer.name, sha256: own } });
  }

  #damaged(id: number): void {
    this.#say(id, { case: "stop", value: { $typeName: "beside.v1.FileStop", why: FileStop_Why.DAMAGED } });
    this.#stop(id, "damaged");
  }

  #stop(id: number, why: FileProblem): void {
    const sending = this.#sending.get(id);
    this.#sending.delete(id);
    this.#receiving.delete(id);
    sending?.wake();
    this.#change(id, { state: { kind: "stopped", why } });
  }

  #running(): number {
    return this.#store.getSnapshot().filter(isRunning).length;
  }

  #find(id: number): Transfer | undefined {
    return this.#store.getSnapshot().find((transfer) => transfer.id === id);
  }

  #add(transfer: Transfer): void {
    this.#store.set([...this.#store.getSnapshot(), transfer]);
  }

  #change(id: number, change: Partial<Transfer>): void {
    this.#store.set(this.#store.getSnapshot().map((transfer) => (transfer.id === id ? { ...transfer, ...change } : transfer)));
  }

  #say(id: number, kind: FileMessage["kind"]): void {
    const data = new Uint8Array(toBinary(FileMessageSchema, create(FileMessageSchema, { id, kind })));
    if (!(this.#pipe()?.send(data) ?? false) && kind.case !== "stop" && isRunning(this.#find(id))) {
      this.#stop(id, "failed");
    }
  }
}

/** Whether a transfer is still under way. */
export function isRunning(transfer: Transfer | undefined): transfer is Transfer {
  return transfer !== undefined && transfer.state.kind !== "complete" && transfer.state.kind !== "stopped";
}

/** A name within the limit of the wire, its ending kept. */
function wireName(name: string): string {
  const clean = cleanLine(name) || "file";
  const dot = clean.lastIndexOf(".");
  const ending = dot > 0 && clean.length - dot <= 16 ? clean.slice(dot) : "";
  let base = ending === "" ? clean : clean.slice(0, dot);
  while (new TextEncoder().encode(base + ending).length > MAX_FILE_NAME) {
    base = [...base].slice(0, -1).join("");
  }
  return base + ending;
}

function problemOf(why: FileStop_Why): FileProblem {
  switch (why) {
    case FileStop_Why.TECHNICIAN:
      return "technician";
    case FileStop_Why.USER:
      return "user";
    case FileStop_Why.NOT_ALLOWED:
      return "not-allowed";
    case FileStop_Why.DISK_FULL:
      return "disk-full";
    case FileStop_Why.TOO_LARGE:
      return "too-large";
    case FileStop_Why.DAMAGED:
      return "damaged";
    case FileStop_Why.BUSY:
      return "busy";
    default:
      return "failed";
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decode(data: Uint8Array): FileMessage | null {
  try {
    return fromBinary(FileMessageSchema, data);
  } catch {
    return null;
  }
}
