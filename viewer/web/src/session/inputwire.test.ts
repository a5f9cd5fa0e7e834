import { describe, expect, it } from "vitest";
import { Scope as WireScope } from "../gen/beside/v1/session_pb";
import { settle } from "./fakes.testkit";
import { controlling, live, SAY, session, world } from "./session.testkit";

describe("input", () => {
  it("does not leave before control was granted", async () => {
    await live();
    expect(session.sendInput({ kind: "move", x: 1, y: 1 })).toBe(false);
    expect(world.input).toHaveLength(0);
  });

  // THREAT 8: whatever is not sent takes no number.
  it("is numbered without a hole", async () => {
    await controlling();
    session.sendInput({ kind: "move", x: 10.4, y: 20.6 });
    session.sendInput({ kind: "text", text: "x".repeat(5000) });
    session.sendInput({ kind: "button", x: 1, y: 1, button: 9, down: true });
    session.sendInput({ kind: "button", x: 1, y: 2, button: 0, down: true });
    session.sendInput({ kind: "text", text: "ä€你" });
    expect(world.input.map((m) => m.sequence)).toEqual([1n, 2n, 3n]);
    expect(world.input[0]?.kind).toMatchObject({ case: "move", value: { x: 10, y: 21 } });
    expect(world.input[2]?.kind).toMatchObject({ case: "text", value: { text: "ä€你" } });
  });

  it("waits while a question is on the screen, but lets go of what is held", async () => {
    await controlling();
    world.sayDirect(SAY.state([WireScope.VIEW, WireScope.CONTROL], { inputLocked: true }));
    await settle();
    const key = { kind: "key", code: "KeyA", key: "a", capsLock: false, numLock: false } as const;
    expect(session.sendInput({ ...key, down: true })).toBe(false);
    expect(session.sendInput({ ...key, down: false })).toBe(true);
    expect(session.sendInput({ kind: "release-all" })).toBe(true);
  });

  it("drops motion, and nothing else, when the network is busy", async () => {
    await controlling();
    world.channel("input").bufferedAmount = 20 << 10;
    expect(session.sendInput({ kind: "move", x: 1, y: 1 })).toBe(false);
    expect(session.sendInput({ kind: "button", x: 1, y: 1, button: 0, down: true })).toBe(true);
    expect(world.input.map((m) => m.sequence)).toEqual([1n]);
  });
});
