/**
 * Publishes what the decoder has for the page to draw, and answers the agent: an update was
 * drawn, or a refresh is needed. Runs in a worker; it knows neither that nor the channel.
 */
import { Decoder } from "./decoder";
import type { Size } from "./picture";
import type { Counts, FromWorker, VideoUse } from "./port";
import { Sheet, sheetFor } from "./sheet";
import { drawnAnswer, refreshAnswer } from "./wire";

/** What the painter needs of the worker it runs in. */
export interface Surroundings {
  answer(data: Uint8Array<ArrayBuffer>): void;
  tell(message: FromWorker): void;
}

// An agent that sends nothing but broken updates is not asked more often than this.
const REFRESH_MS = 1000;

/** What was published and is not known to be drawn. */
interface Publication {
  readonly number: number;
  readonly serials: readonly number[];
  /** Whether a pixel of it is transparent. */
  readonly transparent: boolean;
}

export class Painter {
  readonly #around: Surroundings;
  readonly #decoder = new Decoder();
  #sheet: Sheet | null = null;
  #published = 0;
  #undrawn: Publication[] = [];
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
        this.#publish();
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
      this.#publish();
    }
  }

  /** The canvases show this publication, and with it all before. */
  drawn(publication: number): void {
    const drawn = this.#undrawn.filter(({ number }) => number <= publication);
    const last = drawn.at(-1);
    if (last === undefined) {
      return;
    }
    this.#undrawn = this.#undrawn.slice(drawn.length);
    this.#counts = { ...this.#counts, frames: this.#counts.frames + 1, lastAt: performance.timeOrigin + performance.now() };
    for (const serial of drawn.flatMap(({ serials }) => serials)) {
      this.#around.answer(drawnAnswer(serial));
    }
    this.#tellVideo(this.#decoder.waiting ? "awaited" : last.transparent ? "seen" : "hidden");
  }

  #publish(): void {
    if (this.#decoder.waiting) {
      this.#tellVideo("awaited");
    }
    const frame = this.#decoder.take();
    if (frame === null) {
      return;
    }
    const { surface, parts, serials } = frame;
    const call = this.#sheetOf(surface).publish(surface, parts, ++this.#published);
    this.#undrawn.push({ number: this.#published, serials, transparent: surface.transparent > 0 });
    if (call) {
      this.#around.tell({ kind: "published" });
    }
  }

  // A picture of another size begins with a refresh, all of which is new.
  #sheetOf({ width, height }: Size): Sheet {
    if (this.#sheet?.size.width !== width || this.#sheet.size.height !== height) {
      const sheet = sheetFor({ width, height });
      this.#sheet = new Sheet(sheet);
      this.#around.tell({ kind: "sheet", sheet });
    }
    return this.#sheet;
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
