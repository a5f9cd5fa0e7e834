/**
 * One session in a world of its own, for each test, and the steps that most of them take.
 * Timers and the clock are virtual; what is merely due (promises, WebCrypto) is awaited.
 */
import { afterEach, beforeEach, expect, vi } from "vitest";
import { Decision_Outcome, Ended_By, Scope as WireScope } from "../gen/beside/v1/session_pb";
import type { SessionCode } from "./code";
import { AGENT_PRINT, description, settle, until } from "./fakes.testkit";
import type { Platform } from "./platform";
import { openSession, type Session, type SessionOptions } from "./session";
import { World } from "./world.testkit";

/** The number of every session here. */
export const code: SessionCode = { locator: "40812", secret: "730156" };

/** What the agent says. */
export const SAY = {
  asking: (scope: WireScope) => ({ case: "asking", value: { $typeName: "beside.v1.Asking", scope, secondsLeft: 90 } }) as const,
  decision: (scope: WireScope, outcome: Decision_Outcome, detail = "") =>
    ({ case: "decision", value: { $typeName: "beside.v1.Decision", scope, outcome, detail } }) as const,
  answer: (print = AGENT_PRINT, number = 0) =>
    ({ case: "answer", value: { $typeName: "beside.v1.Description", sdp: description(print, "sendonly"), number } }) as const,
  lines: (picture: boolean, voice: boolean) => ({ case: "lines", value: { $typeName: "beside.v1.Lines", picture, voice } }) as const,
  state: (granted: WireScope[], change: { paused?: boolean; userActive?: boolean; inputLocked?: boolean; secret?: boolean; away?: boolean } = {}) =>
    ({ case: "state", value: { $typeName: "beside.v1.State", granted, paused: false, userActive: false, inputLocked: false, secret: false, away: false, muted: false, ...change } }) as const,
  ended: (by: Ended_By, seconds: bigint) => ({ case: "ended", value: { $typeName: "beside.v1.Ended", by, seconds } }) as const,
};

/** Of the test that runs. */
export let world: World;
export let session: Session;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  renew();
});
afterEach(() => {
  session.end();
  vi.useRealTimers();
});

/** Another world; `screen` says whether its browser can draw screen updates. */
export function renew(screen = false): void {
  world = new World(code, screen);
}

/** Opens the session. */
export function begin(other: { secret?: string; diagnose?: SessionOptions["diagnose"]; platform?: Partial<Platform> } = {}): void {
  const { secret, diagnose, platform } = other;
  session = openSession(
    {
      code: { ...code, secret: secret ?? code.secret },
      reason: "The printer",
      ticket: "T-17",
      webSocketUrl: "wss://relay.example/api/v1/session",
      ...(diagnose === undefined ? {} : { diagnose }),
    },
    { ...world.platform, ...platform },
  );
}

/** Where it stands. */
export const phase = (): string => session.getSnapshot().phase.kind;
/** How often the agent heard something over the relay. */
export const heard = (kind: string): number => world.heard.filter((message) => message.kind.case === kind).length;

/** Up to the first question. */
export async function agree(): Promise<void> {
  begin();
  world.worker.say({ kind: "ready" });
  world.socket.open();
  world.welcome();
  await until(() => heard("ask") === 1, "the first question");
}

/** Up to the picture; the agent answers with this number. */
export async function live(number = 0): Promise<void> {
  await agree();
  await world.say(SAY.asking(WireScope.VIEW));
  await world.say(SAY.decision(WireScope.VIEW, Decision_Outcome.GRANTED));
  await world.say(SAY.answer(AGENT_PRINT, number));
  await until(() => world.peer.remoteDescription !== null, "the answer");
  world.peer.connect();
  expect(phase()).toBe("live");
}

/** Up to the picture and control. */
export async function controlling(): Promise<void> {
  await live();
  world.sayDirect(SAY.state([WireScope.VIEW, WireScope.CONTROL]));
  await settle();
}
