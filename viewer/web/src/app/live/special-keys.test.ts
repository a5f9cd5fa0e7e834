import { expect, test } from "vitest";
import { SPECIAL_KEYS, strokesOf } from "./special-keys";

test.each(SPECIAL_KEYS)("$name lets go of everything it pressed, last first", (keys) => {
  const strokes = strokesOf(keys).flatMap((event) => (event.kind === "key" ? [event] : []));
  const down = strokes.filter((stroke) => stroke.down).map(({ code }) => code);
  const up = strokes.filter((stroke) => !stroke.down).map(({ code }) => code);
  expect(down).toEqual(keys.keys.map(([code]) => code));
  expect(up).toEqual(down.toReversed());
});
