/**
 * When the toolbar is seen: at the start, at its edge of the window, after its key,
 * and for as long as it is used; it hides after three seconds of stillness.
 */
import { type RefObject, useCallback, useEffect, useState } from "react";
import type { Edge } from "./use-edge";

/** Long enough to read the bar, short enough not to cover what one works on. */
const STILL_MS = 3_000;

/** How near to its edge brings the bar back, in CSS pixels. */
const NEAR = 6;

export function useReveal(bar: RefObject<HTMLElement | null>, held: boolean, edge: Edge): { shown: boolean; reveal: () => void } {
  const [shown, setShown] = useState(true);
  const [stirred, setStirred] = useState(0);
  const reveal = useCallback(() => {
    setShown(true);
    setStirred((times) => times + 1);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    const inBar = ({ target }: Event) => target instanceof Node && bar.current?.contains(target) === true;
    const moved = (event: PointerEvent) => {
      const away = edge === "top" ? event.clientY : window.innerHeight - 1 - event.clientY;
      if (away <= NEAR || inBar(event)) {
        reveal();
      }
    };
    const focused = (event: FocusEvent) => {
      if (inBar(event)) {
        reveal();
      }
    };
    window.addEventListener("pointermove", moved, { capture: true, signal: stop.signal });
    window.addEventListener("focusin", focused, { capture: true, signal: stop.signal });
    return () => stop.abort();
  }, [bar, edge, reveal]);
  useEffect(() => {
    if (held) {
      setShown(true);
    }
    if (held || !shown) {
      return;
    }
    const timer = window.setInterval(() => {
      const used = bar.current?.querySelector(":hover, :focus-visible, [aria-expanded='true']") ?? null;
      if (used === null) {
        setShown(false);
      }
    }, STILL_MS);
    return () => window.clearInterval(timer);
  }, [bar, held, shown, stirred]);
  return { shown, reveal };
}
