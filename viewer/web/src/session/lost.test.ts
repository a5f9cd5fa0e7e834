import { describe, expect, it, vi } from "vitest";
import { Decision_Outcome, Scope as WireScope } from "../gen/beside/v1/session_pb";
import { PeerLeft_Why, type RelayToViewer } from "../gen/beside/v1/signal_pb";
import { settle, until } from "./fakes.testkit";
import { agree, begin, heard, live, phase, SAY, session, world } from "./session.testkit";

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
