/** How hard a passphrase is to guess, roughly, and what would help. Pure. */
import { PASSPHRASE_MIN } from "../../recording/reviewkey";

export interface Strength {
  /** 0 too short, 1 weak, 2 fair, 3 strong. */
  readonly level: 0 | 1 | 2 | 3;
  readonly text: string;
}

/** Bits below which a passphrase counts as weak, and from which it is strong. */
const FAIR_BITS = 48;
const STRONG_BITS = 70;

export function strengthOf(passphrase: string): Strength {
  const characters = [...passphrase];
  if (characters.length < PASSPHRASE_MIN) {
    const missing = PASSPHRASE_MIN - characters.length;
    return { level: 0, text: characters.length === 0 ? `At least ${PASSPHRASE_MIN} characters.` : `${missing} more ${missing === 1 ? "character" : "characters"}.` };
  }
  const bits = bitsOf(characters);
  if (bits < FAIR_BITS) {
    return { level: 1, text: "Easy to guess. Add words that have nothing to do with one another." };
  }
  return bits < STRONG_BITS ? { level: 2, text: "Fair. One more word makes it strong." } : { level: 3, text: "Strong." };
}

/**
 * Each character counts for the alphabets in use, but for little when it repeats or
 * follows the one before it ("aaa", "abc", "321").
 */
function bitsOf(characters: readonly string[]): number {
  const each = Math.log2(alphabetOf(characters.join("")));
  let bits = 0;
  characters.forEach((character, index) => {
    const before = characters[index - 1];
    const step = before === undefined ? 2 : Math.abs((character.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0));
    bits += step <= 1 ? 0.5 : each;
  });
  return bits * Math.min(1, (new Set(characters).size + 2) / Math.min(characters.length, 14));
}

function alphabetOf(text: string): number {
  const size = (pattern: RegExp, count: number) => (pattern.test(text) ? count : 0);
  // Words are likelier than random letters: a letter counts for ten, not for twenty-six.
  return Math.max(2, size(/\p{Ll}/u, 10) + size(/\p{Lu}/u, 8) + size(/\p{N}/u, 8) + size(/[^\p{L}\p{N}]/u, 8));
}
