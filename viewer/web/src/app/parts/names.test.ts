import { expect, test } from "vitest";
import { initials } from "./names";

test("a name has one or two letters", () => {
  expect(initials("Ana María Pérez")).toBe("AP");
  expect(initials("\u202eana")).toBe("A");
  expect(initials("…")).toBe("?");
});
