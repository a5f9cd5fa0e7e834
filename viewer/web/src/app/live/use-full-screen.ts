/**
 * The whole screen, and with it the keys that a browser keeps for itself in a window
 * (Alt+Tab, the Windows key, Esc, Ctrl+W): where the browser knows how to hand them over
 * they go to the user's machine while the technician controls.
 */
import { useCallback, useEffect, useState } from "react";

/** Keyboard Lock (WICG): only Chromium has it. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

/** Whether the page has the whole screen, and how it takes or leaves it. */
export interface FullScreen {
  readonly full: boolean;
  /** Undefined where the browser has no full screen. */
  readonly toggle: (() => void) | undefined;
}

/** `steering`: the keys belong to the user's machine. */
export function useFullScreen(steering: boolean): FullScreen {
  const [full, setFull] = useState(() => document.fullscreenElement !== null);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);
  useEffect(() => {
    const keyboard = (navigator as { keyboard?: KeyboardLock }).keyboard;
    if (!full || !steering || keyboard === undefined) {
      return;
    }
    // Refused (by the browser or its owner) it is as it was: the menu has those keys.
    keyboard.lock().catch(() => undefined);
    return () => keyboard.unlock();
  }, [full, steering]);
  // The page goes with its session: what comes after does not need the whole screen.
  useEffect(() => () => void (document.fullscreenElement !== null && document.exitFullscreen().catch(() => undefined)), []);
  const toggle = useCallback(() => {
    const done = document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    // The browser may refuse; then nothing changed, and nothing is to be said.
    done.catch(() => undefined);
  }, []);
  return { full, toggle: document.fullscreenEnabled ? toggle : undefined };
}
