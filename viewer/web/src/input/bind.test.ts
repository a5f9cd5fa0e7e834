import { beforeEach, describe, expect, it } from "vitest";
import { bindInput, type InputTarget } from "./bind";
import type { InputEvent } from "./event";

class FakeTarget extends EventTarget implements InputTarget {
  focused = 0;
  captured: number[] = [];

  focus(): void {
    this.focused++;
  }

  setPointerCapture(pointerId: number): void {
    this.captured.push(pointerId);
  }

  fire(type: string, fields: object = {}): Event {
    const event = Object.assign(new Event(type, { cancelable: true }), { getModifierState: () => false, isComposing: false }, fields);
    this.dispatchEvent(event);
    return event;
  }
}

let target: FakeTarget;
let page: EventTarget;
let sent: InputEvent[];
let frames: (() => void)[];
let control: boolean;
let stop: () => void;

beforeEach(() => {
  target = new FakeTarget();
  page = new EventTarget();
  sent = [];
  frames = [];
  control = true;
  stop = bindInput({
    target, page,
    frame: { request: (callback) => frames.push(callback), cancel: () => (frames = []) },
    pixel: ({ clientX, clientY }) => ({ x: 2 * clientX, y: 2 * clientY }),
    mayControl: () => control,
    keep: (event) => event.code === "Home" && event.ctrlKey,
    send: (event) => sent.push(event),
  });
});

describe("a bound element", () => {
  it("sends motion with the frame and presses at once", () => {
    target.fire("pointermove", { clientX: 1, clientY: 1 });
    target.fire("pointermove", { clientX: 2, clientY: 2 });
    expect(frames).toHaveLength(1);
    frames.shift()?.();
    target.fire("pointerdown", { pointerId: 5 });
    const press = target.fire("mousedown", { clientX: 3, clientY: 3, button: 0 });
    target.fire("mouseup", { clientX: 3, clientY: 3, button: 0 });
    expect(sent).toEqual([
      { kind: "move", x: 4, y: 4 },
      { kind: "button", x: 6, y: 6, button: 0, down: true },
      { kind: "button", x: 6, y: 6, button: 0, down: false },
    ]);
    expect(press.defaultPrevented).toBe(true);
    expect(target).toMatchObject({ focused: 1, captured: [5] });
  });

  it("keeps wheel, menu and keys from the browser, dead keys not", () => {
    const wheel = { clientX: 0, clientY: 0, deltaX: 0, deltaY: 100, deltaMode: 0 };
    expect(target.fire("wheel", wheel).defaultPrevented).toBe(true);
    expect(target.fire("contextmenu").defaultPrevented).toBe(true);
    expect(target.fire("keydown", { code: "Tab", key: "Tab" }).defaultPrevented).toBe(true);
    expect(target.fire("keydown", { code: "BracketLeft", key: "Dead" }).defaultPrevented).toBe(false);
    target.fire("compositionend", { data: "你" });
    expect(sent.at(-1)).toEqual({ kind: "text", text: "你" });
  });

  it("leaves the keys to the browser without control", () => {
    control = false;
    expect(target.fire("keydown", { code: "Tab", key: "Tab" }).defaultPrevented).toBe(false);
    expect(sent).toEqual([]);
  });

  it("lets go before a key that stays here", () => {
    target.fire("keydown", { code: "ControlLeft", key: "Control", ctrlKey: true });
    expect(target.fire("keydown", { code: "Home", key: "Home", ctrlKey: true }).defaultPrevented).toBe(true);
    expect(sent.map((e) => e.kind)).toEqual(["key", "release-all"]);
  });

  it("lets go when the page loses the focus, and when it is unbound", () => {
    target.fire("keydown", { code: "KeyA", key: "a" });
    page.dispatchEvent(new Event("blur"));
    target.fire("mousedown", { clientX: 0, clientY: 0, button: 0 });
    stop();
    target.fire("keydown", { code: "KeyB", key: "b" });
    expect(sent.map((e) => e.kind)).toEqual(["key", "release-all", "button", "release-all"]);
  });
});
