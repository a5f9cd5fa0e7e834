import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChatTool } from "./chat";
import { CHAT_BURST, CHAT_PACE_MS, MAX_CHAT, MAX_CHAT_MESSAGES, MAX_CHAT_TOTAL } from "./limits";
import { asksSecret, looks } from "./secret";

interface Corpus {
  readonly looks: readonly { readonly text: string; readonly looks: string }[];
  readonly asks: readonly { readonly text: string; readonly asks: boolean }[];
}
const corpus = JSON.parse(readFileSync(new URL("../../../../protocol/testdata/chat.json", import.meta.url), "utf8")) as Corpus;

// PROMISE A8: both ends find the same, and nothing harmless is taken for a secret.
describe("what looks like a secret", () => {
  it("is what the agent finds, without a false alarm", () => {
    const wrong = corpus.looks.filter(({ text, looks: want }) => (looks(text) ?? "harmless") !== want);
    expect(wrong).toEqual([]);
    expect(corpus.looks.filter(({ looks: want }) => want === "harmless").length).toBeGreaterThan(140);
  });

  it("and what asks for one", () => {
    expect(corpus.asks.filter(({ text, asks }) => asksSecret(text) !== asks)).toEqual([]);
  });
});

describe("a conversation", () => {
  let sent: [string, number][];
  let open: boolean;
  let chat: ChatTool;
  const chatOf = (text: string, sequence: number) => ({ $typeName: "beside.v1.Chat", text, sequence }) as const;
  const texts = () => chat.getSnapshot().messages.map(({ own, text }) => `${own ? "T" : "U"} ${text}`);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
    sent = [];
    open = true;
    chat = new ChatTool((text, sequence) => open && sent.push([text, sequence]) > 0);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("numbers what is sent, and keeps the order", () => {
    expect(chat.send(" hello\u202e \n\n\n you ", false)).toBeNull();
    chat.receive(chatOf("hi", 1));
    expect(chat.send("again", false)).toBeNull();
    expect(sent).toEqual([["hello\n\nyou", 1], ["again", 2]]);
    expect(texts()).toEqual(["T hello\n\nyou", "U hi", "T again"]);
  });

  // THREAT 8
  it("drops what comes twice or late", () => {
    [1, 1, 3, 2, 3, 4, 0].forEach((sequence, at) => chat.receive(chatOf(`m${at}`, sequence)));
    expect(texts()).toEqual(["U m0", "U m2", "U m5"]);
  });

  it("counts what was not seen", () => {
    chat.receive(chatOf("one", 1));
    chat.receive(chatOf("two", 2));
    expect(chat.getSnapshot().unread).toBe(2);
    chat.read();
    expect(chat.getSnapshot().unread).toBe(0);
    chat.receive(chatOf("three", 3));
    chat.send("answer", false);
    expect(chat.getSnapshot().unread).toBe(0);
  });

  // PROMISE A8
  it("asks before a secret goes", () => {
    expect(chat.send("Tr0ub4dor&3", false)).toEqual({ kind: "looks", like: "password" });
    expect(sent).toEqual([]);
    expect(chat.send("Tr0ub4dor&3", true)).toBeNull();
    expect(sent).toHaveLength(1);
  });

  // THREAT 11, THREAT 18
  it("cleans and bounds what comes and what goes", () => {
    chat.receive(chatOf("a\u202eb\u0000\n\u0007", 1));
    chat.receive(chatOf("\u200b\n\u202e", 2));
    expect(texts()).toEqual(["U ab"]);
    expect(chat.send(" \n\u202e", false)).toEqual({ kind: "empty" });
    expect(chat.send("ä".repeat(MAX_CHAT + 1), false)).toEqual({ kind: "long" });
    chat.receive(chatOf("x".repeat(10 * MAX_CHAT), 3));
    expect(texts()[1]).toHaveLength(MAX_CHAT + 2);
  });

  it("is not faster than the agent takes it", () => {
    let at = 0;
    while (chat.send(`m${at}`, false) === null) {
      at++;
    }
    expect(at).toBe(CHAT_BURST - 2);
    expect(chat.send("more", false)).toEqual({ kind: "fast" });
    vi.advanceTimersByTime(CHAT_BURST * CHAT_PACE_MS);
    expect(chat.send("more", false)).toBeNull();
  });

  it("ends when it is full, or when nobody is there", () => {
    open = false;
    expect(chat.send("hello", false)).toEqual({ kind: "closed" });
    expect(texts()).toEqual([]);
    open = true;
    for (let at = 1; at <= MAX_CHAT_MESSAGES + 5; at++) {
      chat.receive(chatOf("a", at));
    }
    expect(texts()).toHaveLength(MAX_CHAT_MESSAGES);
    expect(chat.send("hello", false)).toEqual({ kind: "full" });
    const long = new ChatTool(() => true);
    for (let at = 1; at <= 200; at++) {
      long.receive(chatOf("b".repeat(MAX_CHAT), at));
    }
    expect(long.getSnapshot().messages).toHaveLength(MAX_CHAT_TOTAL / MAX_CHAT);
  });
});
