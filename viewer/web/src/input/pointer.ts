/**
 * Turns what a pointer does over the picture into input events. Pure: a state and a
 * step give the next state and what to send.
 *
 * Motion is sent once for each drawn frame, the newest; a press, a release or a turn of
 * the wheel sends the motion before it first, so that it happens where it was meant.
 */
import type { InputEvent } from "./event";

/** A point of the picture, in its pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export type PointerStep =
  | ({ readonly kind: "move" } & Point)
  | ({ readonly kind: "down" | "up"; readonly button: number } & Point)
  | ({ readonly kind: "wheel"; readonly deltaX: number; readonly deltaY: number; readonly deltaMode: number } & Point)
  /** The browser is about to draw. */
  | { readonly kind: "frame" }
  /** The page lost the pointer or the focus: everything held is let go. */
  | { readonly kind: "blur" };

export interface PointerState {
  /** The motion that the next frame sends. */
  readonly pending: Point | null;
  readonly held: readonly number[];
  /** Parts of a notch that were turned but not sent yet. */
  readonly turned: { readonly x: number; readonly y: number };
}

export interface PointerResult {
  readonly state: PointerState;
  readonly send: readonly InputEvent[];
}

export const POINTER_AT_REST: PointerState = { pending: null, held: [], turned: { x: 0, y: 0 } };

// What one notch is in each unit of WheelEvent.deltaMode: browsers report 100 to 120
// pixels or 3 lines for it; a page is more than a notch, but no system sends pages.
const NOTCH = { pixels: 100, lines: 3, pages: 1 } as const;
// MouseEvent.button of back and forward is 3 and 4; others have no meaning there.
const LAST_BUTTON = 4;

export function pointerStep(state: PointerState, step: PointerStep): PointerResult {
  switch (step.kind) {
    case "move":
      return { state: { ...state, pending: pointOf(step) }, send: [] };
    case "frame":
      return { state: { ...state, pending: null }, send: motion(state) };
    case "down":
    case "up":
      return pressed(state, step);
    case "wheel":
      return turned(state, step);
    case "blur":
      return { state: POINTER_AT_REST, send: state.held.length === 0 ? [] : [{ kind: "release-all" }] };
  }
}

function pressed(state: PointerState, step: { readonly kind: "down" | "up"; readonly button: number } & Point): PointerResult {
  const { button } = step;
  const down = step.kind === "down";
  // A button that was pressed outside of the picture is not ours to release.
  if (button < 0 || button > LAST_BUTTON || state.held.includes(button) === down) {
    return { state, send: [] };
  }
  const held = down ? [...state.held, button] : state.held.filter((other) => other !== button);
  return { state: { ...state, pending: null, held }, send: [...motion(state), { kind: "button", ...pointOf(step), button, down }] };
}

function turned(state: PointerState, step: { readonly deltaX: number; readonly deltaY: number; readonly deltaMode: number } & Point): PointerResult {
  const notch = notchOf(step.deltaMode);
  const x = turn(state.turned.x, step.deltaX / notch);
  const y = turn(state.turned.y, step.deltaY / notch);
  const rest: PointerState = { ...state, turned: { x: x.rest, y: y.rest } };
  if (x.whole === 0 && y.whole === 0) {
    return { state: rest, send: [] };
  }
  const wheel: InputEvent = { kind: "wheel", ...pointOf(step), dx: x.whole, dy: y.whole };
  return { state: { ...rest, pending: null }, send: [...motion(state), wheel] };
}

// Adds to what was turned; turning the other way forgets the part of a notch before.
function turn(before: number, by: number): { whole: number; rest: number } {
  if (!Number.isFinite(by)) {
    return { whole: 0, rest: before };
  }
  const sum = before * by < 0 ? by : before + by;
  const whole = Math.trunc(sum);
  return { whole: whole + 0, rest: sum - whole };
}

function notchOf(mode: number): number {
  switch (mode) {
    case 1:
      return NOTCH.lines;
    case 2:
      return NOTCH.pages;
    default:
      return NOTCH.pixels;
  }
}

function motion(state: PointerState): InputEvent[] {
  return state.pending === null ? [] : [{ kind: "move", ...state.pending }];
}

function pointOf({ x, y }: Point): Point {
  return { x, y };
}
