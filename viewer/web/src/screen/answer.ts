/**
 * The answer to what the technician just did, and whether a frame is worth holding open for it.
 *
 * On a near machine the answer is there a few milliseconds after a press. In a page at rest it
 * calls for a frame itself, and a browser begins that one at once. Where frames follow each
 * other (something moves in the page, or the pointer does) one that begins between the press
 * and its answer would show nothing, and the answer had to wait for all of the next: so that
 * one begins by waiting. docs/performance.md, "From a press to its pixel". Pure; times in
 * milliseconds of one clock.
 */

// An answer that takes longer is not waited for: half a frame of a screen that shows sixty.
const PATIENCE_MS = 8;

// A frame that is asked for begins at once in a page at rest, later where frames follow each other.
const AT_ONCE_MS = 3;

// So many of the last frames are looked at: of those that follow each other one in six begins as if at once.
const FRAMES = 3;

export class Answer {
  #acted: number | null = null;
  #quick = true;
  #delays: readonly number[] = [];

  /** The technician pressed something. */
  acted(now: number): void {
    if (this.#acted !== null && now - this.#acted > PATIENCE_MS) {
      this.#quick = false;
    }
    this.#acted = now;
  }

  /** Something came from the user's screen. */
  arrived(now: number): void {
    if (this.#acted !== null) {
      this.#quick = now - this.#acted <= PATIENCE_MS;
      this.#acted = null;
    }
  }

  /** A frame began, so long after it was asked for. */
  frame(delay: number): void {
    this.#delays = [...this.#delays, delay].slice(-FRAMES);
  }

  /** Whether frames follow each other just now, so that one is best asked for before there is anything to show. */
  get framesFollow(): boolean {
    return this.#delays.some((delay) => delay > AT_ONCE_MS);
  }

  /** Whether a frame that began waits on: the press is young, and the one before it was answered in time. */
  awaited(now: number): boolean {
    return this.#quick && this.#acted !== null && now - this.#acted < PATIENCE_MS;
  }
}
