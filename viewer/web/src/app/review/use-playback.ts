/** Where a video element stands, as React state, and how it is played. */
import { type RefObject, useEffect, useState } from "react";

export interface Playback {
  readonly seconds: number;
  readonly playing: boolean;
  readonly speed: number;
}

const EVENTS = ["timeupdate", "seeking", "seeked", "play", "pause", "ended", "ratechange", "loadedmetadata"] as const;

export function usePlayback(video: RefObject<HTMLVideoElement | null>): Playback {
  const [playback, setPlayback] = useState<Playback>({ seconds: 0, playing: false, speed: 1 });
  useEffect(() => {
    const element = video.current;
    if (element === null) {
      return;
    }
    const stop = new AbortController();
    const read = () => setPlayback({ seconds: element.currentTime, playing: !element.paused && !element.ended, speed: element.playbackRate });
    for (const event of EVENTS) {
      element.addEventListener(event, read, { signal: stop.signal });
    }
    return () => stop.abort();
  }, [video]);
  return playback;
}

/** Plays what stands, stops what plays. */
export function toggle(video: HTMLVideoElement | null): void {
  if (video?.paused === true) {
    // Refused when the element is taken away meanwhile; then there is nothing to play.
    video.play().catch(() => undefined);
  } else {
    video?.pause();
  }
}
