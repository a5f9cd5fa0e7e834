/**
 * The page's end of the screen's worker. The worker gets the data channel itself where the
 * browser can hand it over, and else each message of it.
 */
import { Store } from "../session/store";
import type { Counts, FromWorker, ToWorker, VideoUse } from "./port";
import type { SheetMemory } from "./sheet";

/** What of Worker is used; tests give a fake. */
export interface WorkerEnd {
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker, transfer?: Transferable[]): void;
  terminate(): void;
}

/** How the picture on the canvases stands. */
export interface ScreenState {
  /** Where the picture is found; null while the video alone is the picture. */
  readonly sheet: SheetMemory | null;
  readonly video: VideoUse;
}

const VIDEO_ALONE: ScreenState = { sheet: null, video: { need: "seen", place: null } };

// A worker that is not there by then is done without: the agent then sends video alone.
const START_MS = 3_000;

export class ScreenLink {
  readonly #store = new Store<ScreenState>(VIDEO_ALONE);
  readonly #worker: WorkerEnd;
  readonly #started: Promise<boolean>;
  #settle: (started: boolean) => void = () => undefined;
  #channel: RTCDataChannel | null = null;
  #counting: ((counts: Counts | null) => void)[] = [];
  #published = new Set<() => void>();
  #closed = false;

  constructor(worker: WorkerEnd) {
    this.#worker = worker;
    this.#started = new Promise((resolve) => {
      const patience = setTimeout(() => this.close(), START_MS);
      this.#settle = (started) => {
        clearTimeout(patience);
        resolve(started);
      };
    });
    worker.onmessage = ({ data }) => this.#heard(data as FromWorker);
    worker.onerror = () => this.close();
  }

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  /** Whether the worker started. Without it no channel may be made: nobody would answer on it. */
  started(): Promise<boolean> {
    return this.#started;
  }

  /** Takes the channel, which must have been made just now. */
  carry(channel: RTCDataChannel): void {
    channel.binaryType = "arraybuffer";
    try {
      this.#worker.postMessage({ kind: "channel", channel }, [channel as unknown as Transferable]);
    } catch {
      this.#forward(channel);
    }
  }

  /** Hears that there is something to draw in the sheet, until the returned function is called. */
  onPublished(act: () => void): () => void {
    this.#published.add(act);
    return () => this.#published.delete(act);
  }

  /** The canvases show this publication of the sheet. */
  drawn(publication: number): void {
    this.#post({ kind: "drawn", publication });
  }

  /** The video shows the frame of this timestamp; null when the browser does not say which. */
  shown(rtp: number | null): void {
    this.#post({ kind: "shown", rtp });
  }

  /** What was drawn so far, or null when nobody draws. */
  counts(): Promise<Counts | null> {
    if (this.#closed) {
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      this.#counting.push(resolve);
      this.#post({ kind: "count" });
    });
  }

  /** Ends the worker; the video alone is the picture then. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#worker.terminate();
    this.#channel?.close();
    this.#settle(false);
    this.#answerCounts(null);
    this.#store.set(VIDEO_ALONE);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    if (!this.#closed) {
      this.#worker.postMessage(message, transfer);
    }
  }

  #forward(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.addEventListener("message", ({ data }: MessageEvent) => {
      if (data instanceof ArrayBuffer) {
        this.#post({ kind: "message", data }, [data]);
      }
    });
  }

  #heard(message: FromWorker): void {
    const state = this.#store.getSnapshot();
    switch (message.kind) {
      case "ready":
        this.#settle(true);
        return;
      case "answer":
        if (this.#channel?.readyState === "open") {
          this.#channel.send(message.data);
        }
        return;
      case "sheet":
        this.#store.set({ ...state, sheet: message.sheet });
        return;
      case "published":
        for (const act of this.#published) {
          act();
        }
        return;
      case "video":
        this.#store.set({ ...state, video: message.video });
        return;
      case "count":
        this.#answerCounts(message.counts);
        return;
    }
  }

  #answerCounts(counts: Counts | null): void {
    const waiting = this.#counting;
    this.#counting = [];
    for (const resolve of waiting) {
      resolve(counts);
    }
  }
}
