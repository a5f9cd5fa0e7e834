// THREAT 30: the page that checks a receipt finds what the Go tools find, in the same file.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ReceiptError, verifyReceipt } from "./receipt";

const golden = readFileSync(new URL("../../../../consent/testdata/receipt.json", import.meta.url), "utf8");
const newest = readFileSync(new URL("../../../../consent/testdata/receipt-witness.json", import.meta.url), "utf8");

type Tree = string | number | boolean | null | Tree[] | { [key: string]: Tree };

/** Every copy of the tree with one place changed, emptied or taken out. */
function* changes(tree: Tree): Generator<[string, Tree]> {
  if (typeof tree === "string") {
    yield ["emptied", ""];
    yield ["longer", `${tree}A`];
    const middle = tree.length >> 1;
    yield ["a letter", tree.slice(0, middle) + (tree[middle] === "A" ? "B" : "A") + tree.slice(middle + 1)];
    return;
  }
  if (Array.isArray(tree)) {
    for (const [index, inner] of tree.entries()) {
      yield [`[${index}] taken out`, tree.toSpliced(index, 1)];
      yield [`[${index}] twice`, tree.toSpliced(index, 0, inner)];
      for (const [what, changed] of changes(inner)) {
        yield [`[${index}] ${what}`, tree.with(index, changed)];
      }
    }
    return;
  }
  if (typeof tree === "object" && tree !== null) {
    yield ["a field more", { ...tree, added: "x" }];
    for (const [field, inner] of Object.entries(tree)) {
      const { [field]: _, ...rest } = tree;
      yield [`${field} taken out`, rest];
      for (const [what, changed] of changes(inner)) {
        yield [`${field} ${what}`, { ...tree, [field]: changed }];
      }
    }
  }
}

describe("a receipt", () => {
  test("as it was written is read", () => {
    const receipt = verifyReceipt(golden);
    expect(receipt.technician).toBe("Ana Pérez");
    expect(receipt.events.length).toBeGreaterThan(5);
    expect(receipt.events[0]?.type).toBe("asked");
    expect(receipt.events[0]?.title).toContain("asks to see your screen");
    expect(receipt.files.map((file) => file.name)).toEqual(["driver.zip", "Übersicht.pdf"]);
    expect(receipt.chat.map(({ fromUser, text }) => [fromUser, text])).toEqual([
      [false, "Can you see the printer's light? <b>"],
      [true, "Yes.\nIl clignote en orange 你好"],
    ]);
    expect(receipt).toMatchObject({ rating: 4, comment: "Quick", reported: true });
    expect(receipt.recordings).toEqual(["00", "01"]);
    expect(receipt.erased).toBeUndefined();
  });

  test("says that the recording was erased, and when", () => {
    expect(verifyReceipt(newest).erased?.toISOString()).toBe("2025-11-22T06:00:00.000Z");
  });

  test("changed in any single place is found", () => {
    let tried = 0;
    for (const [what, changed] of changes(JSON.parse(golden) as Tree)) {
      tried++;
      expect(() => verifyReceipt(JSON.stringify(changed)), what).toThrow(ReceiptError);
    }
    expect(tried).toBeGreaterThan(60);
  });

  test.each(["", "null", "[]", "{}", "{", '{"type":"beside-receipt/1"}'])("that is %j is none", (text) => {
    expect(() => verifyReceipt(text)).toThrow(ReceiptError);
  });
});
