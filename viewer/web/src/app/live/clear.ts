/**
 * Where the toolbar lies over the picture. The user's own bar is at the top of what is
 * shown, and nothing of ours may cover it: there they see, and the technician with them,
 * what is allowed. Pure.
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

/** The toolbar with the gaps round it, in CSS pixels. */
const OURS = 76;

const GAP = 12;

/** How far from the top of the page the toolbar begins: above the picture where there is room, else below the user's bar. */
export function clearOf(placed: Placed | null): number {
  if (placed === null || placed.top >= OURS) {
    return GAP;
  }
  const bar = USERS_BAR * (placed.height >= DENSE ? 2 : 1) * placed.scale;
  return Math.round(placed.top + bar + GAP);
}
