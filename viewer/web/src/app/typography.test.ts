import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("..", import.meta.url));

/** Every text between tags and every string of a file that a person may read: one with a space or an apostrophe in it. */
function textsOf(file: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isJsxText(node) || ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      texts.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true));
  return texts;
}

/** A straight apostrophe within or after a word, three dots for one sign, or words between straight quotation marks. */
const FLAW = /\p{L}'[\p{L}\s]|\p{L}\.\.\.|"\p{L}[^"=]* [^"=]*"/u;

test("no text of the pages has a straight apostrophe or quotation mark", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => /\.(?:tsx|ts|json)$/.test(name) && !/\.test\.ts$|^gen\//.test(name));
  const flawed: string[] = [];
  let seen = 0;
  for (const name of files) {
    for (const text of textsOf(join(SOURCE, name))) {
      seen++;
      if (FLAW.test(text)) {
        flawed.push(`${name}: ${text}`);
      }
    }
  }
  expect(seen).toBeGreaterThan(1_000);
  expect(flawed).toEqual([]);
});

test("what counts as a flaw", () => {
  for (const [text, flawed] of [
    ["Don't send", true],
    ["the users' own", true],
    ["wait...", true],
    ['press "Hide while I type"', true],
    ["Don’t send “it”…", false],
    ["'self'", false],
    ['[aria-expanded="true"]', false],
  ] as const) {
    expect(FLAW.test(text), text).toBe(flawed);
  }
});
