/**
 * Plays an opened recording through Media Source Extensions: segments are fetched
 * and decrypted when they are wanted, and what lies far behind is let go. No React;
 * the page gives a video element and listens.
 */
import type { OpenedRecording, RecordingProblem } from "./recording";

/** What of HTMLVideoElement a player uses; tests give a fake. */
export interface VideoElement {
  src: string;
  currentTime: number;
  readonly buffered: { readonly length: number; start(index: number): number; end(index: number): number };
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
