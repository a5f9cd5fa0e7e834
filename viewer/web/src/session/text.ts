/** Text that came from the other end, made fit to be shown on one line (THREATS 11). */

const MAX_LINE = 300;

// Control characters, marks that turn the writing direction, and invisible ones: they
// can make a line read as something else than it is.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** At most so many characters of a text, none of them cut in two. */
export function first(most: number, text: string): string {
  return [...text].slice(0, most).join("");
}

/** One line of at most 300 characters without anything hidden. */
export function cleanLine(text: string): string {
  return first(MAX_LINE, text.replace(HIDDEN, "")).trim();
}

/** A few lines of their own, each without anything hidden; empty ones stay single. */
export function cleanLines(text: string, most: number, lines: number): string {
  const kept: string[] = [];
  for (const line of text.replace(/\r\n?|[\u2028\u2029]/gu, "\n").split("\n")) {
    const clean = line.replace(/\t/gu, " ").replace(HIDDEN, "").replace(/\s+/gu, " ").trim();
    if (clean !== "" || (kept.length > 0 && kept.at(-1) !== "")) {
      kept.push(clean);
    }
  }
  return first(most, kept.slice(0, lines).join("\n")).trim();
}

/**
 * A text as a clipboard carries it from one machine to another: exact, but for control
 * characters other than tab and line ends, which a terminal would act on, and for
 * direction overrides, which make text read as what it is not (THREATS 11, 20).
 */
export function plainText(text: string): string {
  return text.replace(/\r\n?/gu, "\n").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, "");
}
