/**
 * Which panels lie over the picture. Where there is room for all of them any may; in a small
 * window, or at a large zoom, the one that was opened last takes the place of the others.
 */
import { useCallback, useEffect, useState } from "react";

type PanelName = "files" | "chat" | "stats";
export type Panels = Readonly<Record<PanelName, boolean>>;

const NONE: Panels = { files: false, chat: false, stats: false };

/** Two panels and the gaps round them, in CSS pixels. */
const ROOM = "(min-width: 800px)";

/** The panels after one was opened or closed. Pure. */
export function changed(before: Panels, panel: PanelName, on: boolean, room: boolean): Panels {
  return on && !room ? { ...NONE, [panel]: true } : { ...before, [panel]: on };
}

/** The panels after one opened by itself: it takes nobody's place, least of all that of a half-written message. Pure. */
export function offered(before: Panels, panel: PanelName, room: boolean): Panels {
  return room || Object.values(before).every((open) => !open) ? { ...before, [panel]: true } : before;
}

/** The panels that stay where there is no room any more: the first of what is written to, moved and looked at. Pure. */
export function squeezed(before: Panels): Panels {
  const first = (["chat", "files", "stats"] as const).find((panel) => before[panel]);
  return first === undefined ? NONE : { ...NONE, [first]: true };
}

/** `show` does what the technician wants; `offer` opens a panel where it is in nobody's way. */
export interface PanelActs {
  readonly show: (panel: PanelName, on: boolean) => void;
  readonly offer: (panel: PanelName) => void;
}

export function usePanels(): Panels & PanelActs {
  const [panels, setPanels] = useState(NONE);
  const show = useCallback((panel: PanelName, on: boolean) => {
    setPanels((before) => changed(before, panel, on, window.matchMedia(ROOM).matches));
  }, []);
  const offer = useCallback((panel: PanelName) => {
    setPanels((before) => offered(before, panel, window.matchMedia(ROOM).matches));
  }, []);
  useEffect(() => {
    const room = window.matchMedia(ROOM);
    const squeeze = () => {
      if (!room.matches) {
        setPanels(squeezed);
      }
    };
    room.addEventListener("change", squeeze);
    return () => room.removeEventListener("change", squeeze);
  }, []);
  return { ...panels, show, offer };
}
