/** Text that came from the other end, made fit to be shown on one line (THREATS 11). */

const MAX_LINE = 300;

// Control characters, marks that turn the writing direction, and invisible ones: they
// can make a line read as something else than it is.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** One line of at most 300 characters without anything hidden. */
export function cleanLine(text: string): string {
  return [...text.replace(HIDDEN, "")].slice(0, MAX_LINE).join("").trim();
}
