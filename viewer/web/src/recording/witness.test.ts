// THREAT 24: the page believes of a relay's audit log what the Go tools believe, and
// nothing else: both read the same vectors.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Head, WitnessError, consistent, openCheckpoint, verifyProof, verifyWitness } from "./witness";
import { verifyReceipt } from "./receipt";

interface Vectors {
  readonly key: string;
  readonly proofs: readonly Record<string, unknown>[];
  readonly consistency: readonly { earlier: string; later: string; proof: string[] | null; holds: boolean }[];
  readonly false: readonly string[];
}

const read = (path: string) => readFileSync(new URL(`../../../../consent/${path}`, import.meta.url), "utf8");
const vectors = JSON.parse(read("checkpoint/testdata/vectors.json")) as Vectors;
const bytes = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

describe("a proof of an audit log", () => {
  test("is believed as it was made, and nowhere else", () => {
    for (const proof of vectors.proofs.filter((_, index) => index % 3 === 0 || index > 20)) {
      const { entry, head } = verifyProof(proof, vectors.key);
      expect(entry.action).toBe("session.opened");
      expect(head.size).toBeGreaterThan(Number(proof["number"]));
      const path = (proof["inclusion"] ?? []) as string[];
      const changes: Record<string, unknown>[] = [
        { entry: `${String(proof["entry"])} ` },
        { number: Number(proof["number"]) + 1 },
        { number: -1 },
        { number: 0.5 },
        { inclusion: [...path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] },
        { checkpoint: String(proof["checkpoint"]).replace("aaaa", "aaab") },
        ...path.map((_, index) => ({ inclusion: path.toSpliced(index, 1) })),
        ...path.map((_, index) => ({ inclusion: path.with(index, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") })),
      ];
      for (const change of changes) {
        expect(() => verifyProof({ ...proof, ...change }, vectors.key), JSON.stringify(change)).toThrow(WitnessError);
      }
    }
  });

  test("of consistency holds where the Go tools say so", () => {
    let held = 0;
    const opened = new Map<string, Head>(); // each of the signatures once: they take their time
    const open = (text: string) => {
      const head = opened.get(text) ?? openCheckpoint(text, vectors.key);
      opened.set(text, head);
      return head;
    };
    for (const [index, { earlier, later, proof, holds }] of vectors.consistency.entries()) {
      const before = open(earlier);
      const after = open(later);
      const check = () => consistent(before, after, (proof ?? []).map(bytes));
      if (holds) {
        held++;
        expect(check, String(index)).not.toThrow();
        expect(() => consistent({ ...before, origin: "beside/audit/x" }, after, (proof ?? []).map(bytes))).toThrow(WitnessError);
      } else {
        expect(check, String(index)).toThrow(WitnessError);
      }
    }
    expect(held).toBeGreaterThan(50);
  });

  test("is not believed under a checkpoint that is none", () => {
    for (const text of vectors.false) {
      expect(() => openCheckpoint(text, vectors.key), text).toThrow(WitnessError);
    }
    const good = String(vectors.proofs[0]?.["checkpoint"]);
    expect(openCheckpoint(good, vectors.key).size).toBe(1);
    for (const key of ["", "x", `${vectors.key}A`, vectors.key.replace("aaaa", "bbbb")]) {
      expect(() => openCheckpoint(good, key), key).toThrow(WitnessError);
    }
    for (let at = 0; at < good.length; at++) {
      const changed = good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1);
      expect(() => openCheckpoint(changed, vectors.key), String(at)).toThrow(WitnessError);
    }
  });
});

describe("the witness of a receipt", () => {
  const receipt = JSON.parse(read("testdata/receipt-witness.json")) as { witness: string; session_id: string };
  const witness = JSON.parse(new TextDecoder().decode(bytes((receipt.witness.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")))) as Record<string, unknown>;

  test("tells of the session's beginning and end", () => {
    const { testimony } = verifyReceipt(JSON.stringify(receipt));
    expect(testimony?.state).toBe("held");
    expect(testimony?.opened?.actor).toBe("person:t1");
    expect(testimony?.ended?.object).toBe("session:s1");
    expect(testimony?.head?.size).toBe(4);
    expect(verifyReceipt(read("testdata/receipt-erased.json")).testimony).toBeUndefined();
  });

  test("is refused where it proves something else", () => {
    const { opened, ended, key } = witness;
    expect(verifyWitness({ state: "none" }, "s1").state).toBe("none");
    expect(verifyWitness({ state: "false", key, opened }, "s1").opened?.action).toBe("session.opened");
    for (const wrong of [
      {},
      { state: "good", key, opened },
      { state: "held", key },
      { state: "held", key, ended },
      { state: "none", key, opened },
      { state: "false", key, opened, ended },
      { state: "held", key, opened: ended },
      { state: "held", key, opened, ended: opened },
      { state: "held", key, opened, ended: { ...(ended as object), consistency: [] } },
      { state: "held", opened },
    ]) {
      expect(() => verifyWitness(wrong, "s1"), JSON.stringify(Object.keys(wrong))).toThrow(WitnessError);
    }
    expect(() => verifyWitness(witness, "s2")).toThrow(WitnessError);
  });
});
