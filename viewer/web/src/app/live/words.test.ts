import { describe, expect, it } from "vitest";
import type { EndedBy } from "../../session/session";
import { endingOf } from "./words";

const ENDS: readonly EndedBy[] = ["user", "technician", "bar-lost", "connection", "agent-closed", "refusal"];

describe("how a session ended", () => {
  it.each(ENDS)("%s: what happened, and what to do now", (by) => {
    const { title, text } = endingOf(by, true);
    expect(title).not.toBe("");
    // The user's program has ended with it: there is no number until they start it again.
    expect(text).toMatch(/start Beside again and to read you the new number\.$/);
  });

  it.each(["bar-lost", "connection", "agent-closed", "refusal"] as const)("%s, before it began: nothing was seen, and where the number is", (by) => {
    const { title, text } = endingOf(by, false);
    expect(title).not.toBe("");
    expect(text).toMatch(/[Nn]othing was seen/);
    expect(text).toMatch(/number/);
  });

  it("of a bar that could not be seen, every cause has what helps", () => {
    const lost = endingOf("bar-lost", true).helps;
    expect(lost).toHaveLength(4);
    expect(lost.every((line) => /[Aa]sk them|tell whoever/.test(line))).toBe(true);
    expect(endingOf("bar-lost", false).helps.length).toBeGreaterThan(0);
    expect(ENDS.filter((by) => endingOf(by, true).helps.length > 0)).toEqual(["bar-lost"]);
  });
});
