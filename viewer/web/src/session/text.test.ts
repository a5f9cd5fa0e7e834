import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cleanLine, cleanLines, first, plainText } from "./text";

interface Vector {
  readonly in: string;
  readonly most: number;
  readonly lines: number;
  readonly want: string;
}

type Vectors = Readonly<Record<"line" | "lines" | "plain", readonly Vector[]>>;

const vectors = JSON.parse(readFileSync(new URL("../../../../protocol/testdata/text.json", import.meta.url), "utf8")) as Vectors;

// THREAT 11
test("a line is what the user's program makes of it", () => {
  expect(vectors.line.length).toBeGreaterThanOrEqual(30);
  for (const { in: text, most, want } of vectors.line) {
    expect(cleanLine(text, most), JSON.stringify(text)).toBe(want);
    expect(cleanLine(want, most), JSON.stringify(want)).toBe(want);
  }
  expect(cleanLine("half of a pair \ud83d, and the other \ude00")).toBe("half of a pair , and the other");
  expect(cleanLine("ä".repeat(5_000))).toHaveLength(5_000);
});

// THREAT 11
test("and so are lines", () => {
  expect(vectors.lines.length).toBeGreaterThanOrEqual(10);
  for (const { in: text, most, lines, want } of vectors.lines) {
    expect(cleanLines(text, most, lines), JSON.stringify(text)).toBe(want);
    expect(cleanLines(want, most, lines), JSON.stringify(want)).toBe(want);
  }
});

// THREAT 11, THREAT 20
test("a plain text is exact but for what acts or misleads", () => {
  expect(vectors.plain.length).toBeGreaterThanOrEqual(5);
  for (const { in: text, want } of vectors.plain) {
    expect(plainText(text), JSON.stringify(text)).toBe(want);
  }
});

test("what is cut is cut between characters", () => {
  expect(first(2, "😀😀😀")).toBe("😀😀");
});
