/** How high an element of the page is now. */
import { type RefObject, useLayoutEffect, useState } from "react";

/** The height in CSS pixels, borders and all; `before` it is measured. */
export function useHeight(of: RefObject<HTMLElement | null>, before: number): number {
  const [height, setHeight] = useState(before);
  useLayoutEffect(() => {
    const element = of.current;
    if (element === null) {
      return;
    }
    const watch = new ResizeObserver(() => setHeight(element.offsetHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, [of]);
  return height;
}
