/** What the page and the screen's worker say to one another. */
import type { VideoPlace } from "./operations";
import type { SheetMemory } from "./sheet";

export type ToWorker =
  /** The data channel "screen" itself: from then on the page has nothing to do with it. */
  | { readonly kind: "channel"; readonly channel: RTCDataChannel }
  /** A message of the channel, where the browser cannot hand the channel over. */
  | { readonly kind: "message"; readonly data: ArrayBuffer }
  /** The canvases show this publication, and with it all before. */
  | { readonly kind: "drawn"; readonly publication: number }
  /** The video shows the frame of this RTP timestamp; null when the browser does not say which. */
  | { readonly kind: "shown"; readonly rtp: number | null }
  | { readonly kind: "count" };

export type FromWorker =
  | { readonly kind: "ready" }
  /** An answer for the channel, where the page holds it. */
  | { readonly kind: "answer"; readonly data: ArrayBuffer }
  /** Where the picture will be found from now on; it has another size than before. */
  | { readonly kind: "sheet"; readonly sheet: SheetMemory }
  /** There is something to draw in the sheet. */
  | { readonly kind: "published" }
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
