import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FollowedVideo, followVideo } from "./follow-video";
import { ScreenLink, type WorkerEnd } from "./link";
import type { VideoPlace } from "./operations";
import { Painter, type Pen } from "./painter";
import type { FromWorker, ToWorker, VideoUse } from "./port";
import { OPS, rect, UpdateWriter } from "./screen.testkit";

type Put = [x: number, y: number, left: number, top: number, width: number, height: number];

/** A worker without a browser: frames come when the test says so. */
class Room {
  readonly told: FromWorker[] = [];
  readonly answers: number[][] = [];
  readonly puts: Put[][] = [];
  #frames: (() => void)[] = [];
  readonly painter = new Painter({
    nextFrame: (draw) => this.#frames.push(draw),
    image: ({ bytes, width, height }) => ({ data: bytes, width, height }) as unknown as ImageData,
    answer: (data) => this.answers.push([...data]),
    tell: (message) => this.told.push(message),
  });

  /** Lends canvases, as the page does when it hears of a size. */
  lend(set: number, width: number, height: number, count: number): void {
    const pens: Pen[] = Array.from({ length: count }, (_, index) => {
      const puts: Put[] = [];
      this.puts[index] = puts;
      return { putImageData: (_image, ...where) => puts.push(where) };
    });
    this.painter.lend(set, { width, height }, pens);
  }

  /** The browser draws a frame; returns how often it was asked for. */
  frame(): number {
    const frames = this.#frames;
    this.#frames = [];
    for (const draw of frames) {
      draw();
    }
    return frames.length;
  }

  uses(): VideoUse[] {
    return this.told.flatMap((message) => (message.kind === "video" ? [message.video] : []));
  }
}

let room: Room;
let writer: UpdateWriter;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  room = new Room();
  writer = new UpdateWriter(1920, 1080);
});
afterEach(() => {
  vi.useRealTimers();
});

const receive = (...update: Parameters<UpdateWriter["update"]>) => room.painter.receive(writer.message(writer.update(...update)));
const WHOLE = OPS.fill(rect(0, 0, 1920, 1080), 1, 2, 3);

function begun(): void {
  receive({ refresh: true }, WHOLE);
  room.lend(1, 1920, 1080, 2);
  room.frame();
  room.puts.forEach((puts) => puts.splice(0));
  room.answers.splice(0);
}

describe("the painter", () => {
  it("asks for canvases once, and answers when they show the picture", () => {
    receive({ refresh: true }, WHOLE);
    receive({}, OPS.fill(rect(0, 0, 1, 1), 9, 9, 9));
    expect(room.told).toEqual([{ kind: "size", size: { width: 1920, height: 1080 } }]);
    room.frame();
    expect(room.answers).toEqual([]);
    room.lend(4, 1920, 1080, 2);
    room.frame();
    expect(room.puts).toEqual([[[0, 0, 0, 0, 1920, 540]], [[0, -540, 0, 540, 1920, 540]]]);
    expect(room.answers).toEqual([[1, 1, 0, 0, 0], [1, 2, 0, 0, 0]]);
    expect(room.told.slice(1)).toEqual([{ kind: "painted", set: 4 }, { kind: "video", video: { need: "hidden", place: null } }]);
  });

  it("draws once a frame what changed, and answers only then", () => {
    begun();
    receive({}, OPS.fill(rect(10, 20, 30, 40), 9, 9, 9));
    receive({}, OPS.copy(rect(100, 500, 50, 100), 0, 0));
    expect(room.answers).toEqual([]);
    expect(room.puts).toEqual([[], []]);
    expect(room.frame()).toBe(1);
    expect(room.puts).toEqual([[[0, 0, 10, 20, 30, 40], [0, 0, 100, 500, 50, 40]], [[0, -540, 100, 540, 50, 60]]]);
    expect(room.answers).toEqual([[1, 2, 0, 0, 0], [1, 3, 0, 0, 0]]);
    expect(room.frame()).toBe(0);
    expect(room.painter.counts).toMatchObject({ frames: 2 });
  });

  it("draws what belongs together together", () => {
    begun();
    receive({ more: true }, OPS.fill(rect(0, 0, 5, 5), 9, 9, 9));
    room.frame();
    expect(room.answers).toEqual([]);
    receive({}, OPS.fill(rect(0, 700, 5, 5), 9, 9, 9));
    room.frame();
    expect(room.puts.map((puts) => puts.length)).toEqual([1, 1]);
    expect(room.answers).toHaveLength(2);
  });

  it("draws all of it anew on other canvases, and nothing on those of another size", () => {
    begun();
    receive({}, OPS.fill(rect(0, 0, 5, 5), 9, 9, 9));
    room.lend(2, 1920, 1080, 2);
    room.frame();
    expect(room.puts[0]).toEqual([[0, 0, 0, 0, 1920, 540]]);
    expect(room.puts[1]).toEqual([[0, -540, 0, 540, 1920, 540]]);
    expect(room.told.at(-1)).toEqual({ kind: "painted", set: 2 });
    const before = room.told.length;
    writer = new UpdateWriter(640, 480);
    receive({ refresh: true }, OPS.fill(rect(0, 0, 640, 480), 5, 5, 5));
    room.frame();
    expect(room.told.slice(before)).toEqual([{ kind: "size", size: { width: 640, height: 480 } }]);
    room.lend(3, 1920, 1080, 2); // came too late
    room.frame();
    expect(room.puts).toEqual([[], []]);
    room.lend(4, 640, 480, 1);
    room.frame();
    expect(room.puts[0]).toEqual([[0, 0, 0, 0, 640, 480]]);
  });

  it("shows nothing of a broken update, not even with what came before it", () => {
    begun();
    receive({}, OPS.fill(rect(0, 0, 5, 5), 9, 9, 9));
    receive({}, OPS.fill(rect(0, 0, 9, 9), 9, 9, 9), OPS.fill(rect(1919, 0, 5, 5), 9, 9, 9));
    room.frame();
    expect(room.puts).toEqual([[], []]);
    expect(room.answers).toEqual([[2]]);
    receive({ refresh: true }, WHOLE);
    room.frame();
    expect(room.answers).toEqual([[2], [1, 4, 0, 0, 0]]);
    expect(room.puts[0]).toEqual([[0, 0, 0, 0, 1920, 540]]);
  });

  it("asks for a refresh once a second at most, and again when that was broken too", async () => {
    begun();
    const broken = () => receive({ refresh: true }, [9]);
    broken();
    broken();
    broken();
    expect(room.answers).toEqual([[2]]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(room.answers).toEqual([[2], [2]]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(room.answers).toHaveLength(2);
  });

  it("says what the video is needed for", () => {
    begun();
    receive({ rtp: 50 }, OPS.video(rect(8, 8, 64, 64), 8, 4));
    expect(room.uses().at(-1)).toEqual({ need: "awaited", place: { x: 8, y: 4, rtp: 50 } });
    room.frame();
    room.painter.shown(49);
    expect(room.frame()).toBe(0);
    room.painter.shown(50);
    room.frame();
    expect(room.puts[0]?.at(-1)).toEqual([0, 0, 8, 8, 64, 64]);
    expect(room.uses().at(-1)?.need).toBe("seen");
    receive({}, OPS.fill(rect(8, 8, 64, 64), 1, 1, 1));
    room.frame();
    expect(room.uses().at(-1)?.need).toBe("hidden");
  });
});

/** A link whose worker says what the test wants. */
class Desk implements WorkerEnd {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly heard: ToWorker[] = [];
  readonly link = new ScreenLink(this);

  postMessage(message: ToWorker): void {
    this.heard.push(message);
  }

  terminate(): void {}

  needs(need: VideoUse["need"], place: VideoPlace | null = null): void {
    this.onmessage?.(new MessageEvent("message", { data: { kind: "video", video: { need, place } } satisfies FromWorker }));
  }

  get shown(): (number | null)[] {
    return this.heard.flatMap((message) => (message.kind === "shown" ? [message.rtp] : []));
  }
}

class Video implements FollowedVideo {
  paused = false;
  readonly style = { visibility: "" };
  frames = 0;
  #callback: ((now: number, metadata: { rtpTimestamp?: number }) => void) | null = null;

  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }

  pause(): void {
    this.paused = true;
  }

  requestVideoFrameCallback?(callback: (now: number, metadata: { rtpTimestamp?: number }) => void): number {
    this.#callback = callback;
    return ++this.frames;
  }

  cancelVideoFrameCallback(): void {
    this.#callback = null;
  }

  show(rtpTimestamp?: number): void {
    const callback = this.#callback;
    this.#callback = null;
    callback?.(0, rtpTimestamp === undefined ? {} : { rtpTimestamp });
  }
}

describe("the video below", () => {
  it("rests while it is hidden, and its frames are told only while one is waited for", () => {
    const desk = new Desk();
    const video = new Video();
    const places: VideoPlace[] = [];
    const leave = followVideo(desk.link, video, (place) => places.push(place));
    video.show(10);
    expect(desk.shown).toEqual([]);
    desk.needs("hidden");
    expect([video.paused, video.style.visibility]).toEqual([true, "hidden"]);
    desk.needs("awaited", { x: 3, y: 4, rtp: 30 });
    expect([video.paused, video.style.visibility]).toEqual([false, ""]);
    expect(desk.shown).toEqual([10]); // it may have been the one
    video.show(20);
    expect(places).toEqual([]);
    video.show(30);
    expect(desk.shown).toEqual([10, 20, 30]);
    expect(places).toEqual([{ x: 3, y: 4, rtp: 30 }]);
    desk.needs("seen", { x: 3, y: 4, rtp: 30 });
    video.show(40);
    expect(desk.shown).toHaveLength(3);
    desk.needs("hidden");
    leave();
    expect(video.style.visibility).toBe("");
    video.show(50);
    expect(desk.shown).toHaveLength(3);
    desk.link.close();
  });

  it("is taken to be right a moment after the next frame where frames have no name", async () => {
    const desk = new Desk();
    const video = new Video();
    const places: VideoPlace[] = [];
    const leave = followVideo(desk.link, video, (place) => places.push(place));
    const place = { x: 1, y: 2, rtp: 7 };
    video.show();
    desk.needs("awaited", place);
    await vi.advanceTimersByTimeAsync(500);
    expect(desk.shown).toEqual([]);
    video.show();
    await vi.advanceTimersByTimeAsync(100);
    expect(desk.shown).toEqual([null]);
    expect(places).toEqual([place]);
    leave();
    desk.link.close();
  });

  it("is taken to be right soon where the browser tells of no frames", async () => {
    const desk = new Desk();
    const video = new Video();
    Object.assign(video, { requestVideoFrameCallback: undefined });
    const leave = followVideo(desk.link, video, () => undefined);
    desk.needs("awaited");
    await vi.advanceTimersByTimeAsync(249);
    expect(desk.shown).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(desk.shown).toEqual([null]);
    leave();
    desk.link.close();
  });
});
