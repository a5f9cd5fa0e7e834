/**
 * Draws what the decoder has onto the canvases, once an animation frame, and answers the
 * agent: an update was drawn, or a refresh is needed. Runs in a worker; it knows neither
 * that nor the channel.
 */
import { Decoder, type Frame } from "./decoder";
import type { Size } from "./picture";
import type { Counts, FromWorker, VideoUse } from "./port";
import { type Rect, shared } from "./rect";
import { type Strip, stripsOf } from "./strips";
import type { Surface } from "./surface";
import { drawnAnswer, refreshAnswer } from "./wire";

/** What of a canvas is used; tests give a fake. */
export interface Pen {
  putImageData(image: ImageData, x: number, y: number, dirtyX: number, dirtyY: number, dirtyWidth: number, dirtyHeight: number): void;
}

/** What the painter needs of the worker it runs in. */
export interface Surroundings {
  nextFrame(draw: () => void): void;
  /** The surface's memory as an image, without a copy. */
  image(surface: Surface): ImageData;
  answer(data: Uint8Array<ArrayBuffer>): void;
  tell(message: FromWorker): void;
}

// An agent that sends nothing but broken updates is not asked more often than this.
const REFRESH_MS = 1000;

interface Easel {
  readonly set: number;
  readonly size: Size;
  readonly strips: readonly Strip[];
  readonly pens: readonly Pen[];
  /** Whether the whole picture was drawn on it. */
  painted: boolean;
}

export class Painter {
  readonly #around: Surroundings;
  readonly #decoder = new Decoder();
  #easel: Easel | null = null;
  /** The size that canvases were asked for. */
  #wanted: Size | null = null;
  #image: { readonly surface: Surface; readonly data: ImageData } | null = null;
  #due = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: ReturnType<typeof setTimeout> | undefined;
  #told: VideoUse | null = null;
  #counts: Counts = { frames: 0, bytes: 0, lastAt: null };

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** Takes a message of the channel. */
  receive(message: Uint8Array): void {
    this.#counts = { ...this.#counts, bytes: this.#counts.bytes + message.length };
    switch (this.#decoder.receive(message)) {
      case "draw":
        this.#changed();
        return;
      case "lost":
        this.#askRefresh();
        return;
      case "nothing":
        return;
    }
  }

  /** The video shows this frame. */
  shown(rtp: number | null): void {
    if (this.#decoder.shown(rtp) === "draw") {
      this.#changed();
    }
  }

  /** Takes a set of canvases for a size, in place of the one before. */
  lend(set: number, size: Size, pens: readonly Pen[]): void {
    const strips = stripsOf(size);
    if (pens.length === strips.length) {
      this.#easel = { set, size, strips, pens, painted: false };
      this.#changed();
    }
  }

  #changed(): void {
    const { surface } = this.#decoder;
    if (surface === null) {
      return;
    }
    if (!same(surface, this.#easel?.size ?? null)) {
      this.#want({ width: surface.width, height: surface.height });
      return; // goes on when they come
    }
    if (this.#decoder.waiting) {
      this.#tellVideo("awaited");
    }
    if (!this.#due) {
      this.#due = true;
      this.#around.nextFrame(() => {
        this.#due = false;
        this.#draw();
      });
    }
  }

  #want(size: Size): void {
    if (!same(size, this.#wanted)) {
      this.#wanted = size;
      this.#around.tell({ kind: "size", size });
    }
  }

  #draw(): void {
    const easel = this.#easel;
    const { surface } = this.#decoder;
    if (easel === null || surface === null || !same(surface, easel.size)) {
      return;
    }
    const frame = this.#decoder.take();
    if (frame === null && (easel.painted || !this.#decoder.settled)) {
      return;
    }
    this.#paint(easel, surface, easel.painted && frame !== null ? frame.parts : [{ x: 0, y: 0, ...easel.size }]);
    if (!easel.painted) {
      easel.painted = true;
      this.#around.tell({ kind: "painted", set: easel.set });
    }
    this.#answer(frame);
    this.#tellVideo(this.#decoder.waiting ? "awaited" : surface.transparent > 0 ? "seen" : "hidden");
  }

  #paint({ strips, pens }: Easel, surface: Surface, parts: readonly Rect[]): void {
    if (parts.length === 0) {
      return;
    }
    const image = this.#imageOf(surface);
    strips.forEach(({ top, height }, index) => {
      const strip: Rect = { x: 0, y: top, width: surface.width, height };
      for (const part of parts) {
        const dirty = shared(part, strip);
        if (dirty !== null) {
          pens[index]?.putImageData(image, 0, 0 - top, dirty.x, dirty.y, dirty.width, dirty.height);
        }
      }
    });
    this.#counts = { ...this.#counts, frames: this.#counts.frames + 1, lastAt: performance.timeOrigin + performance.now() };
  }

  #imageOf(surface: Surface): ImageData {
    if (this.#image?.surface !== surface) {
      this.#image = { surface, data: this.#around.image(surface) };
    }
    return this.#image.data;
  }

  #answer(frame: Frame | null): void {
    for (const serial of frame?.serials ?? []) {
      this.#around.answer(drawnAnswer(serial));
    }
  }

  #tellVideo(need: VideoUse["need"]): void {
    const place = this.#decoder.video;
    if (this.#told?.need !== need || this.#told.place !== place) {
      this.#told = { need, place };
      this.#around.tell({ kind: "video", video: this.#told });
    }
  }

  #askRefresh(): void {
    clearTimeout(this.#asking);
    const wait = this.#askedAt + REFRESH_MS - performance.now();
    if (wait > 0) {
      this.#asking = setTimeout(() => this.#askRefresh(), wait);
      return;
    }
    this.#askedAt = performance.now();
    this.#around.answer(refreshAnswer());
  }
}

function same(a: Size, b: Size | null): boolean {
  return a.width === b?.width && a.height === b.height;
}
