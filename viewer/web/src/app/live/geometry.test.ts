import { expect, test } from "vitest";
import { laidOut, pixelAt } from "./geometry";

const picture = { width: 1920, height: 1080 };

test.each([
  ["a wide window", { width: 2000, height: 540 }, { width: 960, height: 540 }],
  ["a narrow window", { width: 960, height: 2000 }, { width: 960, height: 540 }],
  ["a window larger than the picture", { width: 3840, height: 2160 }, { width: 3840, height: 2160 }],
])("the picture fits %s", (_name, room, want) => {
  expect(laidOut(picture, room, "fit", 1)).toEqual(want);
});

test("actual size is one pixel to one of the screen's", () => {
  expect(laidOut(picture, { width: 10, height: 10 }, "actual", 2)).toEqual({ width: 960, height: 540 });
});

test("a room without size still gives a picture", () => {
  expect(laidOut(picture, { width: 0, height: 0 }, "fit", 1)).toEqual({ width: 1920, height: 1080 });
});

test("points become pixels and stay inside", () => {
  const box = { left: 100, top: 50, width: 960, height: 540 };
  expect(pixelAt({ x: 100, y: 50 }, box, picture)).toEqual({ x: 0, y: 0 });
  expect(pixelAt({ x: 580, y: 320 }, box, picture)).toEqual({ x: 960, y: 540 });
  expect(pixelAt({ x: 5000, y: 5000 }, box, picture)).toEqual({ x: 1919, y: 1079 });
  expect(pixelAt({ x: -5, y: -5 }, box, picture)).toEqual({ x: 0, y: 0 });
});
