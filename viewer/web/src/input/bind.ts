/**
 * Ties an element's pointer, wheel, key and composition events to the reducers of this
 * folder. The only file here that listens; what happens stands in the reducers.
 */
import type { InputEvent } from "./event";
import { KEYS_AT_REST, keyStep, type KeyStep } from "./keyboard";
import { type Point, POINTER_AT_REST, pointerStep, type PointerStep } from "./pointer";

/** What of an element is used; tests give a fake. */
export interface InputTarget extends EventTarget {
  focus(options?: { preventScroll?: boolean }): void;
  setPointerCapture(pointerId: number): void;
}

export interface Binding {
  readonly target: InputTarget;
  /** The window: losing its focus lets go of everything. */
  readonly page: EventTarget;
  /** requestAnimationFrame and its cancelling. */
  readonly frame: { request(callback: () => void): number; cancel(handle: number): void };
  /** The picture pixel under a mouse event. */
  readonly pixel: (event: { readonly clientX: number; readonly clientY: number }) => Point;
  /** Whether control is granted now; without it keys stay the browser's. */
  readonly mayControl: () => boolean;
  /** Keys that the page keeps for itself; called for each press of one, true when it did. */
  readonly keep: (event: KeyboardEvent) => boolean;
  readonly send: (event: InputEvent) => void;
}

/** Listens until the returned function is called, which lets go of everything held. */
export function bindInput(binding: Binding): () => void {
  const heard = new Listeners();
  const pointer = bindPointer(binding, heard);
  const keys = bindKeys(binding, heard);
  const letGo = (): void => {
    pointer({ kind: "blur" });
    keys({ kind: "blur" });
  };
  for (const source of [binding.target, binding.page]) {
    heard.on(source, "blur", letGo);
  }
  return () => {
    heard.stop();
    letGo();
  };
}

function bindPointer(binding: Binding, heard: Listeners): (step: PointerStep) => void {
  const { target, frame } = binding;
  let state = POINTER_AT_REST;
  let asked = 0;
  const step = (next: PointerStep): void => {
    const result = pointerStep(state, next);
    state = result.state;
    forward(binding, result.send);
    if (state.pending !== null && asked === 0) {
      asked = frame.request(() => {
        asked = 0;
        step({ kind: "frame" });
      });
    }
  };
  heard.atEnd(() => frame.cancel(asked));
  heard.on<PointerEvent>(target, "pointermove", (event) => step({ kind: "move", ...binding.pixel(event) }));
  // A drag goes on outside of the picture, to its end.
  heard.on<PointerEvent>(target, "pointerdown", (event) => target.setPointerCapture(event.pointerId));
  // Mouse events, not pointer events: a second button of a chord has none of its own.
  heard.on<MouseEvent>(target, "mousedown", (event) => {
    event.preventDefault();
    target.focus({ preventScroll: true });
    step({ kind: "down", button: event.button, ...binding.pixel(event) });
  });
  heard.on<MouseEvent>(target, "mouseup", (event) => step({ kind: "up", button: event.button, ...binding.pixel(event) }));
  heard.on<Event>(target, "contextmenu", (event) => event.preventDefault());
  heard.on<WheelEvent>(target, "wheel", (event) => {
    event.preventDefault();
    const { deltaX, deltaY, deltaMode } = event;
    step({ kind: "wheel", deltaX, deltaY, deltaMode, ...binding.pixel(event) });
  });
  return step;
}

function bindKeys(binding: Binding, heard: Listeners): (step: KeyStep) => boolean {
  let state = KEYS_AT_REST;
  const step = (next: KeyStep): boolean => {
    const result = keyStep(state, next);
    state = result.state;
    forward(binding, result.send);
    return result.prevent;
  };
  const stroke = (kind: "down" | "up", event: KeyboardEvent): void => {
    if (kind === "down" && binding.keep(event)) {
      event.preventDefault();
      step({ kind: "blur" });
      return;
    }
    if (!binding.mayControl()) {
      return;
    }
    const { code, key, isComposing, ctrlKey, altKey, shiftKey, metaKey } = event;
    const locks = { capsLock: event.getModifierState("CapsLock"), numLock: event.getModifierState("NumLock") };
    if (step({ kind, code, key, isComposing, ctrlKey, altKey, shiftKey, metaKey, ...locks })) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  heard.on<KeyboardEvent>(binding.target, "keydown", (event) => stroke("down", event));
  heard.on<KeyboardEvent>(binding.target, "keyup", (event) => stroke("up", event));
  heard.on<CompositionEvent>(binding.target, "compositionend", (event) => step({ kind: "composed", text: event.data }));
  return step;
}

function forward(binding: Binding, events: readonly InputEvent[]): void {
  for (const event of events) {
    binding.send(event);
  }
}

/** Listeners that stop together. */
class Listeners {
  readonly #ends: (() => void)[] = [];

  /** `type` decides the class of the event; the caller names it. */
  on<E extends Event>(target: EventTarget, type: string, listener: (event: E) => void): void {
    const heard = (event: Event): void => listener(event as E);
    target.addEventListener(type, heard, { passive: false });
    this.atEnd(() => target.removeEventListener(type, heard));
  }

  atEnd(act: () => void): void {
    this.#ends.push(act);
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) {
      end();
    }
  }
}
