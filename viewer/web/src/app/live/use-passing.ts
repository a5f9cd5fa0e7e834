/**
 * Good news that goes by itself: it was there to be read, and what it says is seen in the
 * toolbar. Not while the pointer or the focus is on it, nor before the page was looked at.
 */
import { type RefObject, useEffect, useRef, useState } from "react";

/** Twice as long as it takes to read the longest of them slowly. */
const READ_MS = 10_000;

/** As long as it fades (banners.module.css). */
const FADE_MS = 240;

/** Calls `done` when a banner that passes has passed; true while it fades. */
export function usePassing(banner: RefObject<HTMLElement | null>, passes: boolean, done: () => void): boolean {
  const [fading, setFading] = useState(false);
  const latest = useRef(done);
  latest.current = done;
  useEffect(() => {
    if (!passes) {
      return;
    }
    let timer = 0;
    const wait = () => {
      timer = window.setTimeout(() => (inUse(banner.current) ? wait() : setFading(true)), READ_MS);
    };
    wait();
    return () => window.clearTimeout(timer);
  }, [banner, passes]);
  useEffect(() => {
    if (!fading) {
      return;
    }
    const timer = window.setTimeout(() => latest.current(), FADE_MS);
    return () => window.clearTimeout(timer);
  }, [fading]);
  return fading;
}

function inUse(banner: HTMLElement | null): boolean {
  return document.hidden || banner?.matches(":hover, :focus-within") === true;
}
