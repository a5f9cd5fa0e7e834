/**
 * The user's cursor, as it comes on the data channel "cursor": positions often, each
 * shape once. Keeps the shapes, refuses what is not one.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { CursorSchema, type CursorShape as WireShape } from "../gen/beside/v1/session_pb";
import { MAX_CURSOR_SIDE } from "./limits";
import type { CursorShape, CursorState } from "./state";

// A desktop has some dozens of shapes of 4 to 36 KiB; animated ones add frames. Beyond
// this much the oldest go.
const MAX_KEPT_BYTES = 16 << 20;

// Before anything came.
const NO_CURSOR: CursorState = { x: 0, y: 0, visible: false, shape: null };

export class CursorTracker {
  readonly #shapes = new Map<number, CursorShape>();
  readonly #listeners = new Set<(cursor: CursorState) => void>();
  #bytes = 0;
  #state: CursorState = NO_CURSOR;

  /** Tells a listener the last state at once, and each that follows until it is let go. */
  listen(listener: (cursor: CursorState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  /** Takes one message. One that cannot be read changes nothing. */
  receive(data: Uint8Array): void {
    let cursor;
    try {
      cursor = fromBinary(CursorSchema, data);
    } catch {
      return;
    }
    if (cursor.shape !== undefined && !this.#keep(cursor.shape)) {
      return;
    }
    // A shape that is not known leaves the one before: better than no cursor at all.
    const shape = this.#shapes.get(cursor.shapeSerial) ?? this.#state.shape;
    this.#state = { x: cursor.x, y: cursor.y, visible: cursor.visible, shape };
    for (const listener of [...this.#listeners]) {
      listener(this.#state);
    }
  }

  #keep(shape: WireShape): boolean {
    const { serial, width, height, hotX, hotY, rgba } = shape;
    const sides = width >= 1 && height >= 1 && width <= MAX_CURSOR_SIDE && height <= MAX_CURSOR_SIDE;
    if (!sides || hotX >= width || hotY >= height || rgba.length !== width * height * 4) {
      return false;
    }
    this.#forget(serial);
    this.#shapes.set(serial, { serial, width, height, hotX, hotY, rgba });
    this.#bytes += rgba.length;
    for (const oldest of this.#shapes.keys()) {
      if (this.#bytes <= MAX_KEPT_BYTES) {
        break;
      }
      this.#forget(oldest);
    }
    return true;
  }

  #forget(serial: number): void {
    this.#bytes -= this.#shapes.get(serial)?.rgba.length ?? 0;
    this.#shapes.delete(serial);
  }
}
