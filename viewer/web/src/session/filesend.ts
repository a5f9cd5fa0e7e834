/** Files to the user: offered, accepted, sent in chunks with at most 1 MiB under way, confirmed with the hash. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { FILE_WINDOW, MAX_LINE, MAX_PIECE } from "./limits";
import { cleanLine } from "./text";
import { type Transfer, type Transfers } from "./transfers";

/** A file that the technician chose in the browser. */
export interface FileSource {
  readonly name: string;
  readonly size: number;
  /** Reads from start to end. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
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

export class FileSender {
  readonly #list: Transfers;
  readonly #sending = new Map<number, Sending>();

  constructor(list: Transfers) {
    this.#list = list;
  }

  /** Offers a file of the list. */
  begin(transfer: Transfer, source: FileSource): void {
    this.#sending.set(transfer.id, { source, at: 0, acknowledged: 0, hash: sha256.create(), run: 0, wake: () => undefined });
    this.offer(transfer);
  }

  /** Offers it, also once more: the answer says where to go on. */
  offer({ id, name, size }: Transfer): void {
    this.#list.say(id, { case: "offer", value: { $typeName: "beside.v1.FileOffer", name, size: BigInt(size) } });
  }

  /** Lets go of a file that was stopped. */
  forget(id: number): void {
    const sending = this.#sending.get(id);
    this.#sending.delete(id);
    sending?.wake();
  }

  /** The agent takes it from an offset on; what is before it is read again, for the hash alone. */
  async accepted(transfer: Transfer, offset: number): Promise<void> {
    const sending = this.#sending.get(transfer.id);
    if (sending === undefined || offset > transfer.size) {
      return;
    }
    const run = ++sending.run;
    sending.wake();
    sending.hash = sha256.create();
    sending.at = 0;
    sending.acknowledged = offset;
    this.#list.change(transfer.id, { done: offset, state: { kind: "running" } });
    try {
      await this.#stream(transfer, sending, run, offset);
    } catch {
      if (sending.run === run && this.#sending.has(transfer.id)) {
        this.#list.giveUp(transfer.id, "failed"); // the file could not be read any more
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
        this.#list.say(id, { case: "chunk", value: { $typeName: "beside.v1.FileChunk", offset: BigInt(sending.at), data } });
      }
      sending.at = end;
    }
    if (current()) {
      this.#list.say(id, { case: "end", value: { $typeName: "beside.v1.FileEnd", sha256: sending.hash.clone().digest() } });
    }
  }

  /** Waits until the agent has taken enough of it and the channel has room. */
  async #room(sending: Sending, current: () => boolean): Promise<void> {
    while (current() && sending.at - sending.acknowledged >= FILE_WINDOW) {
      await new Promise<void>((resolve) => (sending.wake = resolve));
    }
    await this.#list.room();
  }

  /** The agent says how much it has. */
  progress(transfer: Transfer, received: number): void {
    const sending = this.#sending.get(transfer.id);
    if (sending !== undefined && received <= sending.at && received >= sending.acknowledged) {
      sending.acknowledged = received;
      this.#list.change(transfer.id, { done: received });
      sending.wake();
    }
  }

  /** The agent says that it has all of it, under which name and with which hash. */
  confirmed(transfer: Transfer, name: string, hash: string): void {
    const sending = this.#sending.get(transfer.id);
    if (sending === undefined || sending.at !== transfer.size || bytesToHex(sending.hash.clone().digest()) !== hash) {
      this.#list.stop(transfer.id, "damaged");
      return;
    }
    this.#sending.delete(transfer.id);
    this.#list.change(transfer.id, { name: cleanLine(name, MAX_LINE), done: transfer.size, state: { kind: "complete", sha256: hash } });
  }
}
