import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FollowedVideo, followVideo } from "./follow-video";
import { ScreenLink, type WorkerEnd } from "./link";
import type { VideoPlace } from "./operations";
import { Painter } from "./painter";
import type { FromWorker, ToWorker, VideoUse } from "./port";
import type { Rect } from "./rect";
import { OPS, rect, UpdateWriter } from "./screen.testkit";
import { Sheet, type SheetMemory } from "./sheet";

/** A worker without a browser: the page looks when the test says so. */
class Room {
  readonly told: FromWorker[] = [];
  readonly answers: number[][] = [];
  readonly painter = new Painter({
    answer: (data) => this.answers.push([...data]),
    tell: (message) => this.told.push(message),
  });

  /** The page draws what is new; returns the parts. */
  frame(): Rect[] {
    const parts: Rect[] = [];
    const memory = this.sheets().at(-1);
    const publication = memory === undefined ? null : new Sheet(memory).take((_bytes, part) => parts.push(part), false);
    if (typeof publication === "number") {
      this.painter.drawn(publication);
    }
    return parts;
  }

  sheets(): SheetMemory[] {
    return this.told.flatMap((message) => (message.kind === "sheet" ? [message.sheet] : []));
  }

  uses(): VideoUse[] {
    return this.told.flatMap((message) => (message.kind === "video" ? [message.video] : []));
  }

  /** How often the page was called. */
  calls(): number {
    return this.told.filter(({ kind }) => kind === "published").length;
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
const ALL = rect(0, 0, 1920, 1080);
const WHOLE = OPS.fill(ALL, 1, 2, 3);

function begun(): void {
  receive({ refresh: true }, WHOLE);
  room.frame();
  room.answers.splice(0);
}

describe("the painter", () => {
  it("says once where the picture is, and answers when the page shows it", () => {
    receive({ refresh: true }, WHOLE);
    receive({}, OPS.fill(rect(0, 0, 1, 1), 9, 9, 9));
    expect(room.told).toMatchObject([{ kind: "sheet", sheet: { size: { width: 1920, height: 1080 } } }, { kind: "published" }]);
    expect(room.answers).toEqual([]);
    expect(room.frame()).toEqual([ALL, rect(0, 0, 1, 1)]);
    expect(room.answers).toEqual([[1, 1, 0, 0, 0], [1, 2, 0, 0, 0]]);
    expect(room.told.slice(2)).toEqual([{ kind: "video", video: { need: "hidden", place: null } }]);
  });

  it("publishes at once what changed, and answers what was drawn and nothing else", () => {
    begun();
    receive({}, OPS.fill(rect(10, 20, 30, 40), 9, 9, 9));
    receive({}, OPS.copy(rect(100, 500, 50, 100), 0, 0));
    expect(room.answers).toEqual([]);
    expect(room.calls()).toBe(2);
    expect(room.frame()).toEqual([rect(10, 20, 30, 40), rect(100, 500, 50, 100)]);
    expect(room.answers).toEqual([[1, 2, 0, 0, 0], [1, 3, 0, 0, 0]]);
    expect(room.frame()).toEqual([]);
    receive({}, OPS.fill(rect(0, 0, 1, 1), 9, 9, 9));
    room.painter.drawn(3); // of before: what is new is not drawn by it
    expect(room.answers).toHaveLength(2);
    expect(room.painter.counts).toMatchObject({ frames: 2 });
    room.frame();
    expect(room.painter.counts).toMatchObject({ frames: 3 });
  });

  it("publishes what belongs together together", () => {
    begun();
    receive({ more: true }, OPS.fill(rect(0, 0, 5, 5), 9, 9, 9));
    expect(room.frame()).toEqual([]);
    expect(room.answers).toEqual([]);
    receive({}, OPS.fill(rect(0, 700, 5, 5), 9, 9, 9));
    expect(room.frame()).toEqual([rect(0, 0, 5, 5), rect(0, 700, 5, 5)]);
    expect(room.answers).toHaveLength(2);
  });

  it("has another sheet for a picture of another size, and answers for the one before as well", () => {
    begun();
    receive({}, OPS.fill(rect(0, 0, 5, 5), 9, 9, 9));
    writer = new UpdateWriter(640, 480);
    receive({ refresh: true, serial: 9 }, OPS.fill(rect(0, 0, 640, 480), 5, 5, 5));
    expect(room.sheets().map(({ size }) => size)).toEqual([{ width: 1920, height: 1080 }, { width: 640, height: 480 }]);
    expect(room.frame()).toEqual([rect(0, 0, 640, 480)]);
    expect(room.answers).toEqual([[1, 2, 0, 0, 0], [1, 9, 0, 0, 0]]);
  });

  it("shows nothing of a broken update", () => {
    begun();
    receive({}, OPS.fill(rect(0, 0, 9, 9), 9, 9, 9), OPS.fill(rect(1919, 0, 5, 5), 9, 9, 9));
    expect(room.frame()).toEqual([]);
    expect(room.answers).toEqual([[2]]);
    receive({ refresh: true }, WHOLE);
    expect(room.frame()).toEqual([ALL]);
    expect(room.answers).toEqual([[2], [1, 3, 0, 0, 0]]);
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

  it("says what the video is needed for, once the canvases show it", () => {
    begun();
    receive({ rtp: 50 }, OPS.video(rect(8, 8, 64, 64), 8, 4));
    expect(room.uses().at(-1)).toEqual({ need: "awaited", place: { x: 8, y: 4, rtp: 50 } });
    room.frame();
    room.painter.shown(49);
    expect(room.frame()).toEqual([]);
    room.painter.shown(50);
    expect(room.uses().at(-1)?.need).toBe("awaited");
    expect(room.frame()).toEqual([rect(8, 8, 64, 64)]);
    expect(room.uses().at(-1)?.need).toBe("seen");
    receive({}, OPS.fill(rect(8, 8, 64, 64), 1, 1, 1));
    // Hidden now, the video would be missing in a hole that is still seen.
    expect(room.uses().at(-1)?.need).toBe("seen");
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
