/** Turns the browser's counters into the few figures that a technician can use. */
import type { ScreenState } from "../screen/link";
import type { Counts } from "../screen/port";
import type { Stats } from "./state";

/** The counters of one moment, of which two make a rate. */
export interface Sample {
  readonly at: number;
  /** Pictures of both carriers. */
  readonly pictures: number;
  readonly bytes: number;
  readonly decoded: number;
  readonly decodeSeconds: number;
  readonly bufferSeconds: number;
  readonly buffered: number;
}

export const NO_STATS: Stats = {
  fps: null,
  kilobits: null,
  roundTripMs: null,
  decodeMs: null,
  jitterMs: null,
  width: null,
  height: null,
  codec: null,
  exact: null,
  drawn: null,
  drawnAt: null,
  carrier: null,
};

// A report is a map of objects whose fields depend on their type and on the browser.
type Entry = Readonly<Record<string, unknown>>;

/**
 * Reads a report, and what was drawn of screen updates (null when nobody draws them), and
 * compares both with the sample before.
 */
export function readStats(
  report: Iterable<readonly [string, unknown]>,
  counts: Counts | null,
  screen: ScreenState | null,
  before: Sample | null,
): { stats: Stats; sample: Sample | null } {
  const entries = new Map<string, Entry>([...report].map(([id, entry]) => [id, entry as Entry]));
  const all = [...entries.values()];
  const path = readPath(entries, all);
  const video = all.find((entry) => entry["type"] === "inbound-rtp" && entry["kind"] === "video");
  const timed = video ?? all.find((entry) => entry["type"] === "transport");
  if (timed === undefined) {
    return { stats: { ...NO_STATS, ...path }, sample: null };
  }
  const decoded = number(video?.["framesDecoded"]) ?? 0;
  const sample: Sample = {
    at: number(timed["timestamp"]) ?? 0,
    pictures: decoded + (counts?.frames ?? 0),
    bytes: (number(video?.["bytesReceived"]) ?? 0) + (counts?.bytes ?? 0),
    decoded,
    decodeSeconds: number(video?.["totalDecodeTime"]) ?? 0,
    bufferSeconds: number(video?.["jitterBufferDelay"]) ?? 0,
    buffered: number(video?.["jitterBufferEmittedCount"]) ?? 0,
  };
  const stats: Stats = {
    ...path,
    ...rates(sample, before),
    ...drawnOf(counts, screen),
    width: screen?.sheet?.size.width ?? number(video?.["frameWidth"]),
    height: screen?.sheet?.size.height ?? number(video?.["frameHeight"]),
    codec: codecName(entries.get(String(video?.["codecId"]))),
  };
  return { stats, sample };
}

function drawnOf(counts: Counts | null, screen: ScreenState | null): Pick<Stats, "exact" | "drawn" | "drawnAt"> {
  if (counts === null || screen === null || screen.sheet === null) {
    return { exact: null, drawn: null, drawnAt: null };
  }
  return { exact: screen.video.need === "hidden" ? "all" : "part", drawn: counts.frames, drawnAt: counts.lastAt };
}

function rates(now: Sample, before: Sample | null): Pick<Stats, "fps" | "kilobits" | "decodeMs" | "jitterMs"> {
  const seconds = before === null ? 0 : (now.at - before.at) / 1000;
  if (before === null || seconds <= 0) {
    return { fps: null, kilobits: null, decodeMs: null, jitterMs: null };
  }
  const decoded = now.decoded - before.decoded;
  const buffered = now.buffered - before.buffered;
  return {
    // Less than before, when the line of the video was closed and its counters went away.
    fps: Math.max(0, now.pictures - before.pictures) / seconds,
    kilobits: (Math.max(0, now.bytes - before.bytes) * 8) / 1000 / seconds,
    decodeMs: decoded > 0 ? ((now.decodeSeconds - before.decodeSeconds) * 1000) / decoded : null,
    jitterMs: buffered > 0 ? ((now.bufferSeconds - before.bufferSeconds) * 1000) / buffered : null,
  };
}

function readPath(entries: ReadonlyMap<string, Entry>, all: readonly Entry[]): Pick<Stats, "roundTripMs" | "carrier"> {
  const transport = all.find((entry) => entry["type"] === "transport");
  const pair =
    entries.get(String(transport?.["selectedCandidatePairId"])) ??
    all.find((entry) => entry["type"] === "candidate-pair" && entry["nominated"] === true && entry["state"] === "succeeded");
  if (pair === undefined) {
    return { roundTripMs: null, carrier: null };
  }
  const seconds = number(pair["currentRoundTripTime"]);
  const kinds = ["localCandidateId", "remoteCandidateId"].map((side) => entries.get(String(pair[side]))?.["candidateType"]);
  return { roundTripMs: seconds === null ? null : seconds * 1000, carrier: kinds.includes("relay") ? "relayed" : "direct" };
}

/** Everything that a report says was received, as one number that only grows; null when it does not say. */
export function received(report: Iterable<readonly [string, unknown]>): number | null {
  const fields = ["packetsReceived", "requestsReceived", "responsesReceived"];
  const counts = [...report]
    .map(([, entry]) => entry as Entry)
    .filter((entry) => entry["type"] === "transport" || entry["type"] === "candidate-pair")
    .flatMap((entry) => fields.map((field) => number(entry[field])))
    .filter((count) => count !== null);
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

function codecName(codec: Entry | undefined): string | null {
  const mime = codec?.["mimeType"];
  if (typeof mime !== "string") {
    return null;
  }
  const name = mime.replace(/^video\//i, "").toUpperCase();
  if (name !== "VP9") {
    return name;
  }
  return String(codec?.["sdpFmtpLine"] ?? "").includes("profile-id=1") ? "VP9 4:4:4" : "VP9 4:2:0";
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
