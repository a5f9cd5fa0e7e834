import { expect, test } from "vitest";
import { EMPTY } from "../../session/reduce";
import type { SessionEvent, Snapshot } from "../../session/session";
import { bannersOf } from "./banners";

const quiet: Snapshot = { ...EMPTY, phase: { kind: "live" }, granted: ["view"], startedAt: 0 };

const none = new Set<string>();
const titles = (snapshot: Snapshot, dismissed: ReadonlySet<string> = none) => bannersOf(snapshot, dismissed).map(({ title }) => title);
const after = (...events: SessionEvent[]): Snapshot => ({ ...quiet, events });

test("nothing happened, nothing is said", () => {
  expect(titles(quiet)).toEqual([]);
});

test("a refusal is said until it is put away", () => {
  const refused = after({ at: 1, kind: "asked", scope: "control" }, { at: 2, kind: "refused", scope: "control" });
  const [banner] = bannersOf(refused, none);
  expect(banner?.title).toContain("They said no");
  expect(banner?.dismissible).toBe(true);
  expect(titles(refused, new Set([banner?.key ?? ""]))).toEqual([]);
});

test("asking again clears the last answer, and the next answer is not put away with it", () => {
  const refused = after({ at: 1, kind: "refused", scope: "control" });
  const dismissed = new Set(bannersOf(refused, none).map(({ key }) => key));
  expect(titles(after(...refused.events, { at: 2, kind: "asked", scope: "control" }), dismissed)).toEqual([]);
  expect(titles(after(...refused.events, { at: 2, kind: "asked", scope: "control" }, { at: 3, kind: "refused", scope: "control" }), dismissed)).toHaveLength(1);
});

// PROMISE E1
test("the recording's start, withdrawal and failure are each said", () => {
  const started: SessionEvent = { at: 2, kind: "recording-started" };
  expect(titles(after({ at: 1, kind: "granted", scope: "record" }, started))).toEqual(["This session is being recorded"]);
  expect(titles(after(started, { at: 3, kind: "withdrawn", scope: "record" }))).toEqual(["The user stopped the recording"]);
  expect(titles(after(started, { at: 3, kind: "recording-failed", detail: "The disk is full." }))[0]).toContain("could not be written");
});

test("good news passes by itself, and whatever takes something away stays until it is put away", () => {
  const passes = (...events: SessionEvent[]) => bannersOf(after(...events), none).map((banner) => banner.passes);
  expect(passes({ at: 1, kind: "granted", scope: "control" })).toEqual([true]);
  expect(passes({ at: 1, kind: "recording-started" })).toEqual([true]);
  expect(passes({ at: 1, kind: "recording-stopped" })).toEqual([true]);
  expect(passes({ at: 1, kind: "connection-repaired" })).toEqual([true]);
  for (const kind of ["refused", "expired", "withdrawn"] as const) {
    expect(passes({ at: 1, kind, scope: "control" }), kind).toEqual([false]);
  }
  expect(passes({ at: 1, kind: "unavailable", scope: "voice", detail: "" })).toEqual([false]);
  expect(passes({ at: 1, kind: "recording-failed", detail: "" })).toEqual([false]);
});

test("states are said for as long as they last and cannot be put away", () => {
  const busy: Snapshot = { ...quiet, granted: ["view", "control"], paused: true, inputLocked: true };
  const banners = bannersOf(busy, none);
  expect(banners.map(({ key }) => key)).toEqual(["paused", "locked"]);
  expect(banners.every(({ dismissible }) => !dismissible)).toBe(true);
  expect(titles({ ...busy, paused: false, inputLocked: false })).toEqual([]);
});

// PROMISE A8
test("a secret is said as such, and not as a pause", () => {
  expect(titles({ ...quiet, paused: true, secret: true })).toEqual(["The user is typing a secret"]);
});

// PROMISE A4
test("nobody there is said, and goes before their hands at rest", () => {
  const alone: Snapshot = { ...quiet, granted: ["view", "control"], away: true, userActive: true };
  expect(titles(alone)).toEqual(["The user is away, or their screen is locked"]);
});

test("whoever may not control is not told that their input waits", () => {
  expect(titles({ ...quiet, userActive: true, inputLocked: true })).toEqual([]);
  expect(titles({ ...quiet, granted: ["view", "control"], userActive: true })[0]).toContain("using the mouse");
});

test("while a question is open their hands on the mouse are no news: it is how they answer", () => {
  const busy: Snapshot = { ...quiet, granted: ["view", "control"], userActive: true, inputLocked: true };
  expect(titles(busy)).toEqual(["A question is on their screen"]);
  expect(titles({ ...busy, question: { scope: "files", until: 60_000 } as NonNullable<Snapshot["question"]> })).toHaveLength(1);
  expect(titles({ ...busy, inputLocked: false })).toEqual(["The user is using the mouse or keyboard"]);
});
