import { readFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { type HandshakeData, HandshakeDataSchema, PeerFrameSchema } from "../gen/beside/v1/peer_pb";
import { type CodeProblem, parseCode } from "./code";
import type { Message } from "./cpace";
import { Handshake, HandshakeError, type HandshakeFailure } from "./handshake";
import { Sealer, SealBroken } from "./sealer";

interface Side {
  scalar: string;
  dtls_fingerprint: string;
  technician_name: string;
  organisation_name: string;
  associated_data: string;
  share: string;
  share_frame: string;
  tag: string;
  confirm_frame: string;
}

interface SealedVector {
  from: "viewer" | "agent";
  counter: number;
  plain?: string;
  ciphertext: string;
  frame?: string;
  refused?: string;
}

// The same file that protocol/handshake_test.go reads.
const vectors = JSON.parse(
  readFileSync(new URL("../../../../protocol/testdata/handshake.json", import.meta.url), "utf8"),
) as {
  locator: string;
  secret: string;
  display: string;
  session_id: string;
  sid: string;
  isk: string;
  viewer: Side;
  agent: Side;
  sealed: SealedVector[];
};

const code = { locator: vectors.locator, secret: vectors.secret };
const told = {
  sessionId: vectors.session_id,
  technicianName: vectors.viewer.technician_name,
  organisationName: vectors.viewer.organisation_name,
};
const agentMessage: Message = { share: hexToBytes(vectors.agent.share), ad: hexToBytes(vectors.agent.associated_data) };
const agentTag = hexToBytes(vectors.agent.tag);

function fresh(): Handshake {
  return new Handshake(code, told, hexToBytes(vectors.viewer.dtls_fingerprint), () => hexToBytes(vectors.viewer.scalar));
}

function started(): Handshake {
  const handshake = fresh();
  handshake.start();
  return handshake;
}

function agentWith(change: Partial<HandshakeData>): Message {
  const data = fromBinary(HandshakeDataSchema, agentMessage.ad);
  return { share: agentMessage.share, ad: toBinary(HandshakeDataSchema, create(HandshakeDataSchema, { ...data, ...change })) };
}

function failure(act: () => unknown): HandshakeFailure | CodeProblem | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof HandshakeError ? error.failure : null;
  }
}

describe("the shared vector", () => {
  it("reads the code that the agent displays", () => {
    expect(parseCode(vectors.display)).toEqual({ ok: true, code });
  });

  it("makes the very bytes of the Go side", async () => {
    const handshake = fresh();
    const own = handshake.start();
    expect(bytesToHex(own.share)).toBe(vectors.viewer.share);
    expect(bytesToHex(own.ad)).toBe(vectors.viewer.associated_data);
    expect(bytesToHex(handshake.finish(agentMessage))).toBe(vectors.viewer.tag);
    const { peerFingerprint } = await handshake.verify(agentTag);
    expect(bytesToHex(peerFingerprint)).toBe(vectors.agent.dtls_fingerprint);
  });

  it("frames them as the Go side does", () => {
    const own = fresh().start();
    const share = create(PeerFrameSchema, { kind: { case: "share", value: { point: own.share, associatedData: own.ad } } });
    expect(bytesToHex(toBinary(PeerFrameSchema, share))).toBe(vectors.viewer.share_frame);
  });
});

// THREAT 5
describe("somebody in between", () => {
  it("is found by every changed bit of the tag", async () => {
    for (let i = 0; i < agentTag.length; i++) {
      const handshake = started();
      handshake.finish(agentMessage);
      const changed = Uint8Array.from(agentTag);
      changed[i] = (changed[i] ?? 0) ^ 0x10;
      await expect(handshake.verify(changed)).rejects.toMatchObject({ failure: "wrong-tag" });
    }
  });

  it("cannot send our own share or tag back", async () => {
    const handshake = fresh();
    const own = handshake.start();
    expect(failure(() => handshake.finish(own))).toBe("malformed");

    const second = started();
    const ownTag = second.finish(agentMessage);
    await expect(second.verify(ownTag)).rejects.toMatchObject({ failure: "wrong-tag" });
  });

  it("cannot swap the agent's fingerprint", async () => {
    const handshake = started();
    handshake.finish(agentWith({ dtlsFingerprint: new Uint8Array(32).fill(7) }));
    await expect(handshake.verify(agentTag)).rejects.toMatchObject({ failure: "wrong-tag" });
  });

  it("cannot say that the secret was right", async () => {
    const handshake = new Handshake({ ...code, secret: "730157" }, told, hexToBytes(vectors.viewer.dtls_fingerprint));
    handshake.start();
    handshake.finish(agentMessage);
    await expect(handshake.verify(agentTag)).rejects.toMatchObject({ failure: "wrong-tag" });
  });

  it.each([
    ["another version", { protocol: 2 }, "version"],
    ["our own role", { role: 2 }, "malformed"],
    ["another session", { sessionId: "other" }, "malformed"],
    ["another technician", { technicianName: "Mallory" }, "organisation"],
    ["another organisation", { organisationName: "Example Help Desk " }, "organisation"],
    ["a short fingerprint", { dtlsFingerprint: new Uint8Array(31) }, "malformed"],
    ["our own fingerprint", { dtlsFingerprint: hexToBytes(vectors.viewer.dtls_fingerprint) }, "malformed"],
  ] as const)("is refused for %s", (_, change, want) => {
    expect(failure(() => started().finish(agentWith(change)))).toBe(want);
  });

  it.each([
    ["no data", new Uint8Array(0), "version"],
    ["bytes that are no message", Uint8Array.of(0xff, 0xff), "malformed"],
    ["data beyond the limit", new Uint8Array(2049), "malformed"],
  ])("is refused for %s", (_, ad, want) => {
    expect(failure(() => started().finish({ share: agentMessage.share, ad }))).toBe(want);
  });

  it("is refused for a share that is no point", () => {
    expect(failure(() => started().finish({ share: new Uint8Array(32), ad: agentMessage.ad }))).toBe("malformed");
  });
});

describe("order", () => {
  it("is kept: a step out of turn ends the run", async () => {
    expect(failure(() => fresh().finish(agentMessage))).toBe("out-of-turn");
    await expect(started().verify(agentTag)).rejects.toMatchObject({ failure: "out-of-turn" });
    const handshake = started();
    expect(failure(() => handshake.start())).toBe("out-of-turn");
    expect(failure(() => handshake.finish(agentMessage))).toBe("out-of-turn");
  });

  it("a failed run cannot be tried again", async () => {
    const handshake = started();
    handshake.finish(agentMessage);
    await expect(handshake.verify(new Uint8Array(64))).rejects.toBeInstanceOf(HandshakeError);
    await expect(handshake.verify(agentTag)).rejects.toMatchObject({ failure: "out-of-turn" });
  });
});

// THREATS 5 and 8
describe("sealer", () => {
  const derive = (role: "viewer" | "agent"): Promise<Sealer> => Sealer.derive(hexToBytes(vectors.isk), hexToBytes(vectors.sid), role);

  it("opens and refuses as the vectors say, in their order", async () => {
    const ends = { viewer: await derive("viewer"), agent: await derive("agent") };
    expect(vectors.sealed.filter((v) => v.refused !== undefined).length).toBeGreaterThanOrEqual(5);
    for (const vector of vectors.sealed) {
      const receiver = vector.from === "viewer" ? ends.agent : ends.viewer;
      const opening = receiver.open({ counter: BigInt(vector.counter), ciphertext: hexToBytes(vector.ciphertext) });
      if (vector.refused !== undefined) {
        await expect(opening, vector.refused).rejects.toBeInstanceOf(SealBroken);
      } else {
        expect(bytesToHex(await opening)).toBe(vector.plain);
      }
    }
  });

  it("seals the very bytes of the Go side", async () => {
    const ends = { viewer: await derive("viewer"), agent: await derive("agent") };
    for (const vector of vectors.sealed.filter((v) => v.counter === 0 && v.plain !== undefined)) {
      const sealed = await ends[vector.from].seal(hexToBytes(vector.plain ?? ""));
      expect(sealed.counter).toBe(0n);
      expect(bytesToHex(sealed.ciphertext)).toBe(vector.ciphertext);
    }
  });

  it("keeps the order of calls that are made at once", async () => {
    const [viewer, agent] = await Promise.all([derive("viewer"), derive("agent")]);
    const messages = Array.from({ length: 40 }, (_, i) => new Uint8Array(40 - i).fill(i));
    const sealed = await Promise.all(messages.map((m) => viewer.seal(m)));
    expect(sealed.map((s) => s.counter)).toEqual(messages.map((_, i) => BigInt(i)));
    expect(await Promise.all(sealed.map((s) => agent.open(s)))).toEqual(messages);
  });

  it("accepts gaps, and nothing from before them", async () => {
    const [viewer, agent] = await Promise.all([derive("viewer"), derive("agent")]);
    const [first, second, third] = await Promise.all([1, 2, 3].map((n) => viewer.seal(Uint8Array.of(n))));
    if (first === undefined || second === undefined || third === undefined) {
      throw new Error("three were sealed");
    }
    expect(await agent.open(first)).toEqual(Uint8Array.of(1));
    expect(await agent.open(third)).toEqual(Uint8Array.of(3));
    for (const late of [second, first, third]) {
      await expect(agent.open(late)).rejects.toBeInstanceOf(SealBroken);
    }
  });

  it("is not locked out by a forged counter", async () => {
    const [viewer, agent] = await Promise.all([derive("viewer"), derive("agent")]);
    const genuine = await viewer.seal(Uint8Array.of(1));
    await expect(agent.open({ counter: 1n << 40n, ciphertext: genuine.ciphertext })).rejects.toBeInstanceOf(SealBroken);
    expect(await agent.open(genuine)).toEqual(Uint8Array.of(1));
  });

  it("refuses what is too large before it works on it", async () => {
    const viewer = await derive("viewer");
    await expect(viewer.seal(new Uint8Array(64 << 10))).rejects.toBeInstanceOf(SealBroken);
    await expect(viewer.open({ counter: 0n, ciphertext: new Uint8Array(64 << 10) })).rejects.toBeInstanceOf(SealBroken);
  });
});
