/** Combinations that the technician's own machine would keep for itself. Pure. */
import type { InputEvent } from "../../session/session";

export interface SpecialKeys {
  readonly name: string;
  readonly does: string;
  /** KeyboardEvent.code and .key, in the order they go down. */
  readonly keys: readonly (readonly [code: string, key: string])[];
}

const CTRL = ["ControlLeft", "Control"] as const;
const ALT = ["AltLeft", "Alt"] as const;
const SHIFT = ["ShiftLeft", "Shift"] as const;
const META = ["MetaLeft", "Meta"] as const;

export const SPECIAL_KEYS: readonly SpecialKeys[] = [
  { name: "Ctrl + Alt + Del", does: "lock, sign out", keys: [CTRL, ALT, ["Delete", "Delete"]] },
  { name: "Windows key", does: "start menu", keys: [META] },
  { name: "Alt + Tab", does: "next window", keys: [ALT, ["Tab", "Tab"]] },
  { name: "Alt + F4", does: "close window", keys: [ALT, ["F4", "F4"]] },
  { name: "Ctrl + Shift + Esc", does: "task manager", keys: [CTRL, SHIFT, ["Escape", "Escape"]] },
  { name: "Windows + R", does: "run", keys: [META, ["KeyR", "r"]] },
  { name: "Print screen", does: "screenshot", keys: [["PrintScreen", "PrintScreen"]] },
];

/** Down in order, up in the reverse order. */
export function strokesOf({ keys }: SpecialKeys): InputEvent[] {
  const stroke = ([code, key]: readonly [string, string], down: boolean): InputEvent => ({ kind: "key", code, key, down, capsLock: false, numLock: false });
  return [...keys.map((key) => stroke(key, true)), ...[...keys].reverse().map((key) => stroke(key, false))];
}

export function pressKeys(session: { sendInput(event: InputEvent): boolean }, keys: SpecialKeys): void {
  for (const event of strokesOf(keys)) {
    session.sendInput(event);
  }
}
