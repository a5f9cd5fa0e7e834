import { expect, test } from "vitest";
import { rememberLeft, takeLeft } from "./left";

function tab(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    getItem: (name) => kept.get(name) ?? null,
    key: (index) => [...kept.keys()][index] ?? null,
    removeItem: (name) => void kept.delete(name),
    setItem: (name, value) => void kept.set(name, value),
  };
}

test("a session that ended with its page is told once", () => {
  const storage = tab();
  expect(takeLeft(storage)).toBe(false);
  rememberLeft(storage);
  expect(takeLeft(storage)).toBe(true);
  expect(takeLeft(storage)).toBe(false);
});
