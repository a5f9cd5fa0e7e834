/**
 * One input event, before it gets its sequence number. Positions are pixels of the
 * shared picture. Names and meanings are those of `Input` in session.proto.
 */
export type InputEvent =
  | { readonly kind: "move"; readonly x: number; readonly y: number }
  /** `button` as MouseEvent.button: 0 left, 1 middle, 2 right, 3 back, 4 forward. */
  | { readonly kind: "button"; readonly x: number; readonly y: number; readonly button: number; readonly down: boolean }
  /** Notches, positive down and right. */
  | { readonly kind: "wheel"; readonly x: number; readonly y: number; readonly dx: number; readonly dy: number }
  | {
      readonly kind: "key";
      /** KeyboardEvent.code. */
      readonly code: string;
      /** KeyboardEvent.key. */
      readonly key: string;
      readonly down: boolean;
      readonly capsLock: boolean;
      readonly numLock: boolean;
    }
  /** Typed as characters; at most 4,096 bytes of UTF-8. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "release-all" };
