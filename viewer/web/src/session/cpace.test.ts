import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import * as cpace from "./cpace";

interface Vectors {
  exchange: Record<
    "prs" | "ci" | "sid" | "generator" | "scalar_a" | "ad_a" | "share_a" | "scalar_b" | "ad_b" | "share_b" | "secret_point" | "isk",
    string
  >;
  scalar_mult: { scalar: string; point: string; product: string };
  invalid_points: { why: string; point: string }[];
}

// The same file that protocol/cpace_test.go reads.
const vectors = JSON.parse(
  readFileSync(new URL("../../../../protocol/testdata/cpace.json", import.meta.url), "utf8"),
) as Vectors;
const { exchange } = vectors;
const common = { prs: hexToBytes(exchange.prs), ci: hexToBytes(exchange.ci), sid: hexToBytes(exchange.sid) };
const a = { share: hexToBytes(exchange.share_a), ad: hexToBytes(exchange.ad_a) };
const b = { share: hexToBytes(exchange.share_b), ad: hexToBytes(exchange.ad_b) };

describe("the exchange of the draft", () => {
  it("finds the generator", () => {
    expect(bytesToHex(cpace.generator(common))).toBe(exchange.generator);
  });

  it("makes both shares", () => {
    const generator = cpace.generator(common);
    expect(bytesToHex(cpace.share(generator, hexToBytes(exchange.scalar_a)))).toBe(exchange.share_a);
    expect(bytesToHex(cpace.share(generator, hexToBytes(exchange.scalar_b)))).toBe(exchange.share_b);
  });

  it("agrees on the point from either side", () => {
    expect(bytesToHex(cpace.sharedPoint(hexToBytes(exchange.scalar_a), b.share))).toBe(exchange.secret_point);
    expect(bytesToHex(cpace.sharedPoint(hexToBytes(exchange.scalar_b), a.share))).toBe(exchange.secret_point);
  });

  it("derives the session key", () => {
    expect(bytesToHex(cpace.sessionKey(common.sid, hexToBytes(exchange.secret_point), a, b))).toBe(exchange.isk);
  });

  it("multiplies as the draft does", () => {
    const { scalar, point, product } = vectors.scalar_mult;
    expect(bytesToHex(cpace.sharedPoint(hexToBytes(scalar), hexToBytes(point)))).toBe(product);
  });
});

describe("invalid points", () => {
  expect(vectors.invalid_points.length).toBeGreaterThanOrEqual(8);
  for (const { why, point } of vectors.invalid_points) {
    it(`refuses ${point.slice(0, 8)}…: ${why}`, () => {
      expect(() => cpace.sharedPoint(hexToBytes(exchange.scalar_a), hexToBytes(point))).toThrow(cpace.InvalidShare);
    });
  }

  it("refuses every wrong length", () => {
    for (const length of [0, 1, 31, 33, 64]) {
      expect(() => cpace.sharedPoint(hexToBytes(exchange.scalar_a), new Uint8Array(length))).toThrow(cpace.InvalidShare);
    }
  });
});

describe("fresh runs", () => {
  it("agree when the secrets are the same, and only then", () => {
    const run = (prsA: string, prsB: string): [string, string] => {
      const scalars = [cpace.newScalar(), cpace.newScalar()] as const;
      const shares = [prsA, prsB].map((prs, i) =>
        cpace.share(cpace.generator({ ...common, prs: utf8ToBytes(prs) }), scalars[i as 0 | 1]),
      ) as [Uint8Array, Uint8Array];
      const messages = [{ share: shares[0], ad: a.ad }, { share: shares[1], ad: b.ad }] as const;
      return [
        bytesToHex(cpace.sessionKey(common.sid, cpace.sharedPoint(scalars[0], shares[1]), ...messages)),
        bytesToHex(cpace.sessionKey(common.sid, cpace.sharedPoint(scalars[1], shares[0]), ...messages)),
      ];
    };
    const [same, other] = run("123456", "123456");
    expect(same).toBe(other);
    const [left, right] = run("123456", "123457");
    expect(left).not.toBe(right);
  });

  it("take a new scalar every time", () => {
    const seen = new Set(Array.from({ length: 50 }, () => bytesToHex(cpace.newScalar())));
    expect(seen.size).toBe(50);
  });
});

describe("tags", () => {
  it("differ by side, so that one's own cannot be sent back", () => {
    const key = cpace.macKey(common.sid, hexToBytes(exchange.isk));
    expect(cpace.equalTags(cpace.tag(key, a), cpace.tag(key, b))).toBe(false);
    expect(cpace.tag(key, a)).toHaveLength(cpace.TAG_BYTES);
  });

  it("are compared whole", () => {
    const tag = cpace.tag(cpace.macKey(common.sid, hexToBytes(exchange.isk)), a);
    for (let i = 0; i < tag.length; i++) {
      const changed = Uint8Array.from(tag);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(cpace.equalTags(tag, changed)).toBe(false);
    }
    expect(cpace.equalTags(tag, tag.slice(0, 63))).toBe(false);
    expect(cpace.equalTags(tag, Uint8Array.from(tag))).toBe(true);
  });
});
