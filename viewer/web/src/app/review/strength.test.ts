import { expect, test } from "vitest";
import { strengthOf } from "./strength";

test.each([
  ["", 0],
  ["short", 0],
  ["aaaaaaaaaaaaaaaa", 1],
  ["abcdefghijklmnop", 1],
  ["123456789012", 1],
  ["passwordpassword", 1],
  ["correct horse battery staple", 3],
  ["Lampe-Regen-Kutsche-94", 3],
])("%j has level %i", (passphrase, level) => {
  expect(strengthOf(passphrase).level).toBe(level);
});

test("what is missing is said", () => {
  expect(strengthOf("elevenchars").text).toBe("1 more character.");
});
