import { describe, expect, it } from "vitest";
import { sheetFor } from "../screen/sheet";
import { NO_STATS, readStats } from "./stats";

const report = (at: number, frames: number, change: Record<string, unknown> = {}): Map<string, unknown> =>
  new Map<string, unknown>([
    ["V", {
      type: "inbound-rtp", kind: "video", timestamp: at, framesDecoded: frames, bytesReceived: frames * 1000, totalDecodeTime: frames * 0.002,
      jitterBufferDelay: frames * 0.005, jitterBufferEmittedCount: frames, frameWidth: 1920, frameHeight: 1080, codecId: "C", ...change,
    }],
    ["C", { type: "codec", mimeType: "video/VP9", sdpFmtpLine: "profile-id=1" }],
    ["T", { type: "transport", selectedCandidatePairId: "P" }],
    ["P", { type: "candidate-pair", currentRoundTripTime: 0.012, localCandidateId: "L", remoteCandidateId: "R" }],
    ["L", { type: "local-candidate", candidateType: "host" }],
    ["R", { type: "remote-candidate", candidateType: "relay" }],
  ]);

describe("statistics", () => {
  it("are rates between two moments", () => {
    const first = readStats(report(1000, 10), null, null, null);
    expect(first.stats).toMatchObject({ fps: null, kilobits: null, decodeMs: null, width: 1920, roundTripMs: 12 });
    const { stats } = readStats(report(3000, 70), null, null, first.sample);
    expect(stats).toMatchObject({ fps: 30, kilobits: 240, width: 1920, height: 1080, codec: "VP9 4:4:4", carrier: "relayed", roundTripMs: 12 });
    expect(stats.decodeMs).toBeCloseTo(2, 6);
    expect(stats.jitterMs).toBeCloseTo(5, 6);
  });

  it("of a still screen are zero pictures, not a division by zero", () => {
    const first = readStats(report(1000, 10), null, null, null);
    expect(readStats(report(2000, 10), null, null, first.sample).stats).toMatchObject({ fps: 0, kilobits: 0, decodeMs: null, jitterMs: null });
  });

  it("count both carriers", () => {
    const screen = (need: "hidden" | "seen") => ({ sheet: sheetFor({ width: 1366, height: 768 }), video: { need, place: null } });
    const first = readStats(report(1000, 10), { frames: 5, bytes: 100, lastAt: 7 }, screen("seen"), null);
    const { stats } = readStats(report(2000, 20), { frames: 25, bytes: 600, lastAt: 9 }, screen("hidden"), first.sample);
    expect(first.stats).toMatchObject({ exact: "part", drawn: 5 });
    expect(stats).toMatchObject({ fps: 30, kilobits: 84, width: 1366, height: 768, exact: "all", drawn: 25, drawnAt: 9 });
    // The video's own figures are of video alone.
    expect(stats.decodeMs).toBeCloseTo(2, 6);
  });

  it("need no video", () => {
    const silent = (at: number) => new Map<string, unknown>([["T", { type: "transport", timestamp: at }]]);
    const counts = (frames: number) => ({ frames, bytes: frames * 100, lastAt: 1 });
    const screen = { sheet: sheetFor({ width: 800, height: 600 }), video: { need: "hidden", place: null } } as const;
    const first = readStats(silent(0), counts(0), screen, null);
    expect(readStats(silent(1000), counts(60), screen, first.sample).stats).toMatchObject({ fps: 60, kilobits: 48, width: 800, codec: null, exact: "all" });
  });

  it("say null where the browser says nothing", () => {
    expect(readStats(new Map(), null, null, null)).toEqual({ stats: NO_STATS, sample: null });
    const bare = new Map<string, unknown>([["V", { type: "inbound-rtp", kind: "video" }]]);
    expect(readStats(bare, null, null, null).stats).toEqual(NO_STATS);
    const silent = readStats(report(1000, 1, { framesDecoded: "many", frameWidth: Number.NaN, codecId: "none" }), null, null, null);
    expect(silent.stats).toMatchObject({ width: null, codec: null });
  });
});
