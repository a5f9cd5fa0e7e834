/**
 * A data channel for contents: clipboard, files. What is sent waits until there is room,
 * so that little is under way when something is stopped.
 */
import { MAX_TOOL_FRAME } from "./limits";

const FULL_BYTES = 256 << 10;

export class Pipe {
  readonly #channel: RTCDataChannel;

  constructor(channel: RTCDataChannel, receive: (data: Uint8Array) => void) {
    this.#channel = channel;
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = FULL_BYTES / 2;
    channel.addEventListener("message", (event: MessageEvent) => {
      if (event.data instanceof ArrayBuffer && event.data.byteLength <= MAX_TOOL_FRAME) {
        receive(new Uint8Array(event.data));
      }
    });
  }

  get open(): boolean {
    return this.#channel.readyState === "open";
  }

  /** Sends at once; false when the channel is not open. */
  send(data: Uint8Array<ArrayBuffer>): boolean {
    if (!this.open) {
      return false;
    }
    try {
      this.#channel.send(data);
      return true;
    } catch {
      return false; // closed between the check and the sending
    }
  }

  /** Waits until there is room; false when the channel has closed. */
  async room(): Promise<boolean> {
    while (this.open && this.#channel.bufferedAmount > FULL_BYTES) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#channel.removeEventListener("bufferedamountlow", done);
          this.#channel.removeEventListener("close", done);
          resolve();
        };
        this.#channel.addEventListener("bufferedamountlow", done);
        this.#channel.addEventListener("close", done);
      });
    }
    return this.open;
  }
}
