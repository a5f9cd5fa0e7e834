import { expect, test } from "vitest";
import { size } from "./size";

test.each([
  [0, "0 B"],
  [812, "812 B"],
  [1_000, "1.0 kB"],
  [3_000_000, "3.0 MB"],
  [12_400_000n, "12 MB"],
  [1_230_000_000, "1.2 GB"],
  [5_000_000_000_000n, "5000 GB"],
] as const)("%s bytes are %s", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
