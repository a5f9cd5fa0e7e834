import { describe, expect, it } from "vitest";
import { checkDigit, groupCode, groupCodeWithCaret, parseCode } from "./code";

// The example of Damm's thesis: 572 has the check digit 4.
const PAYLOAD = "12345678901";
const WHOLE = PAYLOAD + checkDigit(PAYLOAD);

describe("check digit", () => {
  it("is Damm's", () => {
    expect(checkDigit("572")).toBe("4");
    expect(checkDigit("5724")).toBe("0");
  });

  it("finds every single wrong digit and every swap of neighbours", () => {
    let tried = 0;
    for (let i = 0; i < WHOLE.length; i++) {
      for (const digit of "0123456789") {
        if (digit !== WHOLE[i]) {
          const parsed = parseCode(WHOLE.slice(0, i) + digit + WHOLE.slice(i + 1));
          expect(parsed).toEqual({ ok: false, problem: "mistyped" });
          tried++;
        }
      }
      const swapped = WHOLE.slice(0, i) + (WHOLE[i + 1] ?? "") + (WHOLE[i] ?? "") + WHOLE.slice(i + 2);
      if (swapped !== WHOLE) {
        expect(parseCode(swapped)).toEqual({ ok: false, problem: "mistyped" });
      }
    }
    expect(tried).toBe(12 * 9);
  });
});

describe("parseCode", () => {
  const code = { locator: "12345", secret: "678901" };
  it.each([
    ["bare", WHOLE],
    ["grouped", groupCode(WHOLE)],
    ["with dots, slashes and dashes", `123.456/789–01${WHOLE.slice(11)}`],
    ["with spaces that do not break", groupCode(WHOLE).replaceAll(" ", "\u00a0")],
    ["pasted with line breaks and invisible marks", `\u200e${WHOLE}\r\n\ufeff`],
    ["full-width", [...WHOLE].map((d) => String.fromCodePoint(0xff10 + Number(d))).join("")],
    ["Arabic-Indic", [...WHOLE].map((d) => String.fromCodePoint(0x0660 + Number(d))).join("")],
  ])("reads a code %s", (_, typed) => {
    expect(parseCode(typed)).toEqual({ ok: true, code });
  });

  it.each([
    ["nothing", "", "too-short"],
    ["eleven digits", PAYLOAD, "too-short"],
    ["thirteen digits", WHOLE + "0", "too-long"],
    ["letters", "12345678901O", "not-digits"],
    ["a novel", "1 ".repeat(100_000), "too-long"],
  ] as const)("refuses %s", (_, typed, problem) => {
    expect(parseCode(typed)).toEqual({ ok: false, problem });
  });
});

describe("grouping while typing", () => {
  it.each([
    ["", ""],
    ["1", "1"],
    ["123", "123"],
    ["1234", "123 4"],
    ["123 4567", "123 456 7"],
    ["1a2b3c4", "123 4"],
    ["1234567890123456", "123 456 789 012"],
  ])("shows %j as %j", (typed, shown) => {
    expect(groupCode(typed)).toBe(shown);
  });

  it("keeps the caret behind the digit that was typed", () => {
    expect(groupCodeWithCaret("1234", 4)).toEqual({ text: "123 4", caret: 5 });
    expect(groupCodeWithCaret("1293 4", 3)).toEqual({ text: "129 34", caret: 3 });
    expect(groupCodeWithCaret("123 ", 3)).toEqual({ text: "123", caret: 3 });
  });
});
