import { expect, test } from "vitest";
import type { RecordedEvent } from "../../recording/recording";
import { eventWords, toRead } from "./words";

const event = (kind: string, scope = "", by = "", text = ""): RecordedEvent => ({ seconds: 0, at: new Date(0), kind, scope, by, text });

test.each([
  [event("asked", "control", "technician"), "Technician asked to use mouse and keyboard"],
  [event("granted", "view", "user"), "User let them see the screen"],
  [event("refused", "record", "user"), "User did not let them record"],
  [event("withdrawn", "record", "user"), "User stopped the recording"],
  [event("withdrawn", "control", "agent"), "Beside took back mouse and keyboard"],
  [event("ended", "", "user"), "User ended the session"],
  [event("ended", "", "technician"), "Technician ended the session"],
  [event("ended", "", "bar-lost"), "Beside ended the session: its bar could not be seen"],
  [event("ended"), "Session ended"],
  [event("gap", "", "", "disk full"), "Nothing was recorded for a while: disk full"],
  [event("chat", "", "user", "<b>It jams"), "User wrote: <b>It jams"],
  [event("chat", "", "technician", "Open it"), "Technician wrote: Open it"],
  [event("something-new", "", "", "in words"), "in words"],
])("%o", (given, want) => {
  expect(eventWords(given)).toBe(want);
});

test("a gap that a pause explains is not told twice", () => {
  const events = [event("paused"), event("gap", "", "", "paused"), event("resumed"), event("gap", "", "", "disk full")];
  expect(toRead(events).map(({ kind }) => kind)).toEqual(["paused", "resumed", "gap"]);
});
