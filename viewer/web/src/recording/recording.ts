/**
 * A recording as a reviewer opens it in the browser: its key is unwrapped with the
 * organisation's identity, its manifest verified, its events read. The relay gives
 * ciphertext only (PROMISES A11, A12; THREATS 16, 30).
 */

/** Everything that can go wrong when a recording is opened or played. */
export type RecordingProblem =
  /** The passphrase does not open the organisation's identity. */
  | { readonly kind: "wrong-passphrase" }
  /** This recording was not sealed for this organisation's identity. */
  | { readonly kind: "not-for-us" }
  /** An object is not there: erased, or not uploaded (yet). */
  | { readonly kind: "missing"; readonly object: string }
  /** An object is there but is not what the agent signed. */
  | { readonly kind: "changed"; readonly object: string }
  /** The relay did not give it: signed out, not opened for review, or out of reach. */
  | { readonly kind: "not-allowed" }
  | { readonly kind: "relay-unreachable" }
  /** This browser cannot play VP9 in fragmented MP4. */
  | { readonly kind: "cannot-play" };

/** One line of the event track. `seconds` counts from the start of the recording. */
export interface RecordedEvent {
  readonly seconds: number;
  readonly at: Date;
  readonly kind: string;
  readonly scope: string;
  readonly by: string;
  readonly text: string;
}

/** One segment of the picture. */
export interface Segment {
  readonly name: string;
  /** Seconds from the start of the recording. */
  readonly start: number;
  readonly duration: number;
  /** RFC 6381, for example "vp09.00.11.08". */
  readonly codec: string;
  /** Index of the segment that begins with the init segment this one needs. */
  readonly initFrom: number;
  /** How many bytes at its start are an init segment; 0 when it has none. */
  readonly initBytes: number;
}

/** A recording that was verified and can be played. */
export interface OpenedRecording {
  readonly id: string;
  readonly sessionId: string;
  readonly started: Date;
  /** Seconds. */
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  /** False while the signed manifest is not there: what is shown may lack its end. */
  readonly complete: boolean;
  readonly segments: readonly Segment[];
  readonly events: readonly RecordedEvent[];
  /** Fetches, checks against the manifest and decrypts one segment. Throws RecordingError. */
  readSegment(index: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Carries a RecordingProblem through promises. */
export class RecordingError extends Error {
  readonly problem: RecordingProblem;

  constructor(problem: RecordingProblem) {
    super(`recording: ${problem.kind}`);
    this.name = "RecordingError";
    this.problem = problem;
  }
}

/** Where objects of a recording come from: GET /api/v1/recordings/{id}/{object}. */
export type FetchObject = (recordingId: string, object: string, signal?: AbortSignal) => Promise<Uint8Array>;
