/**
 * The session code a person reads out: twelve digits, of which five are the locator
 * (the relay's), six the secret (the agent's) and one a check digit. The algorithm
 * is that of protocol/code.go, and both are tested with protocol/testdata/code.json.
 */

/** A code whose check digit was right. */
export interface SessionCode {
  /** Five digits; the relay finds the agent by them. */
  readonly locator: string;
  /** Six digits that never leave this page. */
  readonly secret: string;
}

/** What is wrong with what was typed. */
export type CodeProblem =
  /** Something that is neither a digit nor a separator. */
  | "not-digits"
  | "too-short"
  | "too-long"
  /** The check digit does not fit: at least one digit is mistyped. */
  | "mistyped";

export type ParsedCode =
  | { readonly ok: true; readonly code: SessionCode }
  | { readonly ok: false; readonly problem: CodeProblem };

const LENGTH = 12;
const LOCATOR = 5;

// Far more than 12 digits with any separators; it bounds what a pasted novel costs.
const MAX_TYPED = 96;

// What keyboards, chat programs and word processors put between digits: spaces of all
// kinds, hyphens, dashes and minus signs, and invisible marks that come with a paste.
const SEPARATORS = /[ \t\r\n\-._/\u00a0\u2007\u2009\u202f\u3000\u00ad\u2010-\u2014\u2212\uff0d\u200b\u200e\u200f\u2060\ufeff]/gu;

// Zeros of the digits that are read: ASCII, full-width, Arabic-Indic, Persian.
const ZEROS: readonly number[] = [0x30, 0xff10, 0x0660, 0x06f0];

// A totally anti-symmetric quasigroup of order 10 (Damm, 2004): it finds every single
// wrong digit and every swap of neighbours.
const DAMM: readonly string[] = [
  "0317598642",
  "7092154863",
  "4206871359",
  "1750983426",
  "6123045978",
  "3674209581",
  "5869720134",
  "8945362017",
  "9438617205",
  "2581436790",
];

/** The check digit for a row of digits. */
export function checkDigit(digits: string): string {
  let interim = 0;
  for (const digit of digits) {
    interim = Number(DAMM[interim]?.[Number(digit)]);
  }
  return String(interim);
}

/** Reads what a person typed or pasted, with or without spaces, dots or hyphens. */
export function parseCode(typed: string): ParsedCode {
  if (typed.length > MAX_TYPED) {
    return { ok: false, problem: "too-long" };
  }
  const digits = asciiDigits(typed.replace(SEPARATORS, ""));
  if (!/^[0-9]*$/.test(digits)) {
    return { ok: false, problem: "not-digits" };
  }
  if (digits.length !== LENGTH) {
    return { ok: false, problem: digits.length < LENGTH ? "too-short" : "too-long" };
  }
  if (checkDigit(digits.slice(0, LENGTH - 1)) !== digits.slice(LENGTH - 1)) {
    return { ok: false, problem: "mistyped" };
  }
  return { ok: true, code: { locator: digits.slice(0, LOCATOR), secret: digits.slice(LOCATOR, LENGTH - 1) } };
}

/**
 * Groups digits by three while they are typed: "1234567" becomes "123 456 7". What is
 * neither digit nor separator is left out; no more than twelve digits are kept.
 */
export function groupCode(typed: string): string {
  const digits = onlyDigits(typed).slice(0, LENGTH);
  return digits.replace(/(\d{3})(?=\d)/g, "$1 ");
}

/**
 * Groups what stands in a text field and says where its caret goes, so that a digit
 * can be put in or taken out in the middle.
 */
export function groupCodeWithCaret(typed: string, caret: number): { text: string; caret: number } {
  const before = onlyDigits(typed.slice(0, caret)).length;
  const text = groupCode(typed);
  let position = 0;
  let seen = 0;
  while (seen < before && position < text.length) {
    if (text[position] !== " ") {
      seen++;
    }
    position++;
  }
  return { text, caret: position };
}

function onlyDigits(typed: string): string {
  return asciiDigits(typed.slice(0, MAX_TYPED)).replace(/[^0-9]/g, "");
}

// Turns every digit that is known into an ASCII one and leaves the rest alone.
function asciiDigits(text: string): string {
  return text.replace(/[\uff10-\uff19\u0660-\u0669\u06f0-\u06f9]/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    const zero = ZEROS.find((z) => point >= z && point <= z + 9) ?? point;
    return String(point - zero);
  });
}
