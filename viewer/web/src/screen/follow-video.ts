/**
 * Keeps the video below the canvases as the screen's worker needs it: paused and hidden while
 * nothing of it is seen (docs/performance.md, "The page", has what that spares), at its place in the picture, and its frames told while a part of the picture waits for one.
 */
import type { ScreenLink } from "./link";
import type { VideoPlace } from "./operations";

/** What of HTMLVideoElement is used; tests give a fake. */
export interface FollowedVideo {
  play(): Promise<void>;
  pause(): void;
  readonly paused: boolean;
  readonly style: { visibility: string };
  /** Missing in old browsers. */
  requestVideoFrameCallback?(callback: (now: number, metadata: { readonly rtpTimestamp?: number }) => void): number;
  cancelVideoFrameCallback?(handle: number): void;
}

// Where the browser does not say which frame is shown: after the next one that is, this
// much later the right one is shown as well; and when it tells of no frames at all.
const AFTER_FRAME_MS = 100;
const AFTER_ALL_MS = 250;

/** Follows until the returned function is called. `placed` hears where the video lies from now on. */
export function followVideo(screen: ScreenLink, video: FollowedVideo, placed: (place: VideoPlace) => void): () => void {
  let stopped = false;
  let handle: number | undefined;
  let shown: number | null = null;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let place: VideoPlace | null = null;

  const put = (next: VideoPlace | null): void => {
    if (next !== null && next !== place) {
      place = next;
      placed(next);
    }
  };
  const guess = (after: number): void => {
    patience ??= setTimeout(() => {
      patience = undefined;
      put(screen.getSnapshot().video.place);
      screen.shown(null);
    }, after);
  };
  const told = (): void => {
    const { need, place: next } = screen.getSnapshot().video;
    if (shown !== null && next !== null && ((shown - next.rtp) | 0) >= 0) {
      put(next);
    }
    if (shown !== null && need === "awaited") {
      screen.shown(shown);
    }
  };
  const watch = (): void => {
    handle = video.requestVideoFrameCallback?.((_now, { rtpTimestamp }) => {
      if (stopped) {
        return;
      }
      if (rtpTimestamp !== undefined) {
        shown = rtpTimestamp;
        told();
      } else if (screen.getSnapshot().video.need === "awaited") {
        guess(AFTER_FRAME_MS);
      }
      watch();
    });
  };
  const follow = (): void => {
    const { need } = screen.getSnapshot().video;
    video.style.visibility = need === "hidden" ? "hidden" : "";
    if (need === "hidden") {
      video.pause();
      return;
    }
    if (video.paused) {
      // Refused without a stream: it plays by itself once there is one.
      void video.play().catch(() => undefined);
    }
    told();
    if (need === "awaited" && video.requestVideoFrameCallback === undefined) {
      guess(AFTER_ALL_MS);
    }
  };

  watch();
  follow();
  const leave = screen.subscribe(follow);
  return () => {
    stopped = true;
    leave();
    clearTimeout(patience);
    video.style.visibility = "";
    if (handle !== undefined) {
      video.cancelVideoFrameCallback?.(handle);
    }
  };
}
