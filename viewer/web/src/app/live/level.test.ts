import { expect, test } from "vitest";
import { loudnessOf } from "./level";

const tone = (peak: number) => Array.from({ length: 1024 }, (_, i) => peak * Math.sin(i / 5));

test("silence is nothing, a shout is all, and what is between rises with the voice", () => {
  expect(loudnessOf(tone(0))).toBe(0);
  expect(loudnessOf([])).toBe(0);
  expect(loudnessOf(tone(0.001))).toBe(0);
  expect(loudnessOf(tone(1))).toBe(1);
  const [soft = 0, normal = 0, loud = 0] = [0.01, 0.05, 0.2].map((peak) => loudnessOf(tone(peak)));
  expect(soft).toBeGreaterThan(0.1);
  expect(normal).toBeGreaterThan(soft + 0.2);
  expect(loud).toBeGreaterThan(normal + 0.2);
  expect(loud).toBeLessThan(1);
});
