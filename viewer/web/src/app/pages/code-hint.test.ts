import { expect, test } from "vitest";
import { checkDigit } from "../../session/code";
import { codeHint } from "./code-hint";

const eleven = "12345678901";
const right = eleven + checkDigit(eleven);
const wrong = eleven + String((Number(checkDigit(eleven)) + 1) % 10);

test.each([
  ["", "open", "Twelve digits"],
  ["123 4", "open", "8 more digits."],
  [eleven, "open", "One more digit."],
  [right, "right", "fits"],
  [wrong, "mistyped", "wrong"],
] as const)("%j says %s", (typed, state, text) => {
  const hint = codeHint(typed);
  expect(hint.state).toBe(state);
  expect(hint.text).toContain(text);
});
