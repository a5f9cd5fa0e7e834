import { expect, test } from "vitest";
import { ownScript, registerTrustedPolicy } from "./trusted";

const page = { origin: "https://help.example", href: "https://help.example/session" };

test("a worker of our own build may run", () => {
  expect(ownScript("/assets/decode-1a2b.js", page)).toBe("https://help.example/assets/decode-1a2b.js");
});

// THREAT 11
test.each(["https://evil.example/assets/a.js", "//evil.example/assets/a.js", "data:text/javascript,alert(1)", "javascript:alert(1)", "blob:https://help.example/0", "/api/v1/recordings/x", "/assets/../api/x.js"])(
  "%s may not",
  (address) => {
    expect(() => ownScript(address, page)).toThrow();
  },
);

// THREAT 11
test("the policy has a rule for scripts' addresses and none for markup or script text", () => {
  let rules: object = {};
  registerTrustedPolicy({ trustedTypes: { createPolicy: (_name, given) => (rules = given) }, location: page });
  expect(Object.keys(rules)).toEqual(["createScriptURL"]);
});
