import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CursorSchema, Decision_Outcome, Ended_By, Scope as WireScope } from "../gen/beside/v1/session_pb";
import { PeerLeft_Why, RelayError_Code, type RelayToViewer } from "../gen/beside/v1/signal_pb";
import { sheetFor } from "../screen/sheet";
import { openSession, type Session } from "./session";
import { AGENT_PRINT, description, settle, STREAM, until, World } from "./session.testkit";

const code = { locator: "40812", secret: "730156" };

const SAY = {
  asking: (scope: WireScope) => ({ case: "asking", value: { $typeName: "beside.v1.Asking", scope, secondsLeft: 90 } }) as const,
  decision: (scope: WireScope, outcome: Decision_Outcome, detail = "") =>
    ({ case: "decision", value: { $typeName: "beside.v1.Decision", scope, outcome, detail } }) as const,
  answer: (print = AGENT_PRINT, extra: string[] = []) =>
    ({ case: "answer", value: { $typeName: "beside.v1.Description", sdp: description(print, "sendonly", extra), number: 0 } }) as const,
  state: (granted: WireScope[], change: { paused?: boolean; userActive?: boolean; inputLocked?: boolean; secret?: boolean; away?: boolean } = {}) =>
    ({ case: "state", value: { $typeName: "beside.v1.State", granted, paused: false, userActive: false, inputLocked: false, secret: false, away: false, muted: false, ...change } }) as const,
  ended: (by: Ended_By, seconds: bigint) => ({ case: "ended", value: { $typeName: "beside.v1.Ended", by, seconds } }) as const,
};

let world: World;
let session: Session;

// Timers and the clock are virtual; what is merely due (promises, WebCrypto) is awaited.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  world = new World(code);
});
afterEach(() => {
  session.end();
  vi.useRealTimers();
});

function begin(options: { secret?: string; diagnose?: () => Promise<{ kind: "signed-out" } | null> } = {}): void {
  session = openSession(
    {
      code: { ...code, secret: options.secret ?? code.secret },
      reason: "The printer",
      ticket: "T-17",
      webSocketUrl: "wss://relay.example/api/v1/session",
      ...(options.diagnose === undefined ? {} : { diagnose: options.diagnose }),
    },
    world.platform,
  );
}

const phase = (): string => session.getSnapshot().phase.kind;
const heard = (kind: string): number => world.heard.filter((message) => message.kind.case === kind).length;

async function agree(): Promise<void> {
  begin();
  world.socket.open();
  world.welcome();
  await until(() => heard("ask") === 1, "the first question");
}

async function live(): Promise<void> {
  await agree();
  await world.say(SAY.asking(WireScope.VIEW));
  await world.say(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
  await world.say(SAY.answer());
  await until(() => world.peer.remoteDescription !== null, "the answer");
  world.peer.connect();
  expect(phase()).toBe("live");
}

async function controlling(): Promise<void> {
  await live();
  world.sayDirect(SAY.state([WireScope.VIEW, WireScope.CONTROL]));
  await settle();
}

describe("screen updates", () => {
  async function watching(): Promise<void> {
    begin();
    world.worker.say({ kind: "ready" });
    world.socket.open();
    world.welcome();
    await until(() => heard("ask") === 1, "the first question");
    await world.say(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
    await world.say(SAY.answer());
    await until(() => world.peer.remoteDescription !== null, "the answer");
    world.peer.connect();
  }

  it("come on a channel of the first offer, which the worker takes over", async () => {
    world = new World(code, true);
    await watching();
    expect([...world.peer.channels.keys()].slice(0, 4)).toEqual(["session", "input", "cursor", "screen"]);
    expect(world.worker.heard).toEqual([{ kind: "channel", channel: world.channel("screen") }]);
    world.channel("screen").receive(Uint8Array.of(3, 1));
    expect(world.worker.heard).toHaveLength(1);
  });

  it("pass through the page where a channel cannot be handed over", async () => {
    world = new World(code, true);
    world.worker.transfers = false;
    await watching();
    world.channel("screen").receive(Uint8Array.of(3, 1));
    expect(world.worker.heard).toMatchObject([{ kind: "message", data: Uint8Array.of(3, 1).buffer }]);
    world.worker.say({ kind: "answer", data: Uint8Array.of(1, 7, 0, 0, 0).buffer });
    expect(world.channel("screen").sent).toEqual([Uint8Array.of(1, 7, 0, 0, 0)]);
  });

  it("give the picture its size, and are counted", async () => {
    world = new World(code, true);
    await watching();
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

  it("are left out when the worker does not start: the agent then sends video alone", async () => {
    for (const fail of [() => world.worker.onerror?.(new Event("error") as ErrorEvent), () => vi.advanceTimersByTime(3_000)]) {
      world = new World(code, true);
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
    expect(world.peer.voicePreferences.map((c) => c.mimeType)).toEqual(["audio/opus"]);
    expect(world.peer.spoken).toEqual([]);
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

describe("the relay refuses", () => {
  it.each([
    [RelayError_Code.CODE_UNKNOWN, { kind: "code-unknown" }],
    [RelayError_Code.TOO_MANY, { kind: "too-many-tries", retryAfterSeconds: 42 }],
    [RelayError_Code.VERSION, { kind: "version-mismatch" }],
    [RelayError_Code.ORGANISATION, { kind: "organisation-mismatch" }],
    [RelayError_Code.UNAVAILABLE, { kind: "relay-unavailable" }],
    [RelayError_Code.FORBIDDEN, { kind: "forbidden" }],
    [RelayError_Code.BAD_FRAME, { kind: "bad-frame" }],
    [99 as RelayError_Code, { kind: "bad-frame" }],
  ])("with code %i", async (error, problem) => {
    begin();
    world.socket.open();
    world.socket.receive({ case: "error", value: { $typeName: "beside.v1.RelayError", code: error, detail: "", retryAfterSeconds: 42 } });
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem });
  });

  it("the connection: not reachable, or the reason that the page finds", async () => {
    begin();
    world.socket.drop();
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "relay-unreachable" } });

    begin({ diagnose: async () => ({ kind: "signed-out" }) });
    world.socket.drop();
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "signed-out" } });
  });

  it.each([
    ["bytes that are no frame", Uint8Array.of(0xff, 0xff, 0xff).buffer],
    ["text", "hello"],
    ["a frame beyond the limit", new ArrayBuffer((64 << 10) + 1)],
  ])("by sending %s", async (_, data) => {
    begin();
    world.socket.open();
    world.socket.receiveRaw(data);
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "bad-frame" } });
  });

  it.each([
    [4000, "other-side-gone"],
    [4400, "bad-frame"],
    [4401, "signed-out"],
    [4403, "forbidden"],
    [4404, "code-unknown"],
    [4410, "connection-lost"],
    [4426, "version-mismatch"],
    [4429, "too-many-tries"],
    [4503, "relay-unreachable"],
    [1006, "relay-unreachable"],
  ])("by closing with %i", async (closing, kind) => {
    begin();
    world.socket.open();
    world.socket.drop(closing);
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toMatchObject({ problem: { kind } });
  });

  it("by never answering", async () => {
    begin();
    world.socket.open();
    vi.advanceTimersByTime(10_000);
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "relay-unreachable" } });
  });
});

describe("a browser that cannot", () => {
  it("is told before a code is used up", () => {
    const without = new World(code);
    session = openSession({ code, reason: "", ticket: "", webSocketUrl: "" }, { ...without.platform, createPeer: null });
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "no-webrtc" } });
    session = openSession({ code, reason: "", ticket: "", webSocketUrl: "" }, { ...without.platform, videoCodecs: () => [] });
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "no-decoder" } });
    expect(without.sockets).toHaveLength(0);
  });
});

describe("a lost connection to the relay", () => {
  it("comes back with the token, and what was said meanwhile arrives", async () => {
    await agree();
    world.socket.drop();
    await until(() => phase() === "reconnecting");
    vi.advanceTimersByTime(250);
    expect(world.sockets).toHaveLength(2);
    session.ask("view", "Once more");
    await settle();
    world.socket.open();
    expect(world.socket.sent[0]?.kind).toMatchObject({ case: "join", value: { resumeToken: "token 1" } });
    world.welcome(true);
    await until(() => heard("ask") === 2);
    expect(phase()).toBe("waiting");
  });

  it("is given up after 30 s", async () => {
    await agree();
    world.socket.drop();
    await until(() => phase() === "reconnecting");
    for (let second = 0; second < 30; second++) {
      expect(phase()).toBe("reconnecting");
      vi.advanceTimersByTime(1000);
      world.socket.drop();
      await settle();
    }
    await until(() => phase() === "failed");
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "connection-lost" } });
  });

  it("is for good when the relay says so, without another try", async () => {
    await agree();
    world.socket.drop(4410);
    await until(() => phase() === "failed");
    vi.advanceTimersByTime(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  it("for want of the right ends a live session too", async () => {
    await live();
    world.socket.drop(4403);
    await until(() => phase() === "failed");
    expect(session.getSnapshot()).toMatchObject({ phase: { problem: { kind: "forbidden" } }, stream: null });
    expect(world.heardDirect.at(-1)?.kind.case).toBe("goodbye");
    expect(world.peer.closed).toBe(true);
  });

  it("is not noticed while both ends talk directly", async () => {
    await live();
    world.socket.drop();
    vi.advanceTimersByTime(60_000);
    await settle();
    expect(phase()).toBe("live");
  });
});

describe("a lost connection to the agent", () => {
  const ice: RelayToViewer["kind"] = { case: "ice", value: { $typeName: "beside.v1.IceServers", servers: [] } };

  it("is repaired by an ICE restart over the relay", async () => {
    await live();
    const before = heard("offer");
    world.peer.become("disconnected");
    expect(session.getSnapshot().phase).toEqual({ kind: "reconnecting", deadline: Date.now() + 30_000 });
    vi.advanceTimersByTime(1000);
    expect(world.socket.sent.at(-1)?.kind.case).toBe("ice");
    world.socket.receive(ice);
    await until(() => heard("offer") === before + 1);
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: true });
    await world.say(SAY.answer());
    await until(() => world.peer.signalingState === "stable");
    world.peer.become("connected");
    expect(phase()).toBe("live");
    expect(session.getSnapshot().events.slice(-2).map((e) => e.kind)).toEqual(["connection-lost", "connection-repaired"]);
    vi.advanceTimersByTime(60_000);
    expect(phase()).toBe("live");
  });

  it("may heal by itself without a restart", async () => {
    await live();
    world.peer.become("disconnected");
    vi.advanceTimersByTime(900);
    world.peer.become("connected");
    vi.advanceTimersByTime(60_000);
    expect(phase()).toBe("live");
    expect(heard("offer")).toBe(1);
  });

  it("is over after 30 s", async () => {
    await live();
    world.peer.become("failed");
    vi.advanceTimersByTime(29_999);
    expect(phase()).toBe("reconnecting");
    vi.advanceTimersByTime(1);
    expect(session.getSnapshot().phase).toEqual({ kind: "over", by: "connection", seconds: 30 });
    expect(session.getSnapshot().stream).toBeNull();
    expect(world.peer.closed).toBe(true);
  });

  const left = (why: PeerLeft_Why): RelayToViewer["kind"] => ({ case: "left", value: { $typeName: "beside.v1.PeerLeft", why } });

  /** Lets time pass while packets come, or none. */
  async function pass(ms: number, packets: number): Promise<void> {
    await settle();
    for (let at = 0; at < ms; at += 250) {
      world.peer.received = (world.peer.received ?? 0) + packets;
      vi.advanceTimersByTime(250);
      await settle();
    }
  }

  it("is seen at once when the relay lost it and nothing comes directly either", async () => {
    await live();
    world.peer.received = 100;
    world.socket.receive(left(PeerLeft_Why.LOST));
    await pass(2500, 0);
    expect(phase()).toBe("live");
    await pass(500, 0);
    expect(phase()).toBe("reconnecting");
    await pass(29_000, 0);
    expect(phase()).toBe("reconnecting");
    await pass(1000, 0);
    expect(session.getSnapshot().phase).toMatchObject({ kind: "over", by: "connection" });
  });

  it("is over when the relay gave the agent up and nothing comes directly either", async () => {
    await live();
    world.peer.received = 100;
    world.socket.receive(left(PeerLeft_Why.GONE));
    await pass(3000, 0);
    expect(session.getSnapshot().phase).toMatchObject({ kind: "over", by: "agent-closed" });
  });

  it("is not believed of the relay while the direct connection is alive", async () => {
    await live();
    world.socket.receive(left(PeerLeft_Why.LOST));
    await pass(60_000, 1);
    expect(phase()).toBe("live");
    expect(session.getSnapshot().events.map((e) => e.kind)).not.toContain("connection-lost");
  });

  it("that was thought lost goes on when something comes after all", async () => {
    await live();
    world.peer.received = 100;
    world.socket.receive(left(PeerLeft_Why.LOST));
    await pass(3000, 0);
    expect(phase()).toBe("reconnecting");
    world.peer.received = 40; // a path went away, with its counters: that is nothing new
    await pass(1000, 0);
    expect(phase()).toBe("reconnecting");
    await pass(250, 1);
    expect(phase()).toBe("live");
    await pass(60_000, 1);
    expect(phase()).toBe("live");
  });

  it("is judged by ICE alone where the browser counts nothing", async () => {
    await live();
    world.socket.receive(left(PeerLeft_Why.LOST));
    await pass(250, 0);
    world.peer.received = null;
    vi.advanceTimersByTime(60_000);
    await settle();
    expect(phase()).toBe("live");
  });

  it("is not waited for once the relay says that the agent is gone", async () => {
    await live();
    world.socket.receive({ case: "left", value: { $typeName: "beside.v1.PeerLeft", why: PeerLeft_Why.GONE } });
    await settle();
    expect(phase()).toBe("live");
    world.peer.become("disconnected");
    expect(session.getSnapshot().phase).toMatchObject({ kind: "over", by: "agent-closed" });
  });

  it("before the picture is given up after 30 s", async () => {
    await agree();
    await world.say(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
    await until(() => phase() === "waiting" && session.getSnapshot().granted.length === 1);
    await settle();
    vi.advanceTimersByTime(30_000);
    expect(session.getSnapshot().phase).toMatchObject({ kind: "over", by: "connection" });
  });

  it("during the handshake has its own name", async () => {
    world.meddle = () => null;
    begin();
    world.socket.open();
    world.welcome();
    await until(() => world.peers.length === 1 && phase() === "handshaking");
    await settle();
    vi.advanceTimersByTime(15_000);
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind: "other-side-gone" } });
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
