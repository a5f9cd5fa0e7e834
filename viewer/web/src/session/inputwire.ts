/** Puts input events on the wire, within the limits that the agent holds. */
import { create, toBinary } from "@bufbuild/protobuf";
import { type Input, InputSchema } from "../gen/beside/v1/session_pb";
import type { InputEvent } from "../input/event";
import { MAX_KEY_CODE, MAX_KEY_NAME, MAX_POSITION, MAX_TEXT, MAX_WHEEL } from "./limits";
import { isFinal } from "./reduce";
import type { Snapshot } from "./state";

/** Hands a message over; false when it could not be sent. `droppable` may be dropped when there is too much. */
export type SendInput = (data: Uint8Array<ArrayBuffer>, droppable: boolean) => boolean;

/** Numbers the events of one session. What is not sent takes no number (THREATS 8). */
export class InputSender {
  #sequence = 0n;

  /** Sends an event if it may be sent now. */
  send(event: InputEvent, snapshot: Snapshot, send: SendInput): boolean {
    const data = mayInput(event, snapshot) ? encodeInput(event, this.#sequence + 1n) : null;
    if (data === null || !send(data, event.kind === "move")) {
      return false;
    }
    this.#sequence++;
    return true;
  }
}

// What lets go is sent whenever control is held; what presses only when it will be taken.
function mayInput(event: InputEvent, { phase, granted, paused, inputLocked, away }: Snapshot): boolean {
  if (isFinal(phase) || !granted.includes("control")) {
    return false;
  }
  const letsGo = event.kind === "release-all" || ((event.kind === "button" || event.kind === "key") && !event.down);
  return letsGo || (!paused && !inputLocked && !away);
}

/** The message for an event, or null when it is outside of the limits. */
function encodeInput(event: InputEvent, sequence: bigint): Uint8Array<ArrayBuffer> | null {
  const kind = kindOf(event);
  return kind === null ? null : new Uint8Array(toBinary(InputSchema, create(InputSchema, { sequence, kind })));
}

function kindOf(event: InputEvent): Input["kind"] | null {
  switch (event.kind) {
    case "move":
      return { case: "move", value: { $typeName: "beside.v1.PointerMove", ...position(event) } };
    case "button": {
      const { button, down } = event;
      const known = Number.isInteger(button) && button >= 0 && button <= 4;
      return known ? { case: "button", value: { $typeName: "beside.v1.PointerButton", ...position(event), button, down } } : null;
    }
    case "wheel": {
      const notches = { dx: clamp(event.dx, MAX_WHEEL), dy: clamp(event.dy, MAX_WHEEL) };
      return { case: "wheel", value: { $typeName: "beside.v1.Wheel", ...position(event), ...notches } };
    }
    case "key": {
      const { code, key, down, capsLock, numLock } = event;
      const fits = code.length <= MAX_KEY_CODE && utf8Length(key) <= MAX_KEY_NAME;
      return fits ? { case: "key", value: { $typeName: "beside.v1.Key", code, key, down, capsLock, numLock } } : null;
    }
    case "text": {
      const fits = event.text !== "" && utf8Length(event.text) <= MAX_TEXT;
      return fits ? { case: "text", value: { $typeName: "beside.v1.Text", text: event.text } } : null;
    }
    case "release-all":
      return { case: "releaseAll", value: { $typeName: "beside.v1.ReleaseAll" } };
  }
}

function position({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } {
  return { x: clamp(x, MAX_POSITION), y: clamp(y, MAX_POSITION) };
}

function clamp(value: number, limit: number): number {
  return Number.isFinite(value) ? Math.max(-limit, Math.min(limit, Math.round(value))) : 0;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
