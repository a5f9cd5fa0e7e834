/**
 * Counts the pictures that were really shown, and tells of the first. A still screen
 * sends none, so the count says when something new was seen, which currentTime does not.
 */

/** What of HTMLVideoElement is used; tests give a fake. */
export interface FrameSource {
  requestVideoFrameCallback(callback: (now: number, metadata: { readonly presentedFrames: number; readonly mediaTime: number }) => void): number;
  cancelVideoFrameCallback(handle: number): void;
}

export interface Frames {
  /** Distinct pictures shown so far. */
  readonly shown: number;
  /** When the last new one was shown (performance.now()), or null before the first. */
  readonly lastAt: number | null;
}

/** Watches an element until the returned function is called. `onFrame` hears of every new picture. */
export function watchFrames(source: FrameSource, onFrame: (frames: Frames) => void): () => void {
  let handle = 0;
  let stopped = false;
  let shown = 0;
  let last = { presented: -1, time: -1 };
  const next = (): void => {
    handle = source.requestVideoFrameCallback((now, { presentedFrames, mediaTime }) => {
      if (stopped) {
        return;
      }
      // The same picture is presented again after a resize or when the tab comes back.
      if (presentedFrames !== last.presented && mediaTime !== last.time) {
        shown++;
        onFrame({ shown, lastAt: now });
      }
      last = { presented: presentedFrames, time: mediaTime };
      next();
    });
  };
  next();
  return () => {
    stopped = true;
    source.cancelVideoFrameCallback(handle);
  };
}
