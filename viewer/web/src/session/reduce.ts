/**
 * What each message of the agent makes of a snapshot. Pure: no clock, no connection.
 */
import {
  type Asking,
  type Decision,
  Decision_Outcome,
  type Displays,
  type Ended,
  Ended_By,
  type FromAgent,
  type RecordingStatus,
  RecordingStatus_Phase,
  Scope as WireScope,
  type State,
} from "../gen/beside/v1/session_pb";
import type { Organisation as WireOrganisation } from "../gen/beside/v1/signal_pb";
import { MAX_DISPLAYS, MAX_LINE } from "./limits";
import type { EndedBy, Organisation, Phase, Scope, SessionEvent, Snapshot } from "./state";
import { cleanLine } from "./text";

// More events than a person reads; beyond it the oldest go.
const MAX_EVENTS = 1000;

/** Before anything happened. */
export const EMPTY: Snapshot = {
  phase: { kind: "connecting" },
  technician: null,
  organisation: null,
  granted: [],
  question: null,
  paused: false,
  userActive: false,
  inputLocked: false,
  secret: false,
  away: false,
  muted: false,
  displays: [],
  selectedDisplay: null,
  recording: { kind: "off" },
  events: [],
  stream: null,
  picture: null,
  startedAt: null,
};

/** Whether a phase is one of the last ones; nothing changes a snapshot after them. */
export function isFinal(phase: Phase): boolean {
  return phase.kind === "over" || phase.kind === "failed";
}

/** The snapshot after a message that came at `now` (milliseconds since 1970). */
export function apply(before: Snapshot, message: FromAgent, now: number): Snapshot {
  if (isFinal(before.phase)) {
    return before;
  }
  const { kind } = message;
  switch (kind.case) {
    case "asking":
      return applyAsking(before, kind.value, now);
    case "decision":
      return applyDecision(before, kind.value, now);
    case "state":
      return applyState(before, kind.value, now);
    case "ended":
      return over(before, endedBy(kind.value), Number(kind.value.seconds));
    case "displays":
      return applyDisplays(before, kind.value);
    case "recording":
      return applyRecording(before, kind.value, now);
    case "answer":
    case "candidate":
    case "chat":
    case "lines":
    case undefined:
      return before; // the peer's affair, or a message of a later version
  }
}

/** The snapshot of a session that has ended. */
export function over(before: Snapshot, by: EndedBy, seconds: number): Snapshot {
  const stopped: Snapshot = { ...before, phase: { kind: "over", by, seconds } };
  return { ...stopped, granted: [], question: null, stream: null, paused: false, userActive: false, inputLocked: false, secret: false, away: false, muted: false };
}

/** Adds an event. */
export function happened(before: Snapshot, event: SessionEvent): Snapshot {
  return { ...before, events: [...before.events, event].slice(-MAX_EVENTS) };
}

function applyAsking(before: Snapshot, asking: Asking, now: number): Snapshot {
  const scope = scopeOf(asking.scope);
  if (scope === null) {
    return before;
  }
  const again = before.question?.scope === scope;
  const asked: Snapshot = { ...before, question: { scope, until: now + 1000 * asking.secondsLeft } };
  const first = scope === "view" && (before.phase.kind === "waiting" || before.phase.kind === "asking");
  const phased: Snapshot = first ? { ...asked, phase: { kind: "asking", scope, secondsLeft: asking.secondsLeft } } : asked;
  return again ? phased : happened(phased, { at: now, kind: "asked", scope });
}

function applyDecision(before: Snapshot, decision: Decision, now: number): Snapshot {
  const scope = scopeOf(decision.scope);
  if (scope === null) {
    return before;
  }
  const answered: Snapshot = { ...before, question: before.question?.scope === scope ? null : before.question };
  const without: Snapshot = { ...answered, granted: answered.granted.filter((granted) => granted !== scope) };
  switch (decision.outcome) {
    case Decision_Outcome.GRANTED:
      return happened(granted(without, scope, now), { at: now, kind: "granted", scope });
    case Decision_Outcome.REFUSED:
      return refusal(happened(answered, { at: now, kind: "refused", scope }), scope);
    case Decision_Outcome.EXPIRED:
      return refusal(happened(answered, { at: now, kind: "expired", scope }), scope);
    case Decision_Outcome.UNAVAILABLE:
      return refusal(happened(answered, { at: now, kind: "unavailable", scope, detail: cleanLine(decision.detail, MAX_LINE) }), scope);
    case Decision_Outcome.WITHDRAWN:
      return happened(without, { at: now, kind: "withdrawn", scope });
    case Decision_Outcome.RELEASED:
      return happened(without, { at: now, kind: "released", scope });
    case Decision_Outcome.UNSPECIFIED:
    default:
      return before; // an outcome of a later version: only State says what is granted
  }
}

function granted(before: Snapshot, scope: Scope, now: number): Snapshot {
  const after: Snapshot = { ...before, granted: [...before.granted, scope] };
  if (scope !== "view" || (before.phase.kind !== "asking" && before.phase.kind !== "waiting")) {
    return after;
  }
  return { ...after, phase: { kind: "waiting", for: "picture" }, startedAt: now };
}

// Without the picture there is no session; any other scope may be refused and it goes on.
function refusal(before: Snapshot, scope: Scope): Snapshot {
  const begun = before.startedAt !== null;
  return scope === "view" && !begun ? over(before, "refusal", 0) : before;
}

function applyState(before: Snapshot, state: State, now: number): Snapshot {
  const after: Snapshot = {
    ...before,
    granted: state.granted.map(scopeOf).filter((scope) => scope !== null),
    paused: state.paused,
    userActive: state.userActive,
    inputLocked: state.inputLocked,
    secret: state.secret,
    away: state.away,
    muted: state.muted,
  };
  return state.paused === before.paused ? after : happened(after, { at: now, kind: state.paused ? "paused" : "resumed" });
}

function applyDisplays(before: Snapshot, list: Displays): Snapshot {
  const displays = list.displays
    .slice(0, MAX_DISPLAYS)
    .map(({ index, x, y, width, height }) => ({ index, x, y, width, height }));
  const shown = displays.find((display) => display.index === list.selected);
  return {
    ...before,
    displays,
    selectedDisplay: list.selected,
    picture: shown === undefined ? before.picture : { width: shown.width, height: shown.height },
  };
}

function applyRecording(before: Snapshot, status: RecordingStatus, now: number): Snapshot {
  const id = status.recordingId;
  const detail = cleanLine(status.detail, MAX_LINE);
  switch (status.phase) {
    case RecordingStatus_Phase.RUNNING:
      return happened({ ...before, recording: { kind: "running", id, keptUntil: status.keptUntil > 0n ? 1000 * Number(status.keptUntil) : null } }, { at: now, kind: "recording-started" });
    case RecordingStatus_Phase.STOPPED:
      return happened({ ...before, recording: { kind: "stopped", id } }, { at: now, kind: "recording-stopped" });
    case RecordingStatus_Phase.FAILED:
      return happened({ ...before, recording: { kind: "failed", id, detail } }, { at: now, kind: "recording-failed", detail });
    case RecordingStatus_Phase.UNSPECIFIED:
    default:
      return before;
  }
}

/** What the pages show of an organisation. Agents seal recordings to two recipients or not at all. */
export function describe(organisation: WireOrganisation): Organisation {
  const { id, name, verified, recordingDays, recordingRecipients } = organisation;
  return { id, name: cleanLine(name, MAX_LINE), verified, canRecord: recordingRecipients.length >= 2, recordingDays };
}

const ON_WIRE: Readonly<Record<Scope, WireScope>> = {
  view: WireScope.VIEW,
  control: WireScope.CONTROL,
  record: WireScope.RECORD,
  clipboard: WireScope.CLIPBOARD,
  files: WireScope.FILES,
  voice: WireScope.VOICE,
};
const SCOPES = new Map((Object.keys(ON_WIRE) as Scope[]).map((scope) => [ON_WIRE[scope], scope]));

/** The scope as the schema has it. */
export function scopeOnWire(scope: Scope): WireScope {
  return ON_WIRE[scope];
}

/** The scope of the schema, or null for one that this version does not know. */
function scopeOf(scope: WireScope): Scope | null {
  return SCOPES.get(scope) ?? null;
}

function endedBy(ended: Ended): EndedBy {
  switch (ended.by) {
    case Ended_By.USER:
      return "user";
    case Ended_By.TECHNICIAN:
      return "technician";
    case Ended_By.BAR_LOST:
      return "bar-lost";
    case Ended_By.CONNECTION:
      return "connection";
    case Ended_By.REFUSAL:
      return "refusal";
    case Ended_By.AGENT_CLOSED:
    case Ended_By.UNSPECIFIED:
    default:
      return "agent-closed";
  }
}
