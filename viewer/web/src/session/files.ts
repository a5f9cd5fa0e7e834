/** Files to the user (filesend.ts) and from them (filereceive.ts), as the pages use them. No DOM. */
import { fromBinary } from "@bufbuild/protobuf";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type FileMessage, FileMessageSchema, FileStop_Why } from "../gen/beside/v1/session_pb";
import { FileReceiver } from "./filereceive";
import { FileSender, type FileSource } from "./filesend";
import { MAX_FILE_NAME, MAX_FILE_SIZE, MAX_REASON, MAX_TRANSFERS } from "./limits";
import type { Pipe } from "./pipe";
import { cleanLine, first } from "./text";
import { type FileProblem, isRunning, type Transfer, Transfers } from "./transfers";

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

export class FileTool implements Files {
  readonly #list: Transfers;
  readonly #sender: FileSender;
  readonly #receiver: FileReceiver;
  #last = 0;

  constructor(pipe: () => Pipe | null) {
    this.#list = new Transfers(pipe, (id) => {
      this.#sender.forget(id);
      this.#receiver.forget(id);
    });
    this.#sender = new FileSender(this.#list);
    this.#receiver = new FileReceiver(this.#list);
    this.subscribe = this.#list.store.subscribe;
    this.getSnapshot = this.#list.store.getSnapshot;
  }

  readonly subscribe: Files["subscribe"];
  readonly getSnapshot: Files["getSnapshot"];

  send(source: FileSource): void {
    const transfer: Transfer = {
      id: ++this.#last, way: "to-them", name: wireName(source.name), size: source.size, done: 0, state: { kind: "waiting" },
    };
    if (source.size > MAX_FILE_SIZE || this.#list.all.filter(isRunning).length >= MAX_TRANSFERS) {
      this.#list.add({ ...transfer, state: { kind: "stopped", why: source.size > MAX_FILE_SIZE ? "too-large" : "busy" } });
      return;
    }
    this.#list.add(transfer);
    this.#sender.begin(transfer, source);
  }

  request(reason: string): void {
    const id = ++this.#last;
    this.#list.add({ id, way: "from-them", name: "", size: 0, done: 0, state: { kind: "choosing" } });
    this.#list.say(id, { case: "request", value: { $typeName: "beside.v1.FileRequest", reason: first(MAX_REASON, reason) } });
  }

  cancel(id: number): void {
    if (isRunning(this.#list.find(id))) {
      this.#list.giveUp(id, "technician");
    }
  }

  received(id: number): Blob | null {
    return this.#receiver.saved(id);
  }

  /** After a lost connection: both ends find out where the other is. */
  resume(): void {
    for (const transfer of this.#list.all.filter(isRunning)) {
      if (transfer.way === "to-them") {
        this.#sender.offer(transfer);
      } else if (transfer.state.kind === "running") {
        this.#receiver.accept(transfer);
      }
    }
  }

  /** The session is over: nothing goes on. What has arrived can still be saved. */
  close(): void {
    for (const { id } of this.#list.all.filter(isRunning)) {
      this.#list.stop(id, "failed");
    }
  }

  /** Takes a message of the agent's. What cannot be read or fits nothing is dropped. */
  receive(data: Uint8Array): void {
    const message = decode(data);
    const transfer = message === null ? undefined : this.#list.find(message.id);
    if (message === null || !isRunning(transfer)) {
      return;
    }
    const { kind } = message;
    switch (kind.case) {
      case "offer":
        this.#offered(transfer, kind.value.name, Number(kind.value.size));
        return;
      case "accept":
        void this.#sender.accepted(transfer, Number(kind.value.offset));
        return;
      case "chunk":
        this.#receiver.chunk(transfer, Number(kind.value.offset), kind.value.data);
        return;
      case "progress":
        this.#sender.progress(transfer, Number(kind.value.received));
        return;
      case "end":
        this.#receiver.end(transfer, bytesToHex(kind.value.sha256));
        return;
      case "received":
        this.#sender.confirmed(transfer, kind.value.name, bytesToHex(kind.value.sha256));
        return;
      case "stop":
        this.#list.stop(transfer.id, problemOf(kind.value.why));
        return;
      case "request":
      case undefined:
        return;
    }
  }

  // The user has chosen a file.
  #offered(transfer: Transfer, name: string, size: number): void {
    if (transfer.way !== "from-them" || transfer.state.kind === "running") {
      return;
    }
    if (size > MAX_FILE_SIZE) {
      this.cancel(transfer.id);
      this.#list.change(transfer.id, { state: { kind: "stopped", why: "too-large" } });
      return;
    }
    this.#receiver.begin(transfer, name, size);
  }
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

function decode(data: Uint8Array): FileMessage | null {
  try {
    return fromBinary(FileMessageSchema, data);
  } catch {
    return null;
  }
}
