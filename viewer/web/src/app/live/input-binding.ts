/**
 * Ties the page's pointer, wheel and keys to the session while control is granted. The
 * core turns them into events; here are only the listeners, and letting go.
 */
import { type RefObject, useEffect, useRef } from "react";
import type { InputEvent, Session } from "../../session/session";
import { type Size, pixelAt } from "./geometry";

interface InputOptions {
  readonly session: Session;
  readonly box: RefObject<HTMLElement | null>;
  readonly picture: Size | null;
  readonly granted: boolean;
  /** Ctrl+Alt+Home stays here: it brings the toolbar back. */
  readonly onBarKey: () => void;
}

export function isBarKey(event: { code: string; ctrlKey: boolean; altKey: boolean }): boolean {
  return event.code === "Home" && event.ctrlKey && event.altKey;
}

/** One notch of a wheel, in the pixels that browsers report for it. */
const NOTCH_PIXELS = 100;

/** Lines that most systems scroll for one notch. */
const NOTCH_LINES = 3;

/** Adds up fine wheel movements and gives whole notches back. */
export class Notches {
  #x = 0;
  #y = 0;

  add(event: { deltaX: number; deltaY: number; deltaMode: number }): { dx: number; dy: number } {
    const unit = event.deltaMode === 0 ? NOTCH_PIXELS : event.deltaMode === 1 ? NOTCH_LINES : 1;
    this.#x += event.deltaX / unit;
    this.#y += event.deltaY / unit;
    const dx = Math.trunc(this.#x);
    const dy = Math.trunc(this.#y);
    this.#x -= dx;
    this.#y -= dy;
    return { dx, dy };
  }
}

export function useInput(options: InputOptions): void {
  const latest = useRef(options);
  latest.current = options;
  const { session, granted, box } = options;
  useEffect(() => {
    const element = box.current;
    return element === null ? undefined : listen(element, session, granted, latest);
  }, [session, granted, box]);
}

function listen(element: HTMLElement, session: Session, granted: boolean, latest: RefObject<InputOptions>): () => void {
  const stop = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) => element.addEventListener(type, listener, { signal: stop.signal, passive: false });
  const send = (event: InputEvent) => granted && session.sendInput(event);
  const at = (event: MouseEvent) => pixelAt({ x: event.clientX, y: event.clientY }, element.getBoundingClientRect(), latest.current.picture ?? { width: 1, height: 1 });
  const letGo = () => send({ kind: "release-all" });
  bindPointer(element, on, send, at, stop.signal);
  bindKeys(on, send, latest);
  on("blur", letGo);
  window.addEventListener("blur", letGo, { signal: stop.signal });
  return () => {
    stop.abort();
    letGo();
  };
}

type On = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) => void;
type Send = (event: InputEvent) => void;

function bindPointer(element: HTMLElement, on: On, send: Send, at: (event: MouseEvent) => { x: number; y: number }, signal: AbortSignal) {
  const notches = new Notches();
  let move: { x: number; y: number } | null = null;
  let frame = 0;
  // Not more moves than the window draws; a press sends the last move first.
  const flush = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    if (move !== null) {
      send({ kind: "move", ...move });
      move = null;
    }
  };
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  on("pointermove", (event) => {
    move = at(event);
    frame ||= requestAnimationFrame(flush);
  });
  // A drag goes on outside the picture, to its end. (Preventing the default here would
  // take the mouse events away.)
  on("pointerdown", (event) => element.setPointerCapture(event.pointerId));
  // Mouse events, not pointer events: a second button of a chord has none of its own.
  on("mousedown", (event) => {
    event.preventDefault();
    element.focus({ preventScroll: true });
    flush();
    send({ kind: "button", ...at(event), button: event.button, down: true });
  });
  on("mouseup", (event) => {
    flush();
    send({ kind: "button", ...at(event), button: event.button, down: false });
  });
  on("contextmenu", (event) => event.preventDefault());
  on("wheel", (event) => {
    event.preventDefault();
    const { dx, dy } = notches.add(event);
    if (dx !== 0 || dy !== 0) {
      flush();
      send({ kind: "wheel", ...at(event), dx, dy });
    }
  });
}

function bindKeys(on: On, send: Send, latest: RefObject<InputOptions>) {
  const stroke = (event: KeyboardEvent, down: boolean) => {
    if (isBarKey(event)) {
      event.preventDefault();
      if (down) {
        send({ kind: "release-all" });
        latest.current.onBarKey();
      }
      return;
    }
    // A page that may not control leaves Tab and the rest to the browser.
    if (!latest.current.granted) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    send({ kind: "key", code: event.code, key: event.key, down, capsLock: event.getModifierState("CapsLock"), numLock: event.getModifierState("NumLock") });
  };
  on("keydown", (event) => stroke(event, true));
  on("keyup", (event) => stroke(event, false));
}
