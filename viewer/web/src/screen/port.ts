/** What the page and the screen's worker say to one another. */
import type { VideoPlace } from "./operations";
import type { Size } from "./picture";

export type ToWorker =
  /** The data channel "screen" itself: from then on the page has nothing to do with it. */
  | { readonly kind: "channel"; readonly channel: RTCDataChannel }
  /** A message of the channel, where the browser cannot hand the channel over. */
  | { readonly kind: "message"; readonly data: ArrayBuffer }
  /** Canvases to draw on, one for each strip of a picture of this size. */
  | { readonly kind: "canvases"; readonly set: number; readonly size: Size; readonly canvases: readonly OffscreenCanvas[] }
  /** The video shows the frame of this RTP timestamp; null when the browser does not say which. */
  | { readonly kind: "shown"; readonly rtp: number | null }
  | { readonly kind: "count" };

export type FromWorker =
  | { readonly kind: "ready" }
  /** An answer for the channel, where the page holds it. */
  | { readonly kind: "answer"; readonly data: ArrayBuffer }
  /** The picture has this size, and canvases for it are wanted. */
  | { readonly kind: "size"; readonly size: Size }
  /** This set of canvases shows the picture. */
  | { readonly kind: "painted"; readonly set: number }
  | { readonly kind: "video"; readonly video: VideoUse }
  | { readonly kind: "count"; readonly counts: Counts };

/** What the video is needed for below the canvases. */
export interface VideoUse {
  /**
   * `hidden`: the canvases cover all of it. `seen`: it shows through.
   * `awaited`: a part will show through with a certain frame; the worker wants to hear of frames.
   */
  readonly need: "hidden" | "seen" | "awaited";
  /** Where its frames lie in the picture; null: it is the picture. */
  readonly place: VideoPlace | null;
}

/** What was drawn since the beginning. */
export interface Counts {
  /** Times that the canvases changed. */
  readonly frames: number;
  /** Bytes that came on the channel. */
  readonly bytes: number;
  /** When they changed last, milliseconds since 1970, or null. */
  readonly lastAt: number | null;
}
