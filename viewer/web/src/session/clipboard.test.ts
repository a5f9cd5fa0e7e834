import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ClipboardMessage, ClipboardMessageSchema, ClipboardPiece_Format, ClipboardResult_Outcome } from "../gen/beside/v1/session_pb";
import { ClipboardTool } from "./clipboard";
import { MAX_CLIPBOARD_IMAGE, MAX_CLIPBOARD_TEXT, MAX_PIECE } from "./limits";
import { Pipe } from "./pipe";
import { FakeChannel, settle } from "./fakes.testkit";

let channel: FakeChannel;
let tool: ClipboardTool;

beforeEach(() => {
  channel = new FakeChannel("clipboard");
  channel.readyState = "open";
  tool = new ClipboardTool(() => pipe);
  const pipe = new Pipe(channel as unknown as RTCDataChannel, (data) => tool.receive(data));
});

afterEach(() => vi.useRealTimers());

const sent = (): ClipboardMessage[] => channel.sent.map((data) => fromBinary(ClipboardMessageSchema, data));
const says = (id: number, kind: ClipboardMessage["kind"]): void =>
  channel.receive(toBinary(ClipboardMessageSchema, create(ClipboardMessageSchema, { id, kind })));
const piece = (format: ClipboardPiece_Format, size: number, data: Uint8Array): ClipboardMessage["kind"] => ({ case: "piece", value: { $typeName: "beside.v1.ClipboardPiece", format, size, data } });
const result = (outcome: ClipboardResult_Outcome): ClipboardMessage["kind"] => ({ case: "result", value: { $typeName: "beside.v1.ClipboardResult", outcome } });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("fetching", () => {
  it("puts pieces together, and cleans what acts or misleads", async () => {
    const fetched = tool.fetch();
    expect(sent()[0]?.kind.case).toBe("fetch");
    const all = bytes("ä € 你\r\nrm \u001b[2J\u202efdp");
    says(1, piece(ClipboardPiece_Format.TEXT, all.length, all.slice(0, 5)));
    says(1, piece(ClipboardPiece_Format.TEXT, all.length, all.slice(5)));
    expect(await fetched).toEqual({ content: { kind: "text", text: "ä € 你\nrm [2Jfdp" } });
  });

  it("says why there is nothing", async () => {
    for (const [outcome, problem] of [
      [ClipboardResult_Outcome.EMPTY, "empty"],
      [ClipboardResult_Outcome.NOT_ALLOWED, "not-allowed"],
      [ClipboardResult_Outcome.PAUSED, "paused"],
      [ClipboardResult_Outcome.UNSUPPORTED, "unsupported"],
      [ClipboardResult_Outcome.TOO_LARGE, "too-large"],
      [ClipboardResult_Outcome.FAILED, "no-answer"],
    ] as const) {
      const fetched = tool.fetch();
      says(sent().at(-1)?.id ?? 0, result(outcome));
      expect(await fetched).toEqual({ problem });
    }
  });

  // THREAT 19, 20: an agent that says one thing and sends another is not believed.
  it("takes no more than was said, nor more than is allowed, nor what nobody asked for", async () => {
    const text = ClipboardPiece_Format.TEXT;
    for (const [hostile, problem] of [
      [[piece(text, MAX_CLIPBOARD_TEXT + 1, bytes("a"))], "too-large"],
      [[piece(ClipboardPiece_Format.PNG, MAX_CLIPBOARD_IMAGE + 1, bytes("a"))], "too-large"],
      [[piece(text, 2, bytes("abc"))], "no-answer"],
      [[piece(text, 4, bytes("abc")), piece(text, 5, bytes("d"))], "no-answer"],
      [[piece(text, 4, bytes("abc")), piece(ClipboardPiece_Format.PNG, 4, bytes("d"))], "no-answer"],
      [[piece(text, 4, new Uint8Array())], "no-answer"],
      [[piece(ClipboardPiece_Format.UNSPECIFIED, 1, bytes("a"))], "unsupported"],
    ] as const) {
      const fetched = tool.fetch();
      const id = sent().at(-1)?.id ?? 0;
      says(id + 100, piece(text, 1, bytes("x")));
      hostile.forEach((kind) => says(id, kind));
      expect(await fetched).toEqual({ problem });
    }
    channel.receive(new Uint8Array([0xff]));
  });

  it("gives up when no answer comes, when the session ends, and without a channel", async () => {
    vi.useFakeTimers();
    const waited = tool.fetch();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await waited).toEqual({ problem: "no-answer" });
    const closed = tool.fetch();
    tool.close();
    expect(await closed).toEqual({ problem: "no-answer" });
    channel.readyState = "closed";
    expect(await tool.fetch()).toEqual({ problem: "no-answer" });
    expect(await tool.put({ kind: "text", text: "a" })).toBe("no-answer");
  });
});

describe("putting", () => {
  it("sends pieces within the limit, as there is room", async () => {
    channel.bufferedAmount = 1 << 20;
    const text = "ä".repeat(MAX_PIECE);
    const put = tool.put({ kind: "text", text });
    await settle();
    expect(channel.sent.length).toBe(0);
    channel.bufferedAmount = 0;
    channel.dispatchEvent(new Event("bufferedamountlow"));
    await settle();
    const pieces = sent().map(({ kind }) => (kind.case === "piece" ? kind.value : null));
    expect(pieces.map((one) => one?.data.length)).toEqual([MAX_PIECE, MAX_PIECE]);
    expect(pieces[0]?.size).toBe(2 * MAX_PIECE);
    says(1, result(ClipboardResult_Outcome.PLACED));
    expect(await put).toBeNull();
  });

  it("refuses what is too large or nothing before it sends anything", async () => {
    expect(await tool.put({ kind: "text", text: "\u0000" })).toBe("empty");
    expect(await tool.put({ kind: "text", text: "a".repeat(MAX_CLIPBOARD_TEXT + 1) })).toBe("too-large");
    expect(await tool.put({ kind: "image", png: new Uint8Array(MAX_CLIPBOARD_IMAGE + 1) })).toBe("too-large");
    expect(channel.sent.length).toBe(0);
  });

  it("stops sending when it is refused", async () => {
    channel.bufferedAmount = 1 << 20;
    const put = tool.put({ kind: "text", text: "a".repeat(MAX_PIECE * 3) });
    await settle();
    says(1, result(ClipboardResult_Outcome.NOT_ALLOWED));
    channel.bufferedAmount = 0;
    channel.dispatchEvent(new Event("bufferedamountlow"));
    expect(await put).toBe("not-allowed");
    await settle();
    expect(channel.sent.length).toBeLessThan(2);
  });
});
