/**
 * The canvases that the picture is drawn on: strips as wide as the picture, one below the
 * other. Pure.
 *
 * A browser without a GPU hands a canvas on as a whole when any of it changed, and each
 * canvas costs something of its own: docs/performance.md, "The page", has what was measured.
 */
import type { Size } from "./picture";

/** The most pixels of one strip: 1920 by 540 and a little. */
const STRIP_PIXELS = 1_100_000;

export interface Strip {
  readonly top: number;
  readonly height: number;
}

/** How a picture is divided; all strips but the last have the same height. */
export function stripsOf({ width, height }: Size): Strip[] {
  const count = Math.ceil((width * height) / STRIP_PIXELS);
  const each = Math.ceil(height / count);
  const strips: Strip[] = [];
  for (let top = 0; top < height; top += each) {
    strips.push({ top, height: Math.min(each, height - top) });
  }
  return strips;
}

/**
 * Where a strip lies in a picture that is shown `shown` high, in CSS pixels: its borders are
 * put onto whole device pixels, or a seam would be seen.
 */
export function laidStrip(strip: Strip, picture: Size, shown: number, pixelRatio: number): { top: number; height: number } {
  const at = (row: number): number => Math.round((row / picture.height) * shown * pixelRatio) / pixelRatio;
  const top = at(strip.top);
  return { top, height: at(strip.top + strip.height) - top };
}
