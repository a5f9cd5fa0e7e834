import { expect, test } from "vitest";
import { clearOf } from "./clear";

test("the toolbar lies below the user's bar, or above the picture where there is room", () => {
  for (const [name, placed, want] of [
    ["no picture yet", null, 12],
    ["pixel by pixel at the top", { top: 0, scale: 1, height: 1080 }, 56],
    ["made smaller", { top: 0, scale: 0.5, height: 1080 }, 34],
    ["a dense screen", { top: 0, scale: 0.5, height: 2160 }, 56],
    ["a little room above", { top: 40, scale: 1, height: 1080 }, 96],
    ["room above", { top: 80, scale: 1, height: 1080 }, 12],
  ] as const) {
    expect(clearOf(placed), name).toBe(want);
  }
});
