import { readFileSync } from "node:fs";
import { describe as about, expect, test } from "vitest";
import { type ReceiptEvent, verifyReceipt } from "../../recording/receipt";
import { LANGUAGES, type Tag, describe, fill, match, moment, place, size, witnessed } from "./words";

type Leaves = Record<string, string>;

/** Every text of a language by its name. */
function leaves(tree: unknown, at = ""): Leaves {
  if (typeof tree === "string") {
    return { [at]: tree };
  }
  return Object.assign({}, ...Object.entries(tree as object).map(([name, inner]) => leaves(inner, `${at}.${name}`))) as Leaves;
}

function catalogue(tag: string): { receipt: Leaves; scopes: Leaves; question: Leaves } {
  const path = `../../../../../agent/internal/catalogue/texts/${tag}.json`;
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { receipt: Leaves; scopes: Leaves; question: Leaves };
}

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

const event = (change: Partial<ReceiptEvent>): ReceiptEvent => ({
  time: new Date(0), type: "granted", scope: "view", actor: "user", hold: "", shared: "", hidden: 0, reason: "", language: "en", title: "", ...change,
});

// PROMISE A15: the user's page is whole in every language that their program speaks, and
// says what the paper says.
about("the words of the receipt", () => {
  const english = leaves(LANGUAGES.en);

  test.each(Object.keys(LANGUAGES) as Tag[])("are complete in %s", (tag) => {
    const texts = leaves(LANGUAGES[tag]);
    expect(Object.keys(texts)).toEqual(Object.keys(english));
    for (const [name, text] of Object.entries(texts)) {
      expect(text.trim(), name).toBe(text);
      expect(text, name).not.toBe("");
      expect(placeholders(text), name).toEqual(placeholders(english[name] ?? ""));
      if (tag !== "en" && (english[name] ?? "").includes(" ")) {
        expect(text, name).not.toBe(english[name]);
      }
    }
    const paper = catalogue(tag);
    expect(paper.receipt).toMatchObject(LANGUAGES[tag].receipt);
    expect(paper.scopes).toEqual(LANGUAGES[tag].scopes);
    expect(paper.question["reason"]).toBe(LANGUAGES[tag].reason);
  });

  test("tell every record of a receipt, and where one does not hold together", () => {
    const golden = readFileSync(new URL("../../../../../consent/testdata/receipt.json", import.meta.url), "utf8");
    const receipt = verifyReceipt(golden);
    for (const words of Object.values(LANGUAGES)) {
      const told = receipt.events.map((one) => describe(one, words));
      for (const line of told) {
        expect(line).not.toMatch(/[{}]|undefined|^(asked|granted|refused|ended|paused)\b/);
      }
      expect(new Set(["record 3", "its summary", "its files", "its form"].map((what) => place(what, words))).size).toBe(4);
      expect(place("the text of record 12", words)).toContain("12");
    }
  });

  test("tell who did it, why it waited, and how much was shown", () => {
    const { en } = LANGUAGES;
    for (const [change, want] of [
      [{}, "Seeing your screen: you said yes"],
      [{ shared: "one window" }, "Seeing your screen: you said yes. One window was shown, and nothing else"],
      [{ shared: "everything", hidden: 2 }, "Seeing your screen: you said yes. Windows that you hid: 2"],
      [{ type: "refused", actor: "bar lost" }, "Seeing your screen: the question could not be shown to you, which means no"],
      [{ type: "withdrawn", scope: "control" }, "Mouse and keyboard: you took it back"],
      [{ type: "released", scope: "record", actor: "agent" }, "Recording: Beside stopped it, because it failed"],
      [{ type: "paused", scope: "", hold: "secret" }, "You hid what you typed: nothing was shown or recorded"],
      [{ type: "paused", scope: "", hold: "pause" }, "You paused"],
      [{ type: "paused", scope: "", hold: "pause", actor: "agent" }, "Beside paused it: your screens had changed"],
      [{ type: "paused", scope: "", hold: "away", actor: "agent" }, "You were away, or the screen was locked: nothing could be done from outside"],
      [{ type: "resumed", scope: "", hold: "pause" }, "You went on"],
      [{ type: "resumed", scope: "", hold: "away" }, "You were back, and let it go on"],
      [{ type: "resumed", scope: "", hold: "away", actor: "agent" }, "Nothing was left that had to wait for you"],
      [{ type: "ended", scope: "", actor: "technician" }, "The technician ended it"],
      [{ type: "ended", scope: "", actor: "bar lost" }, "Beside ended it: its bar could not be seen"],
    ] as const) {
      expect(describe(event(change), en)).toBe(want);
    }
  });

  test("tell what the server's log shows, or that it shows nothing", () => {
    const head = { origin: "beside/audit/x", size: 17, root: new Uint8Array(32) };
    const entry = { time: new Date(0), actor: "person:a", action: "session.opened", object: "session:s" };
    for (const words of Object.values(LANGUAGES)) {
      const told = [
        witnessed({ state: "held", opened: entry, ended: undefined, head }, words),
        witnessed({ state: "held", opened: entry, ended: entry, head }, words),
        witnessed({ state: "none", opened: undefined, ended: undefined, head: undefined }, words),
        witnessed({ state: "false", opened: entry, ended: undefined, head }, words),
      ];
      expect(new Set(told).size).toBe(4);
      expect(told[0]).toContain("17");
      expect(told[3]).toBe(words.receipt.witnessFalse);
      expect(place("its witness", words)).toBe(words.receipt.witness);
    }
  });

  test("are found by what is wanted", () => {
    expect(match(["pt-BR", "fr-CA", "de"])).toBe("fr");
    expect(match(["zh_TW"])).toBe("zh");
    expect(match(["", "constructor", "toString"])).toBe("en");
    expect(fill("{a} {b} {c}", { a: "{b}", b: "2" })).toBe("{b} 2 {c}");
    expect(size(2_400_000, "de")).toBe("2,4 MB");
    expect(size(7, "en")).toBe("7 bytes");
    expect(moment(new Date(2026, 2, 4, 15, 6, 7), "en")).toBe("4 March 2026 at 15:06:07");
    expect(moment(new Date(2026, 2, 4, 15, 6, 7), "de")).toContain("4. März 2026");
  });
});
