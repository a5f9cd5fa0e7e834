/**
 * What a session looks like from outside: plain, immutable values that a page can
 * draw. `standing.ts` holds the one of a session, nothing else changes it.
 *
 *   connecting ─► handshaking ─► waiting(question) ─► asking ─► waiting(picture) ─► live
 *                                                                        ▲           │
 *                                                                        └ reconnecting
 *   every phase ─► over | failed          (both are final)
 */

/** One thing the technician may be allowed to do. */
export type Scope = "view" | "control" | "record" | "clipboard" | "files" | "voice";

/** Where the session stands. `over` and `failed` are final. */
export type Phase =
  | { readonly kind: "connecting" }
  | { readonly kind: "handshaking" }
  /** `question`: the user's machine has not shown the question yet. `picture`: view was granted, the picture is on its way. */
  | { readonly kind: "waiting"; readonly for: "question" | "picture" }
  /** The user reads the first question (always `view`). Later questions stand in `Snapshot.question`. */
  | { readonly kind: "asking"; readonly scope: Scope; readonly secondsLeft: number }
  | { readonly kind: "live" }
  /** The connection is being repaired until `deadline` (milliseconds since 1970). */
  | { readonly kind: "reconnecting"; readonly deadline: number }
  | { readonly kind: "over"; readonly by: EndedBy; readonly seconds: number }
  | { readonly kind: "failed"; readonly problem: Problem };

/** Who or what ended a session that had begun. */
export type EndedBy =
  | "user"
  | "technician"
  /** The bar could not be shown on the user's screen. */
  | "bar-lost"
  /** The connection could not be repaired in time. */
  | "connection"
  /** The agent's program was closed. */
  | "agent-closed"
  /** The user refused to show the screen, or did not answer. */
  | "refusal";

/** Everything that can go wrong. The pages give each its words and its next step. */
export type Problem =
  /** Unknown, expired, already used, or another organisation's: the relay never tells which. */
  | { readonly kind: "code-unknown" }
  /** The secret part of the code was wrong. The code is burnt; the user sees a new one. */
  | { readonly kind: "wrong-secret" }
  | { readonly kind: "too-many-tries"; readonly retryAfterSeconds: number }
  /** This browser has no WebRTC, or it was switched off. */
  | { readonly kind: "no-webrtc" }
  /** This browser cannot decode the picture (VP9). */
  | { readonly kind: "no-decoder" }
  /** No connection to the relay could be made. */
  | { readonly kind: "relay-unreachable" }
  /** The relay is shutting down or overloaded. */
  | { readonly kind: "relay-unavailable" }
  /** The user's program names another organisation or technician than the relay did. */
  | { readonly kind: "organisation-mismatch" }
  /** The user's program, the relay and this page do not speak the same version. */
  | { readonly kind: "version-mismatch" }
  | { readonly kind: "signed-out" }
  /** The signed-in person may not hold sessions. */
  | { readonly kind: "forbidden" }
  /** The connection was lost before the session began and did not come back. */
  | { readonly kind: "connection-lost" }
  /** The other side left before the session began. */
  | { readonly kind: "other-side-gone" }
  /** Somebody between the two ends changed something: wrong tag, seal or fingerprint. */
  | { readonly kind: "tampered" }
  /** The relay or the user's program sent what cannot be read. */
  | { readonly kind: "bad-frame" };

/** The technician as the relay vouches for, bound by the handshake. */
export interface Technician {
  readonly id: string;
  readonly name: string;
}

/** The organisation in whose name the question is asked. */
export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly verified: boolean;
  /** False until a reviewer has set recording up: then `record` cannot be asked for. */
  readonly canRecord: boolean;
  readonly recordingDays: number;
}

/** One monitor of the user's, in its desktop's pixels. */
export interface Display {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A question on the user's screen. */
export interface Question {
  readonly scope: Scope;
  /** When silence becomes a no, milliseconds since 1970. */
  readonly until: number;
}

/** Whether the session is being recorded. */
export type RecordingState =
  | { readonly kind: "off" }
  /** `keptUntil`: when it is destroyed, milliseconds since 1970; null when no date is set. */
  | { readonly kind: "running"; readonly id: string; readonly keptUntil: number | null }
  | { readonly kind: "stopped"; readonly id: string }
  /** The writer failed; nothing written before was lost. `detail` is the agent's word for it. */
  | { readonly kind: "failed"; readonly id: string; readonly detail: string };

/** What happened, with its time in milliseconds since 1970. */
export type SessionEvent =
  | { readonly at: number; readonly kind: "asked" | "granted" | "refused" | "expired" | "withdrawn" | "released"; readonly scope: Scope }
  | { readonly at: number; readonly kind: "unavailable"; readonly scope: Scope; readonly detail: string }
  | { readonly at: number; readonly kind: "paused" | "resumed" }
  | { readonly at: number; readonly kind: "connection-lost" | "connection-repaired" }
  | { readonly at: number; readonly kind: "recording-started" | "recording-stopped" }
  | { readonly at: number; readonly kind: "recording-failed"; readonly detail: string };

/** One immutable picture of the session; a new object whenever anything changed. */
export interface Snapshot {
  readonly phase: Phase;
  readonly technician: Technician | null;
  readonly organisation: Organisation | null;
  readonly granted: readonly Scope[];
  /** The question that is open now, for any scope. */
  readonly question: Question | null;
  readonly paused: boolean;
  /** The user moves the mouse or types: remote input waits. */
  readonly userActive: boolean;
  /** A question is on the user's screen: remote input is dropped. */
  readonly inputLocked: boolean;
  /** The user types a secret: nothing comes, and the last picture is not to be seen. */
  readonly secret: boolean;
  /** Nobody is at the user's computer: nothing that is done here arrives. */
  readonly away: boolean;
  /** The user has closed their own microphone. */
  readonly muted: boolean;
  readonly displays: readonly Display[];
  /** Index of the display that is shown, or null before the first list. */
  readonly selectedDisplay: number | null;
  readonly recording: RecordingState;
  readonly events: readonly SessionEvent[];
  readonly stream: MediaStream | null;
  /** Pixels of the shared picture; positions of input are in these. */
  readonly picture: { readonly width: number; readonly height: number } | null;
  /** When the first yes came, milliseconds since 1970. */
  readonly startedAt: number | null;
}

/** The cursor of the user's machine; drawn by the viewer, positions in picture pixels. */
export interface CursorState {
  readonly x: number;
  readonly y: number;
  readonly visible: boolean;
  /** Null until the first shape has come. Same object for as long as the shape stays. */
  readonly shape: CursorShape | null;
}

/** A cursor's image: RGBA, not premultiplied, `width*height*4` bytes, at most 256x256. */
export interface CursorShape {
  readonly serial: number;
  readonly width: number;
  readonly height: number;
  readonly hotX: number;
  readonly hotY: number;
  readonly rgba: Uint8Array;
}

/**
 * Measured over the time since the last call, both carriers of the picture together; null
 * where the browser does not say.
 */
export interface Stats {
  readonly fps: number | null;
  readonly kilobits: number | null;
  readonly roundTripMs: number | null;
  /** Mean time to decode one picture. */
  readonly decodeMs: number | null;
  /** Mean time a picture waited in the jitter buffer. */
  readonly jitterMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  /** "VP9 4:4:4", "VP9 4:2:0". */
  readonly codec: string | null;
  /** Whether all of the picture is exact to the pixel, or the video is seen in a part of it; null: it is all video. */
  readonly exact: "all" | "part" | null;
  /** How often screen updates changed the picture so far. */
  readonly drawn: number | null;
  /** When they did last, milliseconds since 1970. */
  readonly drawnAt: number | null;
  /** How the packets travel. */
  readonly carrier: "direct" | "relayed" | null;
}
