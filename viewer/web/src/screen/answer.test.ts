import { describe, expect, it } from "vitest";
import { Answer } from "./answer";

describe("a frame that waits for an answer", () => {
  it("waits for a few milliseconds after a press, and not without one", () => {
    const answer = new Answer();
    expect(answer.awaited(100)).toBe(false);
    answer.acted(100);
    expect(answer.awaited(103)).toBe(true);
    expect(answer.awaited(108)).toBe(false);
  });

  it("waits no more once something came", () => {
    const answer = new Answer();
    answer.acted(100);
    answer.arrived(103);
    expect(answer.awaited(104)).toBe(false);
  });

  it("does not wait where the press before was answered late, until one is answered in time", () => {
    const answer = new Answer();
    answer.acted(100);
    answer.arrived(140);
    answer.acted(200);
    expect(answer.awaited(201)).toBe(false);
    answer.arrived(204);
    answer.acted(300);
    expect(answer.awaited(301)).toBe(true);
  });

  it("does not wait where the press before was never answered", () => {
    const answer = new Answer();
    answer.acted(100);
    answer.acted(200);
    expect(answer.awaited(201)).toBe(false);
  });

  it("takes a press and its release for one", () => {
    const answer = new Answer();
    answer.acted(100);
    answer.acted(101);
    expect(answer.awaited(108.5)).toBe(true);
  });
});

describe("whether frames follow each other", () => {
  it("is told by how long the last three took to begin", () => {
    const answer = new Answer();
    expect(answer.framesFollow).toBe(false);
    answer.frame(11);
    expect(answer.framesFollow).toBe(true);
    answer.frame(0.4);
    answer.frame(0.4);
    expect(answer.framesFollow).toBe(true);
    answer.frame(0.4);
    expect(answer.framesFollow).toBe(false);
  });
});
