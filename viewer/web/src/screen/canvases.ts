/** The page's end of a sheet: draws what was published onto the canvases of one picture size. */
import { type Rect, shared } from "./rect";
import { Sheet, type SheetMemory } from "./sheet";
import { stripsOf } from "./strips";

/** What of a canvas is used; tests give a fake. */
export interface Pen {
  putImageData(image: ImageData, x: number, y: number, dirtyX: number, dirtyY: number, dirtyWidth: number, dirtyHeight: number): void;
}

// Pixels pass through a band of this many rows: a browser takes none from shared memory.
// 64 rows of 1920 pixels stay in the processor's cache.
const BAND = 64;

export class Canvases {
  readonly #sheet: Sheet;
  readonly #pens: readonly Pen[];
  readonly #band: ImageData;
  #painted = false;
  #listening = false;
  #left = false;

  /** One pen for each strip of the picture, from above. */
  constructor(memory: SheetMemory, pens: readonly Pen[], band: (width: number, height: number) => ImageData) {
    this.#sheet = new Sheet(memory);
    this.#pens = pens;
    this.#band = band(memory.size.width, BAND);
  }

  /** Whether the whole picture is on the canvases. */
  get painted(): boolean {
    return this.#painted;
  }

  /** Whether there is something to draw. */
  get news(): boolean {
    return this.#sheet.news;
  }

  /** Whether it is being waited for. */
  get listening(): boolean {
    return this.#listening;
  }

  /**
   * Calls `act` once when there is something to draw, or never in a browser that cannot wait for it.
   * What a frame has drawn before the wait was over is waited for anew.
   */
  listen(act: () => void): void {
    if (this.#listening || this.#left) {
      return;
    }
    const arrival = this.#sheet.arrival();
    this.#listening = arrival !== null;
    void arrival?.then(() => {
      this.#listening = false;
      if (!this.news) {
        this.listen(act);
      } else if (!this.#left) {
        act();
      }
    });
  }

  /** Waits for nothing any more. */
  leave(): void {
    this.#left = true;
    this.#sheet.leave();
  }

  /** Draws what is new; returns what Sheet.take does. */
  draw(): number | "busy" | null {
    const taken = this.#sheet.take((bytes, part) => this.#put(bytes, part), !this.#painted);
    this.#painted ||= typeof taken === "number";
    return taken;
  }

  #put(bytes: Uint8ClampedArray<SharedArrayBuffer>, part: Rect): void {
    const { width } = this.#sheet.size;
    stripsOf(this.#sheet.size).forEach(({ top, height }, index) => {
      const mine = shared(part, { x: 0, y: top, width, height });
      const pen = this.#pens[index];
      if (mine === null || pen === undefined) {
        return;
      }
      for (let y = mine.y; y < mine.y + mine.height; y += BAND) {
        const rows = Math.min(BAND, mine.y + mine.height - y);
        this.#fill(bytes, { x: mine.x, y, width: mine.width, height: rows });
        pen.putImageData(this.#band, 0, y - top, mine.x, 0, mine.width, rows);
      }
    });
  }

  // Copies rows to the top of the band, at their place from left to right.
  #fill(bytes: Uint8ClampedArray<SharedArrayBuffer>, { x, y, width, height }: Rect): void {
    const stride = 4 * this.#sheet.size.width;
    const { data } = this.#band;
    if (4 * width === stride) {
      data.set(bytes.subarray(y * stride, (y + height) * stride));
      return;
    }
    for (let row = 0; row < height; row++) {
      const from = (y + row) * stride + 4 * x;
      data.set(bytes.subarray(from, from + 4 * width), row * stride + 4 * x);
    }
  }
}
