import { describe, expect, it } from "vitest";
import type { InputEvent } from "./event";
import { KEYS_AT_REST, keyStep, type KeyStep, type Stroke, textEvents } from "./keyboard";

type Mods = Partial<Pick<Stroke, "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "capsLock" | "numLock" | "isComposing">>;

const stroke = (kind: "down" | "up", code: string, key: string, mods: Mods = {}): KeyStep => ({
  kind, code, key, isComposing: false, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, capsLock: false, numLock: false, ...mods,
});
const down = (code: string, key: string, mods: Mods = {}): KeyStep => stroke("down", code, key, mods);
const up = (code: string, key: string, mods: Mods = {}): KeyStep => stroke("up", code, key, mods);

function run(...steps: KeyStep[]): { events: InputEvent[]; prevented: boolean[] } {
  let state = KEYS_AT_REST;
  const prevented: boolean[] = [];
  const events = steps.flatMap((step) => {
    const result = keyStep(state, step);
    state = result.state;
    prevented.push(result.prevent);
    return result.send;
  });
  return { events, prevented };
}

const told = (...steps: KeyStep[]): string[] =>
  run(...steps).events.map((e) => (e.kind === "key" ? `${e.down ? "+" : "-"}${e.code}` : e.kind === "text" ? `"${e.text}"` : e.kind));

describe("keys", () => {
  it("go with position, meaning and locks", () => {
    expect(run(down("KeyZ", "y", { capsLock: true, numLock: true })).events).toEqual([
      { kind: "key", code: "KeyZ", key: "y", down: true, capsLock: true, numLock: true },
    ]);
  });

  it("are told in order, repeats left out", () => {
    const ctrl = { ctrlKey: true };
    expect(told(down("ControlLeft", "Control", ctrl), down("KeyC", "c", ctrl), down("KeyC", "c", ctrl), up("KeyC", "c", ctrl), up("ControlLeft", "Control"))).toEqual([
      "+ControlLeft", "+KeyC", "-KeyC", "-ControlLeft",
    ]);
  });

  it("belong to the user's machine and not to this browser", () => {
    const { prevented } = run(down("Tab", "Tab"), up("Tab", "Tab"), down("F5", "F5"), down("KeyS", "s", { ctrlKey: true }));
    expect(prevented).toEqual([true, true, true, true]);
  });

  it("released without having been pressed here are nothing", () => {
    expect(told(up("Enter", "Enter"))).toEqual([]);
  });

  it("held are let go when the focus is lost, once", () => {
    expect(told(down("KeyA", "a"), { kind: "blur" }, { kind: "blur" }, up("KeyA", "a"))).toEqual(["+KeyA", "release-all"]);
  });
});

describe("modifiers", () => {
  it("whose release was kept by the technician's system are let go with the next event", () => {
    expect(told(down("AltLeft", "Alt", { altKey: true }), down("KeyA", "a"))).toEqual(["+AltLeft", "-AltLeft", "+KeyA"]);
    expect(told(down("ShiftLeft", "Shift", { shiftKey: true }), down("KeyA", "A", { shiftKey: true }), up("KeyA", "a"))).toEqual([
      "+ShiftLeft", "+KeyA", "-ShiftLeft", "-KeyA",
    ]);
  });

  it("do not include the Control that Windows makes of AltGr", () => {
    const both = { ctrlKey: true, altKey: true };
    expect(
      told(
        down("ControlLeft", "Control", { ctrlKey: true }), down("AltRight", "AltGraph", both), down("KeyE", "€", both), up("KeyE", "€", both),
        up("ControlLeft", "Control", { altKey: true }), up("AltRight", "AltGraph"),
      ),
    ).toEqual(["+ControlLeft", "-ControlLeft", "+AltRight", "+KeyE", "-KeyE", "-AltRight"]);
  });

  it("AltGr stays down on systems that report it as no modifier", () => {
    expect(told(down("AltRight", "AltGraph"), down("KeyQ", "@"), up("KeyQ", "@"), up("AltRight", "AltGraph"))).toEqual(["+AltRight", "+KeyQ", "-KeyQ", "-AltRight"]);
  });

  it("Meta lets go of what macOS tells no release of", () => {
    const meta = { metaKey: true };
    expect(told(down("MetaLeft", "Meta", meta), down("ShiftLeft", "Shift", { ...meta, shiftKey: true }), down("KeyV", "v", { ...meta, shiftKey: true }), up("MetaLeft", "Meta", { shiftKey: true }))).toEqual([
      "+MetaLeft", "+ShiftLeft", "+KeyV", "-KeyV", "-MetaLeft",
    ]);
  });
});

describe("text", () => {
  it("that an input method makes is sent when it is finished, and its keys are not", () => {
    const { events, prevented } = run(
      down("KeyN", "Process"), down("KeyI", "i", { isComposing: true }), up("KeyI", "i", { isComposing: true }), { kind: "composed", text: "你" },
    );
    expect(events).toEqual([{ kind: "text", text: "你" }]);
    expect(prevented).toEqual([false, false, false, false]);
  });

  it("is composed by the browser from dead keys", () => {
    const { events, prevented } = run(down("BracketLeft", "Dead"), up("BracketLeft", "Dead"), down("KeyE", "ê"));
    expect(prevented[0]).toBe(false);
    expect(events.map((e) => e.kind === "key" && e.key)).toEqual(["Dead", "Dead", "ê"]);
  });

  it("is cut between characters, never inside one", () => {
    const text = "ä€你😀".repeat(1000);
    const parts = textEvents(text).map((e) => (e.kind === "text" ? e.text : ""));
    expect(parts.join("")).toBe(text);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      expect(new TextEncoder().encode(part).length).toBeLessThanOrEqual(4096);
    }
    expect(textEvents("")).toEqual([]);
  });
});
