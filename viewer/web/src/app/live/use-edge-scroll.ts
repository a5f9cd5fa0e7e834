/**
 * A picture larger than the window moves along when the pointer comes near an edge: the
 * wheel belongs to the user's machine while the technician controls, and bars to drag
 * would take the place of the picture.
 */
import { type RefObject, useEffect } from "react";

/** How near to an edge, in CSS pixels. */
const REACH = 40;

/** CSS pixels a frame at the very edge: the width of a screen in about two seconds. */
const FASTEST = 16;

/** How fast to move along one side of the room, in CSS pixels a frame; 0 away from its ends. */
export function edgeSpeed(at: number, length: number): number {
  const near = Math.min(REACH, length / 4);
  if (at < 0 || at > length || near <= 0) {
    return 0;
  }
  const into = at < near ? at - near : at > length - near ? at - (length - near) : 0;
  return Math.round((into / near) * FASTEST);
}

export function useEdgeScroll(room: RefObject<HTMLElement | null>, active: boolean): void {
  useEffect(() => {
    const element = room.current;
    if (element === null || !active) {
      return;
    }
    const stop = new AbortController();
    let speed = { x: 0, y: 0 };
    let frame = 0;
    const move = () => {
      frame = 0;
      if (speed.x !== 0 || speed.y !== 0) {
        element.scrollBy(speed.x, speed.y);
        frame = requestAnimationFrame(move);
      }
    };
    element.addEventListener("pointermove", (event) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      speed = { x: edgeSpeed(event.clientX - left, width), y: edgeSpeed(event.clientY - top, height) };
      frame ||= requestAnimationFrame(move);
    }, { signal: stop.signal });
    element.addEventListener("pointerleave", () => (speed = { x: 0, y: 0 }), { signal: stop.signal });
    return () => {
      cancelAnimationFrame(frame);
      stop.abort();
    };
  }, [room, active]);
}
