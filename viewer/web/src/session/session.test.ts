import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";
import { CursorSchema, Decision_Outcome, Ended_By, Scope as WireScope } from "../gen/beside/v1/session_pb";
import { sheetFor } from "../screen/sheet";
import { AGENT_PRINT, settle, STREAM, until } from "./fakes.testkit";
import { agree, begin, heard, live, phase, renew, SAY, session, world } from "./session.testkit";
import type { World } from "./world.testkit";

describe("a session", () => {
  it("goes from the code to the picture", async () => {
    begin();
    const phases: string[] = [phase()];
    session.subscribe(() => {
      if (phases.at(-1) !== phase()) {
        phases.push(phase());
      }
    });
    world.socket.open();
    expect(world.socket.sent[0]?.kind).toMatchObject({ case: "join", value: { protocol: 1, locator: "40812", resumeToken: "" } });
    world.welcome();
    await until(() => heard("ask") === 1);
    expect(world.heard.map((m) => m.kind.case).filter((kind) => kind !== "candidate")).toEqual(["offer", "ask"]);
    expect(world.heard.find((m) => m.kind.case === "ask")?.kind.value).toMatchObject({
      scope: WireScope.VIEW, reason: "The printer", ticket: "T-17",
    });
    await world.say(SAY.asking(WireScope.VIEW));
    await until(() => phase() === "asking");
    expect(session.getSnapshot().question).toEqual({ scope: "view", until: Date.now() + 90_000 });
    await world.say(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
    await world.say(SAY.answer());
    await until(() => world.peer.remoteDescription !== null);
    world.peer.connect();
    expect(phases).toEqual(["connecting", "handshaking", "waiting", "asking", "waiting", "live"]);
    expect(session.getSnapshot()).toMatchObject({
      technician: { id: "t1", name: "Ana Pérez" },
      organisation: { name: "Example Help Desk", canRecord: true },
      granted: ["view"], stream: STREAM, question: null,
    });
    expect(session.getSnapshot().events.map((e) => e.kind)).toEqual(["asked", "granted"]);
  });

  // THREAT 5: neither the secret nor the check digit may leave the page.
  it("never sends the secret", async () => {
    await live();
    const said = JSON.stringify(world.socket.sent, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
    );
    expect(said).toContain("40812");
    expect(said).not.toContain("730156");
  });

  it("offers full colour first, shows at once, and asks for nothing else", async () => {
    await agree();
    expect(world.peer.preferences.map((c) => c.sdpFmtpLine ?? c.mimeType)).toEqual(["profile-id=1", "profile-id=0", "video/rtx"]);
    expect(world.peer.voicePreferences).toEqual([]);
    expect(world.peer.receiver.jitterBufferTarget).toBe(0);
    expect([...world.peer.channels.keys()]).toEqual(["session", "input", "cursor", "clipboard", "files"]);
    expect(world.peer.configurations[0]?.iceServers).toEqual([{ urls: ["turn:127.0.0.1"], username: "u", credential: "c" }]);
  });

  it("moves to the data channel once it is open, and sends candidates over the relay still", async () => {
    await live();
    session.ask("control", "To press the button");
    await settle();
    expect(heard("ask")).toBe(1);
    expect(world.heardDirect.map((m) => m.kind.case)).toEqual(["ask"]);
    world.peer.dispatchEvent(Object.assign(new Event("icecandidate"), { candidate: null }));
    await until(() => heard("candidate") === 2);
  });

  it("hears the agent on either way", async () => {
    await live();
    world.sayDirect(SAY.decision(WireScope.CONTROL, Decision_Outcome.GRANTED));
    await world.say(SAY.state([WireScope.VIEW, WireScope.CONTROL], { paused: true }));
    await until(() => session.getSnapshot().paused);
    expect(session.getSnapshot().granted).toEqual(["view", "control"]);
    expect(session.getSnapshot().events.map((e) => e.kind)).toEqual(["asked", "granted", "granted", "paused"]);
  });
});

// PROMISE A1: without the user's yes there is no session.
describe("no", () => {
  it.each([
    ["refused", Decision_Outcome.REFUSED],
    ["expired", Decision_Outcome.EXPIRED],
    ["unavailable", Decision_Outcome.UNAVAILABLE],
  ])("to the first question (%s) is the end", async (kind, outcome) => {
    await agree();
    await world.say(SAY.asking(WireScope.VIEW));
    await world.say(SAY.decision(WireScope.VIEW, outcome));
    await until(() => phase() === "over");
    expect(session.getSnapshot().phase).toEqual({ kind: "over", by: "refusal", seconds: 0 });
    expect(session.getSnapshot().events.at(-1)?.kind).toBe(kind);
    expect(world.peer.closed).toBe(true);
  });

  it("to a later question ends nothing", async () => {
    await live();
    world.sayDirect(SAY.asking(WireScope.RECORD));
    world.sayDirect(SAY.decision(WireScope.RECORD, Decision_Outcome.REFUSED));
    await settle();
    expect(phase()).toBe("live");
    expect(session.getSnapshot().question).toBeNull();
  });
});

// THREAT 5
describe("somebody in between", () => {
  it("is told apart from a mistyped secret: wrong secret", async () => {
    begin({ secret: "730157" });
    world.socket.open();
    world.welcome();
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "wrong-secret" } });
    expect(heard("ask")).toBe(0);
  });

  it("cannot put another certificate into the answer", async () => {
    await agree();
    await world.say(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
    await world.say(SAY.answer(new Uint8Array(32).fill(0xcc)));
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "tampered" } });
    expect(world.peer.remoteDescription).toBeNull();
    expect(world.peer.closed).toBe(true);
  });

  it("cannot change the fingerprint during the handshake", async () => {
    world.agentPrint = AGENT_PRINT;
    world.meddle = (frame) =>
      frame.case === "confirm" ? { ...frame, value: { ...frame.value, tag: frame.value.tag.map((b, i) => (i === 5 ? b ^ 1 : b)) } } : frame;
    begin();
    world.socket.open();
    world.welcome();
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "tampered" } });
    await until(() => world.failures.length === 1, "the agent to hear of it");
  });

  it("cannot name another organisation", async () => {
    world.agentOrganisation = "Another";
    begin();
    world.socket.open();
    world.welcome();
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "organisation-mismatch" } });
  });

  it("cannot repeat a sealed message", async () => {
    await agree();
    let copy: Parameters<World["frame"]>[0] | null = null;
    world.meddle = (frame) => (copy = frame);
    await world.say(SAY.asking(WireScope.VIEW));
    await until(() => phase() === "asking");
    if (copy === null) {
      throw new Error("nothing was said");
    }
    world.frame(copy);
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "tampered" } });
  });

  it("cannot end a live session with what it makes up", async () => {
    await live();
    world.frame({ case: "failed", value: { $typeName: "beside.v1.HandshakeFailed", why: 1 } });
    world.frame({ case: "sealed", value: { $typeName: "beside.v1.Sealed", counter: 99n, ciphertext: new Uint8Array(40) } });
    await settle();
    expect(phase()).toBe("live");
  });
});

describe("screen updates", () => {
  it("come on a channel of the first offer, which the worker takes over", async () => {
    renew(true);
    await live();
    expect([...world.peer.channels.keys()].slice(0, 4)).toEqual(["session", "input", "cursor", "screen"]);
    expect(world.worker.heard).toEqual([{ kind: "channel", channel: world.channel("screen") }]);
    world.channel("screen").receive(Uint8Array.of(3, 1));
    expect(world.worker.heard).toHaveLength(1);
  });

  it("pass through the page where a channel cannot be handed over", async () => {
    renew(true);
    world.worker.transfers = false;
    await live();
    world.channel("screen").receive(Uint8Array.of(3, 1));
    expect(world.worker.heard).toMatchObject([{ kind: "message", data: Uint8Array.of(3, 1).buffer }]);
    world.worker.say({ kind: "answer", data: Uint8Array.of(1, 7, 0, 0, 0).buffer });
    expect(world.channel("screen").sent).toEqual([Uint8Array.of(1, 7, 0, 0, 0)]);
  });

  it("give the picture its size, and are counted", async () => {
    renew(true);
    await live();
    world.worker.say({ kind: "sheet", sheet: sheetFor({ width: 1366, height: 768 }) });
    expect(session.getSnapshot().picture).toEqual({ width: 1366, height: 768 });
    const asked = session.stats();
    expect(world.worker.heard.at(-1)).toEqual({ kind: "count" });
    world.worker.say({ kind: "count", counts: { frames: 3, bytes: 9, lastAt: 1 } });
    await asked;
    session.end();
    await vi.advanceTimersByTimeAsync(1000);
    expect(world.worker.terminated).toBe(true);
  });

  it("that are still being made ready at the end are not waited for", async () => {
    renew(true);
    begin();
    world.socket.open();
    world.welcome();
    await settle();
    session.end();
    world.worker.say({ kind: "ready" });
    await until(() => world.peers.length === 1, "the connection");
    await settle();
    expect(world.peer.closed).toBe(true);
    expect(world.socket.sent.map((frame) => frame.kind.case)).not.toContain("forward");
  });

  it("are left out when the worker does not start: the agent then sends video alone", async () => {
    for (const fail of [() => world.worker.onerror?.(new Event("error") as ErrorEvent), () => vi.advanceTimersByTime(3_000)]) {
      renew(true);
      begin();
      world.socket.open();
      world.welcome();
      await settle();
      expect(world.peers).toHaveLength(0);
      fail();
      await until(() => heard("ask") === 1, "the first question");
      expect([...world.peer.channels.keys()]).not.toContain("screen");
      expect(world.worker.terminated).toBe(true);
      session.end();
    }
  });
});

describe("the end", () => {
  it.each([
    [Ended_By.USER, "user"],
    [Ended_By.TECHNICIAN, "technician"],
    [Ended_By.BAR_LOST, "bar-lost"],
    [Ended_By.CONNECTION, "connection"],
    [Ended_By.AGENT_CLOSED, "agent-closed"],
    [Ended_By.REFUSAL, "refusal"],
  ])("by %i is told as it is, and nothing follows it", async (by, name) => {
    await live();
    world.sayDirect(SAY.ended(by, 61n));
    await until(() => phase() === "over");
    const last = session.getSnapshot();
    expect(last).toMatchObject({ phase: { kind: "over", by: name, seconds: 61 }, stream: null, granted: [] });
    expect(world.peer.closed).toBe(true);
    expect(world.socket.sent.at(-1)?.kind.case).toBe("leave");
    world.sayDirect(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
    await settle();
    expect(session.getSnapshot()).toBe(last);
  });

  it("by the technician stops at once and says goodbye on both ways", async () => {
    await live();
    vi.advanceTimersByTime(5_000);
    session.end();
    expect(session.getSnapshot()).toMatchObject({ phase: { kind: "over", by: "technician", seconds: 5 }, stream: null });
    expect(session.sendInput({ kind: "release-all" })).toBe(false);
    expect(world.heardDirect.at(-1)?.kind.case).toBe("goodbye");
    await until(() => heard("goodbye") === 1);
    await until(() => world.socket.sent.at(-1)?.kind.case === "leave");
    vi.advanceTimersByTime(250);
    expect(world.peer.closed).toBe(true);
  });
});

describe("the cursor", () => {
  const cursor = (shapeSerial: number, shape?: { serial: number; width: number; height: number; bytes: number }): Uint8Array =>
    toBinary(CursorSchema, create(CursorSchema, {
      x: 7, y: 8, visible: true, shapeSerial,
      ...(shape === undefined ? {} : { shape: { serial: shape.serial, width: shape.width, height: shape.height, hotX: 0, hotY: 0, rgba: new Uint8Array(shape.bytes) } }),
    }));

  it("is told apart from the snapshot, its shapes kept", async () => {
    await live();
    const seen: [number, number | undefined][] = [];
    const stop = session.onCursor((state) => seen.push([state.x, state.shape?.serial]));
    const before = session.getSnapshot();
    world.channel("cursor").receive(cursor(1, { serial: 1, width: 2, height: 2, bytes: 16 }));
    world.channel("cursor").receive(cursor(2, { serial: 2, width: 2, height: 2, bytes: 16 }));
    world.channel("cursor").receive(cursor(1));
    world.channel("cursor").receive(cursor(3, { serial: 3, width: 2, height: 2, bytes: 15 }));
    world.channel("cursor").receive(cursor(3, { serial: 3, width: 2000, height: 2000, bytes: 16 }));
    stop();
    world.channel("cursor").receive(cursor(2));
    expect(seen).toEqual([[0, undefined], [7, 1], [7, 2], [7, 1]]);
    expect(session.getSnapshot()).toBe(before);
  });
});
