import { describe, expect, it } from "vitest";
import type { InputEvent } from "./event";
import { POINTER_AT_REST, pointerStep, type PointerStep } from "./pointer";

function run(...steps: PointerStep[]): InputEvent[] {
  let state = POINTER_AT_REST;
  return steps.flatMap((step) => {
    const result = pointerStep(state, step);
    state = result.state;
    return result.send;
  });
}

const move = (x: number, y: number): PointerStep => ({ kind: "move", x, y });
const down = (button: number, x = 5, y = 6): PointerStep => ({ kind: "down", button, x, y });
const up = (button: number, x = 5, y = 6): PointerStep => ({ kind: "up", button, x, y });
const wheel = (deltaX: number, deltaY: number, deltaMode = 0): PointerStep => ({ kind: "wheel", deltaX, deltaY, deltaMode, x: 1, y: 2 });

describe("motion", () => {
  it("is sent once for each frame, the newest", () => {
    expect(run(move(1, 1), move(2, 2), move(3, 3), { kind: "frame" }, { kind: "frame" })).toEqual([{ kind: "move", x: 3, y: 3 }]);
  });

  it("goes before a press, which happens where it was meant", () => {
    expect(run(move(4, 6), down(0), move(7, 7), up(0, 8, 8), { kind: "frame" })).toEqual([
      { kind: "move", x: 4, y: 6 },
      { kind: "button", x: 5, y: 6, button: 0, down: true },
      { kind: "move", x: 7, y: 7 },
      { kind: "button", x: 8, y: 8, button: 0, down: false },
    ]);
  });
});

describe("buttons", () => {
  it("are told in order, every one of them", () => {
    const events = run(down(0), down(2), up(0), up(2), down(1), up(1), down(3), up(3), down(4), up(4));
    expect(events.map((e) => e.kind === "button" && [e.button, e.down])).toEqual([
      [0, true], [2, true], [0, false], [2, false], [1, true], [1, false], [3, true], [3, false], [4, true], [4, false],
    ]);
  });

  it("pressed twice, released without a press or unknown are nothing", () => {
    expect(run(up(0), down(5), down(-1))).toEqual([]);
    expect(run(down(0), down(0))).toHaveLength(1);
  });

  it("are let go when the page loses the pointer, once", () => {
    expect(run(down(0), move(9, 9), { kind: "blur" }, { kind: "blur" }, up(0), { kind: "frame" }).slice(1)).toEqual([{ kind: "release-all" }]);
  });
});

describe("the wheel", () => {
  it.each([
    ["a notch in pixels", [wheel(0, 100)], [[0, 1]]],
    ["a notch of 120 pixels, the rest kept", [wheel(0, 120), wheel(0, 80)], [[0, 1], [0, 1]]],
    ["lines", [wheel(0, -3, 1)], [[0, -1]]],
    ["pages", [wheel(0, 1, 2)], [[0, 1]]],
    ["a touchpad in small parts", Array.from({ length: 25 }, () => wheel(0, 10)), [[0, 1], [0, 1]]],
    ["both directions at once", [wheel(200, -100)], [[2, -1]]],
    ["turning back forgets the part before", [wheel(0, 90), wheel(0, -20), wheel(0, -80)], [[0, -1]]],
    ["numbers that are none", [wheel(Number.NaN, Number.POSITIVE_INFINITY), wheel(0, 100)], [[0, 1]]],
  ])("reads %s", (_, steps, want) => {
    expect(run(...steps).map((e) => e.kind === "wheel" && [e.dx, e.dy])).toEqual(want);
  });
});
