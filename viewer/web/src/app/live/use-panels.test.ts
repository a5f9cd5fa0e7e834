import { expect, test } from "vitest";
import { type Panels, changed, offered, squeezed } from "./use-panels";

const open = (...names: (keyof Panels)[]): Panels => ({ files: names.includes("files"), chat: names.includes("chat"), stats: names.includes("stats") });

test("where there is room panels stand beside one another, else the last takes the others' place", () => {
  expect(changed(open("files"), "chat", true, true)).toEqual(open("files", "chat"));
  expect(changed(open("files"), "chat", true, false)).toEqual(open("chat"));
  expect(changed(open("files", "stats"), "stats", false, true)).toEqual(open("files"));
  expect(changed(open("chat"), "files", false, false)).toEqual(open("chat"));
});

test("what opens by itself takes nobody's place", () => {
  expect(offered(open("chat"), "files", true)).toEqual(open("chat", "files"));
  expect(offered(open("chat"), "files", false)).toEqual(open("chat"));
  expect(offered(open(), "files", false)).toEqual(open("files"));
});

test("when the room goes the conversation stays, else the files", () => {
  expect(squeezed(open("files", "chat", "stats"))).toEqual(open("chat"));
  expect(squeezed(open("stats", "files"))).toEqual(open("files"));
  expect(squeezed(open())).toEqual(open());
});
