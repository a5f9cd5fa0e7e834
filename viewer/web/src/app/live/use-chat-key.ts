/** The key that brings the chat, from wherever one is on the live page. */
import { useEffect, useRef } from "react";

/** The combination that opens the chat, and goes back to the picture. With AltGr it types nothing anywhere. */
function isChatKey(event: { code: string; ctrlKey: boolean; altKey: boolean }): boolean {
  return event.code === "Enter" && event.ctrlKey && event.altKey;
}

/** Ctrl + Alt + Enter, wherever the focus is. What it lets go on the other side the picture does when it loses the focus. */
export function useChatKey(press: () => void, on: boolean): void {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    if (!on) {
      return;
    }
    const stop = new AbortController();
    const key = (event: KeyboardEvent) => {
      if (isChatKey(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        if (event.type === "keydown" && !event.repeat) {
          latest.current();
        }
      }
    };
    window.addEventListener("keydown", key, { capture: true, signal: stop.signal });
    window.addEventListener("keyup", key, { capture: true, signal: stop.signal });
    return () => stop.abort();
  }, [on]);
}
