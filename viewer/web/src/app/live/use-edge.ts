/** At which edge of the window the toolbar stands: the technician's choice, which their browser remembers. */
import { useCallback, useState } from "react";

export type Edge = "top" | "bottom";

const KEY = "beside-bar-edge";

/** The choice, and how to change it. Where a browser keeps nothing the choice lasts as long as the page. */
export function useEdge(): [Edge, (edge: Edge) => void] {
  const [edge, setEdge] = useState<Edge>(() => (read() === "bottom" ? "bottom" : "top"));
  const move = useCallback((to: Edge) => {
    setEdge(to);
    try {
      window.localStorage.setItem(KEY, to);
    } catch {
      // Nothing is lost but the memory of it.
    }
  }, []);
  return [edge, move];
}

function read(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
