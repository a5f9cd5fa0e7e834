import { describe, expect, it } from "vitest";
import { settle, until } from "../session/fakes.testkit";
import { type MediaPlatform, openPlayerOn, type Player, type VideoElement } from "./player";
import { type OpenedRecording, RecordingError, type Segment } from "./recording";

class FakeVideo extends EventTarget implements VideoElement {
  src = "";
  time = 0;
  loads = 0;

  get currentTime(): number {
    return this.time;
  }

  // As a real element, which tells later.
  set currentTime(seconds: number) {
    this.time = seconds;
    setImmediate(() => this.dispatchEvent(new Event("seeking")));
  }

  removeAttribute(): void {
    this.src = "";
  }

  load(): void {
    this.loads++;
  }

  reach(seconds: number): void {
    this.time = seconds;
    this.dispatchEvent(new Event("timeupdate"));
  }
}

/** A buffer that refuses to be changed while it works, as the real one does. */
class FakeBuffer extends EventTarget {
  updating = false;
  readonly log: string[] = [];
  broken = false;

  appendBuffer(data: Uint8Array): void {
    this.#work(`append ${new TextDecoder().decode(data)}`);
  }

  remove(from: number, to: number): void {
    this.#work(`remove ${from}-${to}`);
  }

  changeType(type: string): void {
    this.log.push(`type ${type}`);
  }

  #work(what: string): void {
    if (this.updating) {
      throw new Error("InvalidStateError");
    }
    this.updating = true;
    this.log.push(what);
    setImmediate(() => {
      this.updating = false;
      if (this.broken) {
        this.dispatchEvent(new Event("error"));
      }
      this.dispatchEvent(new Event("updateend"));
    });
  }
}

class FakeSource extends EventTarget {
  readyState = "closed";
  duration = Number.NaN;
  readonly buffer = new FakeBuffer();
  type = "";
  ended = 0;

  addSourceBuffer(type: string): FakeBuffer {
    this.type = type;
    return this.buffer;
  }

  endOfStream(): void {
    this.readyState = "ended";
    this.ended++;
  }
}

const VP9 = "vp09.00.40.08";
const INIT = "INIT";

// Segments of 10 s; plain ones read as "INIT#0", "#1", …
function recordingOf(count: number, change: (segment: Segment, index: number) => Segment = (segment) => segment): OpenedRecording & { asked: number[] } {
  const asked: number[] = [];
  const segments = Array.from({ length: count }, (_, index) =>
    change({ name: `s${index}`, start: 10 * index, duration: 10, codec: VP9, initFrom: 0, initBytes: index === 0 ? INIT.length : 0 }, index),
  );
  return {
    id: "r", sessionId: "s", started: new Date(0), duration: 10 * count, width: 1, height: 1, complete: true, segments, events: [], asked,
    readSegment: async (index, signal) => {
      asked.push(index);
      await settle(); // late
      signal?.throwIfAborted();
      const init = (segments[index]?.initBytes ?? 0) > 0 ? `${INIT}` : "";
      return new TextEncoder().encode(`${init}#${index}`);
    },
  };
}

function play(recording: OpenedRecording, supported = true): { player: Player; video: FakeVideo; source: FakeSource; log: string[]; revoked: string[] } {
  const source = new FakeSource();
  const video = new FakeVideo();
  const revoked: string[] = [];
  const platform: MediaPlatform = {
    isTypeSupported: () => supported,
    createSource: () => source as unknown as MediaSource,
    createUrl: () => "blob:source",
    revokeUrl: (url) => revoked.push(url),
  };
  const player = openPlayerOn(platform, recording, video);
  if (supported) {
    source.readyState = "open";
    source.dispatchEvent(new Event("sourceopen"));
  }
  return { player, video, source, log: source.buffer.log, revoked };
}

describe("player", () => {
  it("fetches what is shown and 30 s ahead, and no more", async () => {
    const recording = recordingOf(20);
    const { player, source, log, revoked } = play(recording);
    await until(() => player.getSnapshot().loadedSegments === 3);
    await settle();
    expect(recording.asked).toEqual([0, 1, 2]);
    expect(log).toEqual(["append INIT#0", "append #1", "append #2"]);
    expect(source).toMatchObject({ type: `video/mp4; codecs="${VP9}"`, duration: 200, ended: 0 });
    expect(revoked).toEqual(["blob:source"]);
    expect(player.getSnapshot().phase).toEqual({ kind: "ready" });
    player.close();
  });

  it("goes on as it plays and lets go of what lies behind", async () => {
    const recording = recordingOf(20);
    const { player, video, log } = play(recording);
    await until(() => player.getSnapshot().loadedSegments === 3);
    for (const second of [10, 20, 30, 40, 50]) {
      video.reach(second);
      await settle();
    }
    await until(() => log.includes("remove 10-20"));
    await until(() => log.includes("append #7"));
    expect(recording.asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(log).toContain("remove 0-10");
    expect(log).not.toContain("remove 20-30");
    player.close();
  });

  it("seeks anywhere, giving up what it was fetching", async () => {
    const recording = recordingOf(100);
    const { player, video, log } = play(recording);
    player.seek(555);
    expect(video.currentTime).toBe(555);
    await until(() => log.includes("append #55") && log.includes("append #58"));
    expect(log).not.toContain("append #1");
    // The first fetch was dropped, so the init segment had to be fetched for itself.
    expect(log[0]).toBe("append INIT");
    expect(log[1]).toBe("append #55");
    player.close();
  });

  it("keeps inside the recording", () => {
    const { player, video } = play(recordingOf(2));
    player.seek(-5);
    expect(video.currentTime).toBe(0);
    player.seek(1e9);
    expect(video.currentTime).toBeCloseTo(20, 1);
    expect(video.currentTime).toBeLessThan(20);
    player.close();
  });

  it("changes with the form of the picture, there and back", async () => {
    const wide = "vp09.00.50.08";
    const recording = recordingOf(30, (segment, index) =>
      index < 15 ? segment : { ...segment, codec: wide, initFrom: 15, initBytes: index === 15 ? INIT.length : 0 },
    );
    const { player, log } = play(recording);
    await until(() => player.getSnapshot().loadedSegments === 3);
    player.seek(200);
    await until(() => log.includes("append #22"));
    player.seek(50);
    await until(() => log.includes("append #7"));
    const seen = log.filter((line) => !line.startsWith("remove"));
    expect(seen).toEqual([
      "append INIT#0", "append #1", "append #2",
      `type video/mp4; codecs="${wide}"`, "append INIT", "append #20", "append #21", "append #22",
      `type video/mp4; codecs="${VP9}"`, "append INIT", "append #5", "append #6", "append #7",
    ]);
    player.close();
  });

  it("marks the end once it is there, so that the element stops", async () => {
    const { source, player } = play(recordingOf(2));
    await until(() => source.ended === 1);
    player.close();
  });

  it.each([
    [new RecordingError({ kind: "changed", object: "segment-000001.age" }), { kind: "changed", object: "segment-000001.age" }],
    [new Error("surprise"), { kind: "cannot-play" }],
  ])("says what is wrong (%s)", async (error, problem) => {
    const { player } = play({ ...recordingOf(2), readSegment: () => Promise.reject(error) });
    await until(() => player.getSnapshot().phase.kind === "failed");
    expect(player.getSnapshot().phase).toEqual({ kind: "failed", problem });
  });

  it("says so when the browser cannot play it", async () => {
    expect(play(recordingOf(2), false).player.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "cannot-play" } });
    // Not the browser's fault: no picture has arrived yet.
    expect(play(recordingOf(0)).player.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "missing", object: "segment-000001.age" } });
    const { player, source } = play(recordingOf(2));
    source.buffer.broken = true;
    await until(() => player.getSnapshot().phase.kind === "failed");
    expect(player.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "cannot-play" } });
  });

  it("lets go of the element when it is closed, whatever is under way", async () => {
    const recording = recordingOf(5);
    const { player, video, log } = play(recording);
    player.close();
    player.close();
    await settle();
    await settle();
    expect(video).toMatchObject({ src: "", loads: 1 });
    expect(log).toEqual([]);
    video.reach(10);
    await settle();
    expect(recording.asked).toEqual([0]);
    expect(player.getSnapshot().phase.kind).toBe("loading");
  });
});
