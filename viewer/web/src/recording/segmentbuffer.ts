/** Puts decrypted segments into a browser's SourceBuffer and takes them out again, one change after the other. */
import { RecordingError, type Segment } from "./recording";

export class SegmentBuffer {
  readonly #buffer: SourceBuffer;
  #codec: string;
  #init = -1;

  /** `codec` is that of the first segment. */
  constructor(source: MediaSource, codec: string) {
    this.#buffer = source.addSourceBuffer(mimeType(codec));
    this.#codec = codec;
  }

  /** Index of the segment whose init segment the buffer has last seen; -1 before the first. */
  get init(): number {
    return this.#init;
  }

  /** Puts a segment in, and before it the init segment where it needs one that is not its own. */
  async append(segment: Segment, init: Uint8Array | null, plain: Uint8Array): Promise<void> {
    if (segment.codec !== this.#codec) {
      this.#buffer.changeType(mimeType(segment.codec));
      this.#codec = segment.codec;
    }
    for (const part of init === null ? [plain] : [init, plain]) {
      await this.#change(() => this.#buffer.appendBuffer(new Uint8Array(part)));
    }
    this.#init = segment.initFrom;
  }

  /** Takes a whole segment out. */
  async remove({ start, duration }: Segment): Promise<void> {
    await this.#change(() => this.#buffer.remove(start, start + duration));
  }

  // Does one thing to the buffer and waits until it is done.
  async #change(act: () => void): Promise<void> {
    const stop = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        const on = (type: string, heard: () => void): void => this.#buffer.addEventListener(type, heard, { signal: stop.signal });
        on("updateend", resolve);
        on("abort", resolve);
        on("error", () => reject(new RecordingError({ kind: "cannot-play" })));
        act();
      });
    } finally {
      stop.abort();
    }
  }
}

/** What a browser is asked whether it can play it. */
export function mimeType(codec: string): string {
  return `video/mp4; codecs="${codec}"`;
}
