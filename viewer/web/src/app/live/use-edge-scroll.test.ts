import { expect, test } from "vitest";
import { edgeSpeed } from "./use-edge-scroll";

test.each([
  ["the middle", 600, 0],
  ["just inside", 40, 0],
  ["half way to the near edge", 20, -8],
  ["the near edge", 0, -16],
  ["the far edge", 1200, 16],
  ["outside", -1, 0],
  ["outside on the far side", 1201, 0],
])("at %s", (_name, at, want) => {
  expect(edgeSpeed(at, 1200)).toBe(want);
});

test("a room without size does not move", () => {
  expect(edgeSpeed(0, 0)).toBe(0);
});
