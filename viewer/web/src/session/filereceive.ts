/** Files from the user: asked for; they choose one, and what arrives is kept here until the technician saves it. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { FILE_REPORT, MAX_LINE, MAX_PIECE } from "./limits";
import { cleanLine } from "./text";
import { type Transfer, type Transfers } from "./transfers";

interface Receiving {
  readonly hash: ReturnType<typeof sha256.create>;
  readonly whole: Blob[];
  parts: Uint8Array<ArrayBuffer>[];
  pending: number;
  reported: number;
}

// Parts are put together now and then, so that the browser can move them to a disk.
const TOGETHER = 8 << 20;

export class FileReceiver {
  readonly #list: Transfers;
  readonly #receiving = new Map<number, Receiving>();
  readonly #saved = new Map<number, Blob>();

  constructor(list: Transfers) {
    this.#list = list;
  }

  /** What has arrived whole. */
  saved(id: number): Blob | null {
    return this.#saved.get(id) ?? null;
  }

  /** Takes what the user has chosen. */
  begin(transfer: Transfer, name: string, size: number): void {
    this.#receiving.set(transfer.id, { hash: sha256.create(), whole: [], parts: [], pending: 0, reported: 0 });
    this.#list.change(transfer.id, { name: cleanLine(name, MAX_LINE) || "file", size, state: { kind: "running" } });
    this.accept({ ...transfer, done: 0 });
  }

  /** Says from where on to send, also once more. */
  accept({ id, done }: Transfer): void {
    this.#list.say(id, { case: "accept", value: { $typeName: "beside.v1.FileAccept", offset: BigInt(done) } });
  }

  /** Lets go of a file that was stopped. */
  forget(id: number): void {
    this.#receiving.delete(id);
  }

  /** A part of it. */
  chunk(transfer: Transfer, offset: number, data: Uint8Array): void {
    const receiving = this.#receiving.get(transfer.id);
    if (receiving === undefined || offset + data.length <= transfer.done) {
      return; // there already
    }
    if (offset !== transfer.done || transfer.done + data.length > transfer.size || data.length > MAX_PIECE) {
      this.#list.giveUp(transfer.id, "damaged");
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
      this.#list.say(transfer.id, { case: "progress", value: { $typeName: "beside.v1.FileProgress", received: BigInt(done) } });
    }
    this.#list.change(transfer.id, { done });
  }

  /** All of it was sent, with this hash. */
  end(transfer: Transfer, hash: string): void {
    const receiving = this.#receiving.get(transfer.id);
    if (receiving === undefined) {
      return;
    }
    const own = receiving.hash.clone().digest();
    if (transfer.done !== transfer.size || bytesToHex(own) !== hash) {
      this.#list.giveUp(transfer.id, "damaged");
      return;
    }
    this.#receiving.delete(transfer.id);
    // No type of its own: whatever it is, the browser only saves it.
    this.#saved.set(transfer.id, new Blob([...receiving.whole, ...receiving.parts], { type: "application/octet-stream" }));
    this.#list.change(transfer.id, { state: { kind: "complete", sha256: hash } });
    this.#list.say(transfer.id, { case: "received", value: { $typeName: "beside.v1.FileReceived", name: transfer.name, sha256: own } });
  }
}
