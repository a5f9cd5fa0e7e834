/**
 * From the messages of the channel to the picture. Pure: whoever owns it draws what
 * `take` gives and answers.
 *
 *   empty ──refresh──► following ──update──► following
 *   lost ────refresh──────┘
 *   empty, following ── whatever breaks a rule ──► lost   (nothing is drawn until a refresh)
 */
import { Holes } from "./holes";
import { carryOut, type VideoPlace } from "./operations";
import { Dirt, type Rect } from "./rect";
import { Surface } from "./surface";
import { Broken, goesOn, MAX_WINDOW, Pieces, readUpdate, type Update } from "./wire";
import { Corrupt, readFrame, Unpacker } from "./zstd";

/** What a message led to: nothing (yet), something to draw, or that a refresh must be asked for. */
export type Outcome = "nothing" | "draw" | "lost";

/** What is to be drawn, and the updates that are drawn with it. */
export interface Frame {
  readonly surface: Surface;
  readonly parts: readonly Rect[];
  readonly serials: readonly number[];
}

export class Decoder {
  readonly #pieces = new Pieces();
  readonly #unpacker = new Unpacker();
  readonly #holes = new Holes();
  readonly #dirt = new Dirt();
  #unpacked = new Uint8Array(0);
  #surface: Surface | null = null;
  #serials: number[] = [];
  #serial = 0;
  #state: "empty" | "following" | "lost" = "empty";
  #chained = false;
  #video: VideoPlace | null = null;

  /** Takes one message of the channel. */
  receive(message: Uint8Array): Outcome {
    if (this.#state === "lost" && !this.#pieces.open && goesOn(message)) {
      return "nothing"; // the rest of what was broken
    }
    try {
      const data = this.#pieces.join(message);
      return data === null ? "nothing" : this.#update(readUpdate(data));
    } catch (error) {
      if (!(error instanceof Broken || error instanceof Corrupt || error instanceof RangeError)) {
        throw error;
      }
      this.#lose();
      return "lost";
    }
  }

  /** The video shows the frame of this timestamp; null when the browser does not say which. */
  shown(rtp: number | null): Outcome {
    if (rtp === null) {
      this.#open(this.#holes.all());
    } else {
      this.#holes.shown(rtp);
      this.#open(this.#chained ? [] : this.#holes.due());
    }
    return this.#ready() ? "draw" : "nothing";
  }

  /** The picture that follows the updates, or null before the first. */
  get surface(): Surface | null {
    return this.#surface;
  }

  /** Whether the picture is whole: no update is missing from it, and none waits for its next. */
  get settled(): boolean {
    return this.#state === "following" && !this.#chained;
  }

  /** Serial of the last update. */
  get serial(): number {
    return this.#serial;
  }

  /** Where the video lies, as the last update that let it be seen has it; null before. */
  get video(): VideoPlace | null {
    return this.#video;
  }

  /** Whether something waits for a video frame. */
  get waiting(): boolean {
    return this.#holes.waiting;
  }

  /** Gives what is to be drawn, or null. */
  take(): Frame | null {
    if (!this.#ready() || this.#surface === null) {
      return null;
    }
    const serials = this.#serials;
    this.#serials = [];
    return { surface: this.#surface, parts: this.#dirt.take(), serials };
  }

  #ready(): boolean {
    return this.settled && (this.#serials.length > 0 || !this.#dirt.empty);
  }

  #update(update: Update): Outcome {
    if (this.#state === "lost" && !update.refresh) {
      return "nothing"; // on its way before the refresh was asked for
    }
    const body = this.#body(update);
    const surface = this.#prepare(update);
    this.#video = carryOut({ surface, holes: this.#holes, dirt: this.#dirt }, body, update.rtp) ?? this.#video;
    this.#state = "following";
    this.#serial = update.serial;
    this.#serials.push(update.serial);
    this.#chained = update.more;
    if (!update.more) {
      this.#open(this.#holes.due());
    }
    return update.more ? "nothing" : "draw";
  }

  #body({ zstd, length, body }: Update): Uint8Array {
    if (!zstd) {
      return body;
    }
    if (this.#unpacked.length < length) {
      this.#unpacked = new Uint8Array(length);
    }
    const room = this.#unpacked.subarray(0, length);
    if (readFrame(body).size !== length) {
      throw new Broken("body of another length");
    }
    this.#unpacker.unpack(body, room, MAX_WINDOW);
    return room;
  }

  #prepare({ refresh, serial, width, height }: Update): Surface {
    const surface = this.#surface;
    const same = surface !== null && surface.width === width && surface.height === height;
    if (!refresh) {
      if (!same || serial !== (this.#serial + 1) >>> 0) {
        throw new Broken("not the next update");
      }
      return surface;
    }
    // The old picture stays on the canvases until this one is drawn.
    this.#holes.clear();
    this.#dirt.take();
    this.#dirt.add({ x: 0, y: 0, width, height });
    if (same) {
      surface.clear();
      return surface;
    }
    this.#surface = new Surface(width, height);
    return this.#surface;
  }

  #open(holes: readonly Rect[]): void {
    for (const hole of holes) {
      this.#surface?.erase(hole);
      this.#dirt.add(hole);
    }
  }

  #lose(): void {
    this.#state = "lost";
    this.#chained = false;
    this.#pieces.reset();
    this.#dirt.take();
    this.#serials = [];
  }
}
