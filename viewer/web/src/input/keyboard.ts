/**
 * Turns what a keyboard does into input events. Pure: a state and a step give the next
 * state, what to send, and whether the browser must not act on it itself.
 *
 * Keys go by physical position with their meaning beside it; what an input method
 * makes goes as text. The agent's system repeats held keys by itself.
 */
import type { InputEvent } from "./event";
import { MAX_TEXT } from "../session/limits";

/** What of a KeyboardEvent matters. */
export interface Stroke {
  readonly code: string;
  readonly key: string;
  /** KeyboardEvent.isComposing: an input method is at work. */
  readonly isComposing: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  readonly capsLock: boolean;
  readonly numLock: boolean;
}

export type KeyStep =
  | ({ readonly kind: "down" | "up" } & Stroke)
  /** An input method has finished a text. */
  | { readonly kind: "composed"; readonly text: string }
  /** The page lost the focus: everything held is let go. */
  | { readonly kind: "blur" };

/** A key that is down on the user's machine because we said so. */
interface Held {
  readonly code: string;
  readonly key: string;
}

export interface KeyState {
  readonly held: readonly Held[];
}

export interface KeyResult {
  readonly state: KeyState;
  readonly send: readonly InputEvent[];
  /** Call preventDefault: the key is the user's machine's, not this browser's. */
  readonly prevent: boolean;
}

export const KEYS_AT_REST: KeyState = { held: [] };

type Modifier = "ctrlKey" | "altKey" | "shiftKey" | "metaKey";

const MODIFIERS: Readonly<Record<Modifier, readonly string[]>> = {
  ctrlKey: ["ControlLeft", "ControlRight"],
  altKey: ["AltLeft", "AltRight"],
  shiftKey: ["ShiftLeft", "ShiftRight"],
  metaKey: ["MetaLeft", "MetaRight"],
};

export function keyStep(state: KeyState, step: KeyStep): KeyResult {
  switch (step.kind) {
    case "down":
      return pressed(state, step);
    case "up":
      return released(state, step);
    case "composed":
      return { state, send: textEvents(step.text), prevent: false };
    case "blur":
      return { state: KEYS_AT_REST, send: state.held.length === 0 ? [] : [{ kind: "release-all" }], prevent: false };
  }
}

/** A text as events, none longer than the wire takes; no character is cut. */
export function textEvents(text: string): InputEvent[] {
  const encoder = new TextEncoder();
  const parts: string[] = [];
  let part = "";
  let bytes = 0;
  for (const character of text) {
    const size = encoder.encode(character).length;
    if (bytes + size > MAX_TEXT) {
      parts.push(part);
      part = "";
      bytes = 0;
    }
    part += character;
    bytes += size;
  }
  return [...parts, part].filter((piece) => piece !== "").map((piece) => ({ kind: "text", text: piece }));
}

function pressed(state: KeyState, stroke: Stroke): KeyResult {
  // The input method has the key; preventing it would take the text away.
  if (stroke.isComposing || stroke.key === "Process" || stroke.key === "Unidentified") {
    return { state, send: [], prevent: false };
  }
  const healed = heal(state, stroke);
  const current = stroke.key === "AltGraph" ? withoutFakeControl(healed, stroke) : healed;
  if (stroke.code === "" || holds(current.state, stroke.code)) {
    return { ...current, prevent: prevents(stroke) };
  }
  const held = [...current.state.held, { code: stroke.code, key: stroke.key }];
  return { state: { held }, send: [...current.send, keyEvent(stroke, true, stroke)], prevent: prevents(stroke) };
}

function released(state: KeyState, stroke: Stroke): KeyResult {
  const healed = heal(state, stroke);
  if (!holds(healed.state, stroke.code)) {
    // Pressed before the picture had the focus: not ours to release.
    return { ...healed, prevent: false };
  }
  // While Meta is held macOS tells no releases: all of them come with its own.
  const meta = MODIFIERS.metaKey.includes(stroke.code);
  const gone = healed.state.held.filter(({ code }) => code === stroke.code || (meta && !isModifier(code)));
  const held = healed.state.held.filter((key) => !gone.includes(key));
  const others = gone.filter(({ code }) => code !== stroke.code).map((key) => keyEvent(key, false, stroke));
  return { state: { held }, send: [...healed.send, ...others, keyEvent(stroke, false, stroke)], prevent: true };
}

// A modifier whose release the technician's own system kept for itself (Alt+Tab) is let
// go as soon as an event says that it is not down any more.
function heal(state: KeyState, stroke: Stroke): { state: KeyState; send: InputEvent[] } {
  const lost = state.held.filter(({ code, key }) => {
    const modifier = (Object.keys(MODIFIERS) as Modifier[]).find((name) => MODIFIERS[name].includes(code));
    // AltGr is reported as Alt by some systems and as nothing by others.
    return modifier !== undefined && key !== "AltGraph" && code !== stroke.code && !stroke[modifier];
  });
  return drop(state, lost, stroke);
}

// Windows reports AltGr as Control and Alt; the Control must not reach the user's
// machine, where it would turn characters into shortcuts.
function withoutFakeControl(from: { state: KeyState; send: InputEvent[] }, stroke: Stroke): { state: KeyState; send: InputEvent[] } {
  const fake = from.state.held.filter(({ code }) => code === "ControlLeft");
  const dropped = drop(from.state, fake, stroke);
  return { state: dropped.state, send: [...from.send, ...dropped.send] };
}

function drop(state: KeyState, keys: readonly Held[], stroke: Stroke): { state: KeyState; send: InputEvent[] } {
  return {
    state: keys.length === 0 ? state : { held: state.held.filter((key) => !keys.includes(key)) },
    send: keys.map((key) => keyEvent(key, false, stroke)),
  };
}

// A dead key is left to the browser, which makes the composed character of it; that
// comes as the meaning of the next key, or as text.
function prevents(stroke: Stroke): boolean {
  return stroke.key !== "Dead";
}

function keyEvent({ code, key }: Held, down: boolean, { capsLock, numLock }: Stroke): InputEvent {
  return { kind: "key", code, key, down, capsLock, numLock };
}

function holds(state: KeyState, code: string): boolean {
  return state.held.some((key) => key.code === code);
}

function isModifier(code: string): boolean {
  return Object.values(MODIFIERS).some((codes) => codes.includes(code));
}
