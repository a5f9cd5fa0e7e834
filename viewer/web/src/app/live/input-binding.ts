/**
 * Ties the page's pointer, wheel and keys to the session while control is granted. What
 * they mean is decided in src/input; here are the listeners, and the two states.
 */
import { type RefObject, useEffect, useRef } from "react";
import { KEYS_AT_REST, type KeyStep, type Stroke, keyStep } from "../../input/keyboard";
import { POINTER_AT_REST, type PointerStep, pointerStep } from "../../input/pointer";
import { type Size, pixelAt } from "../../screen/picture";
import type { Session } from "../../session/session";

interface InputOptions {
  readonly session: Session;
  /** The picture: takes the pointer. */
  readonly box: RefObject<HTMLElement | null>;
  /** The unseen field over it: takes the keys, so that input methods work. */
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly picture: Size | null;
  readonly granted: boolean;
  /** Ctrl+Alt+Home stays here: it brings the toolbar back. */
  readonly onBarKey: () => void;
}

/** The combination that brings the toolbar back. */
function isBarKey(event: { code: string; ctrlKey: boolean; altKey: boolean }): boolean {
  return event.code === "Home" && event.ctrlKey && event.altKey;
}

export function useInput(options: InputOptions): void {
  const latest = useRef(options);
  latest.current = options;
  const { session, granted, box, field } = options;
  useEffect(() => {
    if (box.current === null || field.current === null) {
      return;
    }
    const stop = new AbortController();
    const binding = new Binding(session, granted, latest);
    binding.bindPointer(box.current, field.current, stop.signal);
    binding.bindKeys(field.current, stop.signal);
    window.addEventListener("blur", () => binding.letGo(), { signal: stop.signal });
    return () => {
      binding.letGo();
      stop.abort();
    };
  }, [session, granted, box, field]);
}

class Binding {
  readonly #session: Session;
  readonly #granted: boolean;
  readonly #latest: RefObject<InputOptions>;
  #pointer = POINTER_AT_REST;
  #keys = KEYS_AT_REST;
  #frame = 0;

  constructor(session: Session, granted: boolean, latest: RefObject<InputOptions>) {
    this.#session = session;
    this.#granted = granted;
    this.#latest = latest;
  }

  /** Nothing stays pressed on the other side. */
  letGo(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#move({ kind: "blur" });
    this.#type({ kind: "blur" });
  }

  bindPointer(box: HTMLElement, field: HTMLElement, signal: AbortSignal): void {
    const options = { signal, passive: false };
    const at = (event: MouseEvent) => pixelAt({ x: event.clientX, y: event.clientY }, box.getBoundingClientRect(), this.#latest.current.picture ?? { width: 1, height: 1 });
    box.addEventListener("pointermove", (event) => {
      this.#move({ kind: "move", ...at(event) });
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#move({ kind: "frame" });
      });
    }, options);
    // A drag goes on outside the picture, to its end. (Preventing the default here would
    // take the mouse events away.)
    box.addEventListener("pointerdown", (event) => box.setPointerCapture(event.pointerId), options);
    // Mouse events, not pointer events: a second button of a chord has none of its own.
    box.addEventListener("mousedown", (event) => {
      event.preventDefault();
      field.focus({ preventScroll: true });
      this.#move({ kind: "down", button: event.button, ...at(event) });
    }, options);
    box.addEventListener("mouseup", (event) => this.#move({ kind: "up", button: event.button, ...at(event) }), options);
    box.addEventListener("contextmenu", (event) => event.preventDefault(), options);
    box.addEventListener("wheel", (event) => {
      // Without control the wheel scrolls a picture that is larger than the window.
      if (this.#granted) {
        event.preventDefault();
        this.#move({ kind: "wheel", deltaX: event.deltaX, deltaY: event.deltaY, deltaMode: event.deltaMode, ...at(event) });
      }
    }, options);
  }

  bindKeys(field: HTMLTextAreaElement, signal: AbortSignal): void {
    const stroke = (event: KeyboardEvent, kind: "down" | "up") => {
      if (isBarKey(event)) {
        event.preventDefault();
        if (kind === "down") {
          this.letGo();
          this.#latest.current.onBarKey();
        }
      } else if (this.#granted && this.#type({ kind, ...strokeOf(event) })) {
        event.preventDefault();
      }
    };
    const composed = () => {
      this.#type({ kind: "composed", text: field.value });
      field.value = "";
    };
    field.addEventListener("keydown", (event) => stroke(event, "down"), { signal });
    field.addEventListener("keyup", (event) => stroke(event, "up"), { signal });
    field.addEventListener("compositionend", composed, { signal });
    field.addEventListener("input", (event) => {
      if (event instanceof InputEvent && !event.isComposing) {
        composed();
      }
    }, { signal });
    field.addEventListener("blur", () => this.letGo(), { signal });
  }

  #move(step: PointerStep): void {
    const { state, send } = pointerStep(this.#pointer, step);
    this.#pointer = state;
    this.#send(send);
  }

  /** True when the browser must not act on the key itself. */
  #type(step: KeyStep): boolean {
    const { state, send, prevent } = keyStep(this.#keys, step);
    this.#keys = state;
    this.#send(send);
    return prevent;
  }

  #send(events: readonly Parameters<Session["sendInput"]>[0][]): void {
    if (this.#granted) {
      for (const event of events) {
        this.#session.sendInput(event);
      }
    }
  }
}

function strokeOf(event: KeyboardEvent): Stroke {
  const { code, key, isComposing, ctrlKey, altKey, shiftKey, metaKey } = event;
  return { code, key, isComposing, ctrlKey, altKey, shiftKey, metaKey, capsLock: event.getModifierState("CapsLock"), numLock: event.getModifierState("NumLock") };
}
