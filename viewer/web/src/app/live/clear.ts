/**
 * Where the toolbar and the banners lie over the picture. The user's own bar is at the top
 * of what is shown, and nothing of ours may cover it: there they see, and the technician
 * with them, what is allowed. Pure.
 */

/** The picture on the page: its top in CSS pixels, how large a pixel of it is there, and how many it is high. */
export interface Placed {
  readonly top: number;
  readonly scale: number;
  readonly height: number;
}

/** The bar on the user's screen, in its logical pixels. */
const USERS_BAR = 44;

/** A screen this high has two pixels for a logical one, as far as one can tell from here. */
const DENSE = 1_600;

/** Round what lies over the picture, in CSS pixels (live.module.css). */
const GAP = 12;

/** Between the toolbar and the banners (live.module.css). */
const APART = 10;

/** How far from the top of the page a toolbar so high begins: above the picture where there is room, else below the user's bar. */
export function clearOf(placed: Placed | null, high: number): number {
  return startOf(placed, GAP, high);
}

/** How far from the top of the page banners so high begin, below a toolbar (0 high: there is none) and off the user's bar. */
export function bannersAt(placed: Placed | null, toolbar: { readonly top: number; readonly high: number }, high: number): number {
  return startOf(placed, toolbar.top + (toolbar.high === 0 ? 0 : toolbar.high + APART), high);
}

/** Where something so high begins that would begin at `from`. */
function startOf(placed: Placed | null, from: number, high: number): number {
  if (placed === null || from + high + GAP <= placed.top) {
    return from;
  }
  const bar = USERS_BAR * (placed.height >= DENSE ? 2 : 1) * placed.scale;
  return Math.max(from, Math.round(placed.top + bar + GAP));
}
