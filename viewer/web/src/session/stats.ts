/** Turns the browser's counters into the few figures that a technician can use. */
import type { Stats } from "./state";

/** The counters of one moment, of which two make a rate. */
export interface Sample {
  readonly at: number;
  readonly frames: number;
  readonly bytes: number;
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
  carrier: null,
};

// A report is a map of objects whose fields depend on their type and on the browser.
type Entry = Readonly<Record<string, unknown>>;

/** Reads a report and compares it with the sample before. */
export function readStats(report: Iterable<readonly [string, unknown]>, before: Sample | null): { stats: Stats; sample: Sample | null } {
  const entries = new Map<string, Entry>([...report].map(([id, entry]) => [id, entry as Entry]));
  const all = [...entries.values()];
  const video = all.find((entry) => entry["type"] === "inbound-rtp" && entry["kind"] === "video");
  const path = readPath(entries, all);
  if (video === undefined) {
    return { stats: { ...NO_STATS, ...path }, sample: null };
  }
  const sample: Sample = {
    at: number(video["timestamp"]) ?? 0,
    frames: number(video["framesDecoded"]) ?? 0,
    bytes: number(video["bytesReceived"]) ?? 0,
    decodeSeconds: number(video["totalDecodeTime"]) ?? 0,
    bufferSeconds: number(video["jitterBufferDelay"]) ?? 0,
    buffered: number(video["jitterBufferEmittedCount"]) ?? 0,
  };
  const stats: Stats = {
    ...path,
    ...rates(sample, before),
    width: number(video["frameWidth"]),
    height: number(video["frameHeight"]),
    codec: codecName(entries.get(String(video["codecId"]))),
  };
  return { stats, sample };
}

function rates(now: Sample, before: Sample | null): Pick<Stats, "fps" | "kilobits" | "decodeMs" | "jitterMs"> {
  const seconds = before === null ? 0 : (now.at - before.at) / 1000;
  if (before === null || seconds <= 0) {
    return { fps: null, kilobits: null, decodeMs: null, jitterMs: null };
  }
  const frames = now.frames - before.frames;
  const buffered = now.buffered - before.buffered;
  return {
    fps: frames / seconds,
    kilobits: ((now.bytes - before.bytes) * 8) / 1000 / seconds,
    decodeMs: frames > 0 ? ((now.decodeSeconds - before.decodeSeconds) * 1000) / frames : null,
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
