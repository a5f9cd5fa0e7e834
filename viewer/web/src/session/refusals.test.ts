import { describe, expect, it, vi } from "vitest";
import { RelayError_Code } from "../gen/beside/v1/signal_pb";
import { until } from "./fakes.testkit";
import { begin, phase, session, world } from "./session.testkit";

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
  it.each([
    ["no-webrtc", { createPeer: null }],
    ["no-decoder", { videoCodecs: () => [] }],
  ])("is told before a code is used up: %s", (kind, platform) => {
    begin({ platform });
    expect(session.getSnapshot().phase).toEqual({ kind: "failed", problem: { kind } });
    expect(world.sockets).toHaveLength(0);
  });
});
