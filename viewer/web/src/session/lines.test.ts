import { beforeEach, describe, expect, it, vi } from "vitest";
import { Scope as WireScope, type FromViewer } from "../gen/beside/v1/session_pb";
import { AGENT_PRINT, settle, until, VIEWER_PRINT } from "./fakes.testkit";
import { live, renew, SAY, session, world } from "./session.testkit";
import type { World } from "./world.testkit";

beforeEach(async () => {
  await live(1);
  await until(() => world.heard.some((m) => m.kind.case === "applied"), "that the answer was taken");
});

async function agentSays(...kinds: Parameters<World["sayDirect"]>[0][]): Promise<void> {
  for (const kind of kinds) {
    world.sayDirect(kind);
  }
  await settle();
}

/** The offers and what was taken, as the agent heard it directly. */
const told = () => world.heardDirect.map((m) => brief(m)).filter((m) => m !== null);

function brief({ kind }: FromViewer): string | null {
  switch (kind.case) {
    case "offer":
      return `offer ${kind.value.number}`;
    case "applied":
      return `applied ${kind.value.number}`;
    default:
      return null;
  }
}

describe("lines that the agent has no use for", () => {
  it("are closed and opened again as it says, over the direct connection", async () => {
    // This browser draws no screen updates.
    expect(world.peer.open).toEqual(["video"]);
    expect(session.getSnapshot().stream).not.toBeNull();
    await agentSays(SAY.lines(false, false));
    expect(world.peer.open).toEqual([]);
    expect(session.getSnapshot().stream).toBeNull();
    expect(told()).toEqual(["offer 2"]);
    await agentSays(SAY.answer(AGENT_PRINT, 2));
    await agentSays(SAY.lines(true, false));
    expect(world.peer.open).toEqual(["video"]);
    expect(world.peer.receiver.jitterBufferTarget).toBe(0);
    await agentSays(SAY.answer(AGENT_PRINT, 3));
    await agentSays(SAY.lines(true, true));
    expect(world.peer.open).toEqual(["video", "audio"]);
    expect(world.peer.voicePreferences.map((c) => c.mimeType)).toEqual(["audio/opus"]);
    expect(world.peer.spoken).toEqual([null]);
    await agentSays(SAY.answer(AGENT_PRINT, 4));
    expect(told()).toEqual(["offer 2", "applied 2", "offer 3", "applied 3", "offer 4", "applied 4"]);
    expect(session.getSnapshot().phase.kind).toBe("live");
  });

  it("are not even there where the picture comes by screen updates, until they are wanted", async () => {
    session.end();
    renew(true);
    await live(1);
    expect(world.peer.lines).toEqual([]);
    await agentSays(SAY.lines(true, false));
    expect(world.peer.open).toEqual(["video"]);
    expect(told()).toEqual(["offer 2"]);
  });

  it("that are as wanted are confirmed, and not offered again", async () => {
    await agentSays(SAY.lines(true, false));
    expect(told()).toEqual(["applied 1"]);
    expect(world.peer.lines).toHaveLength(1);
  });

  it("wait while an offer waits for its answer; the last word counts", async () => {
    await agentSays(SAY.lines(false, true), SAY.lines(true, true), SAY.lines(false, false));
    expect(told()).toEqual(["offer 2"]);
    await agentSays(SAY.answer(AGENT_PRINT, 2));
    expect(told()).toEqual(["offer 2", "applied 2", "offer 3"]);
    expect(world.peer.open).toEqual([]);
  });

  it("come with an ICE restart, whose answer alone counts", async () => {
    await agentSays(SAY.lines(false, false));
    world.peer.become("disconnected");
    vi.advanceTimersByTime(1000);
    world.socket.receive({ case: "ice", value: { $typeName: "beside.v1.IceServers", servers: [] } });
    const offers = () => world.heard.flatMap(({ kind }) => (kind.case === "offer" ? [kind.value.number] : []));
    await until(() => offers().length === 2, "the restart");
    expect(offers()).toEqual([1, 3]);
    await agentSays(SAY.answer(AGENT_PRINT, 2));
    expect(world.peer.signalingState).toBe("have-local-offer");
    expect(told()).toEqual(["offer 2"]);
    await world.say(SAY.answer(AGENT_PRINT, 3));
    await until(() => world.peer.signalingState === "stable", "the second answer");
  });

  it("open with what the microphone hears", async () => {
    const track = { enabled: true, stop: () => undefined, kind: "audio" } as unknown as MediaStreamTrack;
    world.microphone = () => Promise.resolve({ getTracks: () => [track], getAudioTracks: () => [track] } as unknown as MediaStream);
    await agentSays(SAY.lines(false, false), SAY.answer(AGENT_PRINT, 2));
    expect(world.peer.open).toEqual([]);
    await agentSays(SAY.state([WireScope.VIEW, WireScope.VOICE]));
    await until(() => session.voice.getSnapshot().microphone.kind === "on", "the microphone");
    expect(world.peer.spoken).not.toContain(track);
    await agentSays(SAY.lines(false, true));
    expect(world.peer.spoken.at(-1)).toBe(track);
  });

  // THREATS 5, 20
  it("do not let another certificate in", async () => {
    await agentSays(SAY.lines(false, false), SAY.answer(VIEWER_PRINT, 2));
    expect(session.getSnapshot().phase).toMatchObject({ kind: "failed", problem: { kind: "tampered" } });
    expect(world.peer.closed).toBe(true);
  });
});

describe("an agent that knows no numbers", () => {
  it("is told nothing more, and its answers are taken", async () => {
    world.peer.become("disconnected");
    vi.advanceTimersByTime(1000);
    world.socket.receive({ case: "ice", value: { $typeName: "beside.v1.IceServers", servers: [] } });
    await until(() => world.peer.signalingState === "have-local-offer", "the restart");
    await world.say(SAY.answer(AGENT_PRINT, 0));
    await until(() => world.peer.signalingState === "stable", "its answer");
    expect(told()).toEqual([]);
  });
});
