/**
 * Rectangles that become transparent as soon as the video shows the right thing there.
 * Pure: it hears of video frames and says which rectangles are due.
 */
import { type Rect, shared, without } from "./rect";
import { Broken } from "./wire";

interface Hole extends Rect {
  readonly rtp: number;
}

// Bounds what waiting can cost. The agent has a handful.
const MAX_HOLES = 1024;

export class Holes {
  #waiting: Hole[] = [];
  #shown: number | null = null;

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** A rectangle waits for the video frame of `rtp`, in place of what waited there before. */
  add(rect: Rect, rtp: number): void {
    this.painted(rect);
    this.#waiting.push({ ...rect, rtp });
  }

  /** Something was painted: what waits there is called off. */
  painted(rect: Rect): void {
    if (this.#waiting.length === 0) {
      return;
    }
    this.#waiting = this.#waiting.flatMap((hole) => {
      const part = shared(hole, rect);
      return part === null ? [hole] : without(hole, part).map((rest) => ({ ...rest, rtp: hole.rtp }));
    });
    if (this.#waiting.length >= MAX_HOLES) {
      throw new Broken("too many parts wait for video");
    }
  }

  /** Whether something in there waits. */
  meets(rect: Rect): boolean {
    return this.#waiting.some((hole) => shared(hole, rect) !== null);
  }

  /** The video shows the frame of this timestamp. */
  shown(rtp: number): void {
    this.#shown = rtp;
  }

  /** Takes out the rectangles whose video frame is shown. */
  due(): Rect[] {
    const shown = this.#shown;
    // Timestamps begin anywhere and wrap around.
    return shown === null ? [] : this.#take(({ rtp }) => ((shown - rtp) | 0) >= 0);
  }

  /** Takes out all: the browser does not say which frame is shown. */
  all(): Rect[] {
    return this.#take(() => true);
  }

  clear(): void {
    this.#waiting = [];
  }

  #take(is: (hole: Hole) => boolean): Rect[] {
    const taken = this.#waiting.filter(is);
    if (taken.length > 0) {
      this.#waiting = this.#waiting.filter((hole) => !is(hole));
    }
    return taken;
  }
}
