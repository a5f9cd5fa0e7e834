/**
 * Text that other people wrote, made fit to be shown beside our own words (THREATS 11), by
 * the same rules as in protocol/text.go; both are tested with protocol/testdata/text.json.
 * Markup needs nothing here: everything is shown as a text node. Pure.
 */

// Letters, marks, figures, punctuation and signs. What is not among them has no shape of its
// own: control characters, those that turn the writing direction, invisible, private and
// unassigned ones.
const SEEN = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;
const SPACE = /\p{White_Space}/u;
const MARK = /\p{M}/u;
const LETTER_OR_MARK = /[\p{L}\p{M}]/u;

// Seen by their kind, and yet not: the Hangul fillers, the braille blank, what stands for
// something broken. A variation selector is a place to hide bytes.
const BLANK = /[\u115f\u1160\u3164\uffa0\u2800\ufffd]|\p{Variation_Selector}/u;

// The zero-width non-joiner and joiner: Persian and Indic scripts need them between letters.
const JOINER = /[\u200c\u200d]/u;

// How many marks may stand on one letter; towers of them cover the lines above.
const MAX_MARKS = 4;

/** At most so many characters of a text, none of them cut in two. */
export function first(most: number, text: string): string {
  return [...text].slice(0, most).join("");
}

/**
 * One line of at most so many characters, without anything that is not seen or makes a line
 * read as something else than it is; white space is single spaces.
 */
export function cleanLine(text: string, most = Number.POSITIVE_INFINITY): string {
  const kept: string[] = [];
  let marks = 0;
  let last = "";
  let spaced = false;
  for (const character of text) {
    if (SPACE.test(character)) {
      spaced = kept.length > 0;
      continue;
    }
    if (!seen(character, last, spaced)) {
      continue;
    }
    marks = MARK.test(character) ? marks + 1 : JOINER.test(character) ? marks : 0;
    if (marks > MAX_MARKS) {
      continue;
    }
    if (kept.length + (spaced ? 1 : 0) >= most) {
      break;
    }
    kept.push(...(spaced ? [" "] : []), character);
    spaced = false;
    last = character;
  }
  return kept.join("").replace(/[\u200c\u200d]+$/u, "");
}

/** Whether a character is something that one sees, or a joiner or mark where it belongs: on a letter, right before it. */
function seen(character: string, last: string, spaced: boolean): boolean {
  if (JOINER.test(character)) {
    return !spaced && LETTER_OR_MARK.test(last);
  }
  if (BLANK.test(character)) {
    return false;
  }
  return MARK.test(character) ? last !== "" && !spaced : SEEN.test(character);
}

/** A few lines of their own, each of them clean; empty ones stay single. */
export function cleanLines(text: string, most: number, lines: number): string {
  const kept: string[] = [];
  let left = most;
  for (const line of text.replace(/\r\n?|[\u2028\u2029]/gu, "\n").split("\n")) {
    const clean = cleanLine(line, left);
    if (clean === "" && (kept.at(-1) ?? "") === "") {
      continue;
    }
    kept.push(clean);
    left -= [...clean].length + 1;
    if (left <= 0 || kept.length === lines) {
      break;
    }
  }
  return kept.join("\n").replace(/\n+$/u, "");
}

/**
 * A text as a clipboard carries it from one machine to another: exact, but for control
 * characters other than tab and line ends, which a terminal would act on, and for
 * direction overrides, which make text read as what it is not (THREATS 11, 20).
 */
export function plainText(text: string): string {
  return text.replace(/\r\n?/gu, "\n").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, "");
}
