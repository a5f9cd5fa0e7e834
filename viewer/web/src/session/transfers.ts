/**
 * The transfers of a session as one list, and what is said of each to the agent. Who sends
 * (filesend.ts) and who receives (filereceive.ts) changes it; pages draw it.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { type FileMessage, FileMessageSchema, FileStop_Why } from "../gen/beside/v1/session_pb";
import type { Pipe } from "./pipe";
import { Store } from "./store";

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

export class Transfers {
  readonly store = new Store<readonly Transfer[]>([]);
  readonly #pipe: () => Pipe | null;
  readonly #stopped: (id: number) => void;

  /** `stopped` hears of each transfer that is not under way any more, before the pages do. */
  constructor(pipe: () => Pipe | null, stopped: (id: number) => void) {
    this.#pipe = pipe;
    this.#stopped = stopped;
  }

  get all(): readonly Transfer[] {
    return this.store.getSnapshot();
  }

  find(id: number): Transfer | undefined {
    return this.all.find((transfer) => transfer.id === id);
  }

  add(transfer: Transfer): void {
    this.store.set([...this.all, transfer]);
  }

  change(id: number, change: Partial<Transfer>): void {
    this.store.set(this.all.map((transfer) => (transfer.id === id ? { ...transfer, ...change } : transfer)));
  }

  /** Ends a transfer here, without a word to the agent. */
  stop(id: number, why: FileProblem): void {
    this.#stopped(id);
    this.change(id, { state: { kind: "stopped", why } });
  }

  /** Ends a transfer and tells the agent. */
  giveUp(id: number, why: "technician" | "damaged" | "failed"): void {
    this.say(id, { case: "stop", value: { $typeName: "beside.v1.FileStop", why: ON_WIRE[why] } });
    this.stop(id, why);
  }

  /** Says something of a transfer; one of which nothing can be said any more is stopped. */
  say(id: number, kind: FileMessage["kind"]): void {
    const data = new Uint8Array(toBinary(FileMessageSchema, create(FileMessageSchema, { id, kind })));
    if (!(this.#pipe()?.send(data) ?? false) && kind.case !== "stop" && isRunning(this.find(id))) {
      this.stop(id, "failed");
    }
  }

  /** Waits until the channel has room. */
  async room(): Promise<void> {
    await this.#pipe()?.room();
  }
}

const ON_WIRE = { technician: FileStop_Why.TECHNICIAN, damaged: FileStop_Why.DAMAGED, failed: FileStop_Why.FAILED } as const;

/** Whether a transfer is still under way. */
export function isRunning(transfer: Transfer | undefined): transfer is Transfer {
  return transfer !== undefined && transfer.state.kind !== "complete" && transfer.state.kind !== "stopped";
}
