import { expect, test } from "vitest";
import { initials, shown } from "./names";

// THREAT 11
test("text of others is one line, without what is not seen", () => {
  expect(shown("Yes.\nIl clignote\r\n\tvraiment. ")).toBe("Yes. Il clignote vraiment.");
  expect(shown("gro\u202eevil\u2066\u200b\u0000")).toBe("groevil");
});

test("a name has one or two letters", () => {
  expect(initials("Ana María Pérez")).toBe("AP");
  expect(initials("\u202eana")).toBe("A");
  expect(initials("…")).toBe("?");
});
