import { expect, test } from "vitest";
import { bannersAt, clearOf } from "./clear";

test("the toolbar lies below the user's bar, or above the picture where there is room", () => {
  for (const [name, placed, want] of [
    ["no picture yet", null, 12],
    ["pixel by pixel at the top", { top: 0, scale: 1, height: 1080 }, 56],
    ["made smaller", { top: 0, scale: 0.5, height: 1080 }, 34],
    ["a dense screen", { top: 0, scale: 0.5, height: 2160 }, 56],
    ["a little room above", { top: 40, scale: 1, height: 1080 }, 96],
    ["room above", { top: 80, scale: 1, height: 1080 }, 12],
  ] as const) {
    expect(clearOf(placed, 52), name).toBe(want);
  }
  expect(clearOf({ top: 80, scale: 0.5, height: 1080 }, 92), "two rows of tools where there is room for one").toBe(114);
});

test("banners lie below the toolbar, in its place while it is hidden, and never over the user's bar", () => {
  const low = { top: 80, scale: 1, height: 1080 };
  for (const [name, placed, toolbar, high, want] of [
    ["no picture yet", null, { top: 12, high: 52 }, 72, 74],
    ["below a toolbar below the user's bar", { top: 0, scale: 1, height: 1080 }, { top: 56, high: 52 }, 72, 118],
    ["in its place", { top: 0, scale: 1, height: 1080 }, { top: 56, high: 0 }, 72, 56],
    ["both above the picture", { top: 200, scale: 1, height: 1080 }, { top: 12, high: 52 }, 72, 74],
    ["too many for the room above", { top: 200, scale: 1, height: 1080 }, { top: 12, high: 52 }, 152, 256],
    ["the toolbar above the picture, no room for more", low, { top: 12, high: 52 }, 72, 136],
    ["one line in the place of the toolbar", low, { top: 12, high: 0 }, 48, 12],
    ["two lines, which are too many", low, { top: 12, high: 0 }, 72, 136],
  ] as const) {
    expect(bannersAt(placed, toolbar, high), name).toBe(want);
  }
});
