/**
 * Plays an opened recording through Media Source Extensions: segments are fetched
 * and decrypted when they are wanted, and what lies far behind is let go. No React;
 * the page gives a video element and listens.
 *
 *   loading ─first segment is in─► ready        any ─► failed (for good)
 */
import { Store } from "../session/store";
import { type OpenedRecording, RecordingError, type RecordingProblem, type Segment } from "./recording";
import { mimeType, SegmentBuffer } from "./segmentbuffer";

/** What of HTMLVideoElement a player uses; tests give a fake. */
export interface VideoElement {
  src: string;
  currentTime: number;
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
  removeAttribute(name: string): void;
  load(): void;
}

/** Where a player stands; a new object whenever anything changed. */
export interface PlayerSnapshot {
  readonly phase:
    | { readonly kind: "loading" }
    | { readonly kind: "ready" }
    | { readonly kind: "failed"; readonly problem: RecordingProblem };
  /** Seconds; the whole recording. */
  readonly duration: number;
  /** Number of segments that are decrypted and in the element now. */
  readonly loadedSegments: number;
}

/** Plays one recording in one video element. */
export interface Player {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => PlayerSnapshot;
  /** Jumps to a second of the recording; the segment there is fetched if need be. */
  seek(seconds: number): void;
  /** Lets go of the element and of everything decrypted. */
  close(): void;
}

/** Starts a player. The element's own play(), pause() and controls work as usual. */
export type OpenPlayer = (recording: OpenedRecording, video: VideoElement) => Player;

/** What a player needs of the browser. */
export interface MediaPlatform {
  isTypeSupported(type: string): boolean;
  createSource(): MediaSource;
  createUrl(source: MediaSource): string;
  revokeUrl(url: string): void;
}

/** Starts a player in this browser. */
export const openPlayer: OpenPlayer = (recording, video) => openPlayerOn(browserMedia, recording, video);

/** Starts a player on the given platform. */
export function openPlayerOn(platform: MediaPlatform, recording: OpenedRecording, video: VideoElement): Player {
  const player = new SourcePlayer(platform, recording, video);
  player.start();
  return player;
}

const browserMedia: MediaPlatform = {
  isTypeSupported: (type) => typeof MediaSource === "function" && MediaSource.isTypeSupported(type),
  createSource: () => new MediaSource(),
  createUrl: (source) => URL.createObjectURL(source),
  revokeUrl: (url) => URL.revokeObjectURL(url),
};

// Seconds kept before and fetched ahead of what is shown. A segment is at most 10 s and
// 8 MiB, so this is some tens of MiB at the worst.
const AHEAD = 30;
const BEHIND = 30;

// Seconds by which the end of a segment may miss the start of the next in the clock of
// the element, which counts in fractions.
const EPSILON = 0.01;

class SourcePlayer implements Player {
  readonly #platform: MediaPlatform;
  readonly #recording: OpenedRecording;
  readonly #video: VideoElement;
  readonly #store: Store<PlayerSnapshot>;
  readonly #source: MediaSource | null;
  readonly #loaded = new Set<number>();
  readonly #inits = new Map<number, Uint8Array>();
  #buffer: SegmentBuffer | null = null;
  #pumping = false;
  #again = false;
  #fetching: { readonly index: number; readonly abort: AbortController } | null = null;
  #closed = false;

  constructor(platform: MediaPlatform, recording: OpenedRecording, video: VideoElement) {
    this.#platform = platform;
    this.#recording = recording;
    this.#video = video;
    this.#store = new Store<PlayerSnapshot>({ phase: { kind: "loading" }, duration: recording.duration, loadedSegments: 0 });
    this.#source = this.#playable() ? platform.createSource() : null;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);
  readonly getSnapshot = (): PlayerSnapshot => this.#store.getSnapshot();

  start(): void {
    const source = this.#source;
    if (source === null) {
      // An unfinished recording may have no picture yet.
      this.#fail(this.#recording.segments.length === 0 ? { kind: "missing", object: "segment-000001.age" } : { kind: "cannot-play" });
      return;
    }
    const url = this.#platform.createUrl(source);
    source.addEventListener("sourceopen", () => {
      this.#platform.revokeUrl(url);
      this.#opened(source);
    }, { once: true });
    this.#video.addEventListener("timeupdate", this.#wanted);
    this.#video.addEventListener("seeking", this.#wanted);
    this.#video.addEventListener("error", this.#broken);
    this.#video.src = url;
  }

  seek(seconds: number): void {
    // The very end shows nothing; a moment before it shows the last picture.
    const last = Math.max(0, this.#recording.duration - EPSILON);
    this.#video.currentTime = Math.min(Math.max(0, seconds), last);
    this.#wanted();
  }

  close(): void {
    this.#release();
    if (this.#video.src !== "") {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  #playable(): boolean {
    const codecs = new Set(this.#recording.segments.map((segment) => segment.codec));
    return codecs.size > 0 && [...codecs].every((codec) => this.#platform.isTypeSupported(mimeType(codec)));
  }

  #opened(source: MediaSource): void {
    const first = this.#recording.segments[0];
    if (this.#closed || first === undefined) {
      return;
    }
    this.#buffer = new SegmentBuffer(source, first.codec);
    source.duration = this.#recording.duration;
    this.#wanted();
  }

  // Something changed: see what is needed now. One round at a time.
  readonly #wanted = (): void => {
    const missing = this.#nextMissing();
    if (this.#fetching !== null && missing !== this.#fetching.index && !this.#near(this.#fetching.index)) {
      this.#fetching.abort.abort();
    }
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    void this.#pump()
      .catch((error: unknown) => this.#fail(error instanceof RecordingError ? error.problem : { kind: "cannot-play" }))
      .finally(() => (this.#pumping = false));
  };

  readonly #broken = (): void => this.#fail({ kind: "cannot-play" });

  async #pump(): Promise<void> {
    do {
      this.#again = false;
      for (let index = this.#nextMissing(); index !== null && !this.#closed; index = this.#nextMissing()) {
        await this.#load(index);
      }
      await this.#letGo();
    } while (this.#again && !this.#closed);
    this.#markEnd();
  }

  // The first segment from what is shown to AHEAD seconds later that is not there.
  #nextMissing(): number | null {
    if (this.#buffer === null) {
      return null;
    }
    const now = this.#video.currentTime;
    const found = this.#recording.segments.findIndex(
      (segment, index) => segment.start + segment.duration > now + EPSILON && segment.start < now + AHEAD && !this.#loaded.has(index),
    );
    return found === -1 ? null : found;
  }

  #near(index: number): boolean {
    const segment = this.#recording.segments[index];
    const now = this.#video.currentTime;
    return segment !== undefined && segment.start + segment.duration > now - BEHIND && segment.start < now + AHEAD;
  }

  async #load(index: number): Promise<void> {
    const segment = this.#recording.segments[index];
    if (segment === undefined) {
      return;
    }
    const abort = new AbortController();
    this.#fetching = { index, abort };
    try {
      const plain = await this.#recording.readSegment(index, abort.signal);
      const init = await this.#initFor(segment, index, plain, abort.signal);
      // What was fetched for a place that nobody looks at any more is dropped.
      if (!this.#closed && !abort.signal.aborted) {
        await this.#buffer?.append(segment, init, plain);
        this.#loaded.add(index);
        this.#show();
      }
    } catch (error) {
      if (!abort.signal.aborted) {
        throw error;
      }
    } finally {
      this.#fetching = null;
    }
  }

  // The init segment that must go in before, or null when the buffer has it or plain brings it.
  async #initFor(segment: Segment, index: number, plain: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> {
    if (segment.initBytes > 0) {
      this.#inits.set(index, plain.slice(0, segment.initBytes));
      return null;
    }
    if (segment.initFrom === this.#buffer?.init) {
      return null;
    }
    const kept = this.#inits.get(segment.initFrom);
    if (kept !== undefined) {
      return kept;
    }
    const bytes = this.#recording.segments[segment.initFrom]?.initBytes ?? 0;
    const init = (await this.#recording.readSegment(segment.initFrom, signal)).slice(0, bytes);
    this.#inits.set(segment.initFrom, init);
    return init;
  }

  // Lets go of what lies far from what is shown, whole segments at a time.
  async #letGo(): Promise<void> {
    for (const index of [...this.#loaded]) {
      const segment = this.#recording.segments[index];
      if (segment === undefined || this.#closed || this.#near(index)) {
        continue;
      }
      await this.#buffer?.remove(segment);
      this.#loaded.delete(index);
      this.#show();
    }
  }

  // Without it the element would wait at the end for more.
  #markEnd(): void {
    const last = this.#recording.segments.length - 1;
    if (!this.#closed && this.#loaded.has(last) && this.#source?.readyState === "open") {
      this.#source.endOfStream();
    }
  }

  #show(): void {
    const { phase, duration } = this.#store.getSnapshot();
    const now: PlayerSnapshot["phase"] = phase.kind === "failed" ? phase : { kind: "ready" };
    this.#store.set({ phase: now, duration, loadedSegments: this.#loaded.size });
  }

  #fail(problem: RecordingProblem): void {
    if (this.#closed) {
      return;
    }
    this.#release();
    this.#store.set({ ...this.#store.getSnapshot(), phase: { kind: "failed", problem } });
  }

  #release(): void {
    this.#closed = true;
    this.#fetching?.abort.abort();
    this.#inits.clear();
    this.#loaded.clear();
    this.#video.removeEventListener("timeupdate", this.#wanted);
    this.#video.removeEventListener("seeking", this.#wanted);
    this.#video.removeEventListener("error", this.#broken);
  }
}
