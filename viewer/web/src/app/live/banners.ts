/**
 * The banners over the picture: what the user decided and how things stand, in words.
 * A state's banner goes when the state goes; a decision's stays until it is put away, or
 * until a newer one about the same thing takes its place. Only good news passes by itself:
 * the toolbar shows the same for as long as it holds. Pure.
 */
import type { Scope, SessionEvent, Snapshot } from "../../session/session";
import { scopeVerb } from "./words";

export interface Banner {
  /** Stable while the banner means the same. */
  readonly key: string;
  readonly tone: "info" | "good" | "warn" | "danger";
  readonly title: string;
  readonly text: string;
  /** When the time that is told runs out, milliseconds since 1970. */
  readonly until?: number;
  /** Decisions can be put away once read; states cannot. */
  readonly dismissible: boolean;
  /** It takes nothing away from the technician and asks nothing of them: it goes by itself (use-passing.ts). */
  readonly passes: boolean;
}

export function bannersOf(snapshot: Snapshot, dismissed: ReadonlySet<string>): readonly Banner[] {
  return [...states(snapshot), ...decisions(snapshot.events)].filter(({ key }) => !dismissed.has(key));
}

function states({ phase, paused, secret, away, userActive, inputLocked, question, granted, muted }: Snapshot): Banner[] {
  const banners: Banner[] = [];
  const add = (key: string, tone: Banner["tone"], title: string, text: string, until?: number) =>
    banners.push({ key, tone, title, text, dismissible: false, passes: false, ...(until === undefined ? {} : { until }) });
  if (phase.kind === "reconnecting") {
    add("reconnecting", "warn", "The connection was lost. Repairing it…", "Nothing you do arrives meanwhile. No new question is asked if it comes back in time.", phase.deadline);
  }
  if (secret) {
    add("secret", "warn", "The user is typing a secret", "You see nothing of it, and nothing you do arrives. It goes on when they have typed it.");
  } else if (paused) {
    add("paused", "warn", "The user paused the session", "The picture stands still and nothing you do arrives. They can go on at any time.");
  }
  if (question !== null) {
    add("question", "info", `They are reading your question: may you ${scopeVerb(question.scope)}?`, granted.includes("control") ? "Your mouse and keyboard wait until they have answered." : "The answer will stand here.", question.until);
  } else if (inputLocked && granted.includes("control")) {
    add("locked", "info", "A question is on their screen", "Your mouse and keyboard wait until it is answered.");
  }
  if (away) {
    add("away", "warn", "The user is away, or their screen is locked", "Your mouse and keyboard, clipboard and files wait until they are back and say so.");
  }
  if (muted && granted.includes("voice")) {
    add("muted", "info", "The user has muted themself", "You do not hear them. They hear you.");
  }
  if (userActive && !paused && !away && question === null && !inputLocked && granted.includes("control")) {
    add("active", "info", "The user is using the mouse or keyboard", "Yours wait until they stop.");
  }
  return banners;
}

/** The last decision about each scope, and about the recording itself. */
function decisions(events: readonly SessionEvent[]): Banner[] {
  const last = new Map<string, Banner>();
  events.forEach((event, index) => {
    const about = aboutOf(event);
    if (about === null) {
      return;
    }
    last.delete(about);
    const banner = decision(event, `${about}-${index}`);
    if (banner !== null) {
      last.set(about, banner);
    }
  });
  return [...last.values()];
}

function aboutOf(event: SessionEvent): Scope | "connection" | null {
  switch (event.kind) {
    case "asked":
    case "granted":
    case "refused":
    case "expired":
    case "withdrawn":
    case "released":
    case "unavailable":
      return event.scope;
    case "recording-started":
    case "recording-stopped":
    case "recording-failed":
      return "record";
    case "connection-lost":
    case "connection-repaired":
      return "connection";
    case "paused":
    case "resumed":
      return null;
  }
}

/** The banner of one event; null where an event only clears what stood there before. */
function decision(event: SessionEvent, key: string): Banner | null {
  const banner = (tone: Banner["tone"], title: string, text: string): Banner => ({ key, tone, title, text, dismissible: true, passes: false });
  const passing = (...words: Parameters<typeof banner>): Banner => ({ ...banner(...words), passes: true });
  switch (event.kind) {
    case "granted":
      return event.scope === "view" || event.scope === "record" ? null : passing("good", `They said yes: you can ${scopeVerb(event.scope)}`, "They can take it back at any moment.");
    case "refused":
      return banner("warn", `They said no: you may not ${scopeVerb(event.scope)}`, "The session goes on as before. Talk to them before you ask again.");
    case "expired":
      return banner("warn", `They did not answer: you may not ${scopeVerb(event.scope)}`, "Silence counts as no. You can ask again.");
    case "withdrawn":
      return banner("warn", withdrawnTitle(event.scope), withdrawnText(event.scope));
    case "unavailable":
      return banner("warn", `You cannot ${scopeVerb(event.scope)} here`, event.detail === "" ? "It cannot be had on their machine." : event.detail);
    case "recording-started":
      return passing("danger", "This session is being recorded", "They see a red REC sign, and can stop it at any moment.");
    case "recording-failed":
      return banner("danger", "The recording stopped because it could not be written", `Nothing before was lost, and the session goes on.${event.detail === "" ? "" : ` ${event.detail}`}`);
    case "recording-stopped":
      return passing("info", "The recording has stopped", "What was recorded is kept. The session goes on.");
    case "connection-repaired":
      return passing("good", "The connection is back", "Everything you were allowed to do still stands.");
    case "asked":
    case "released":
    case "paused":
    case "resumed":
    case "connection-lost":
      return null;
  }
}

function withdrawnText(scope: Scope): string {
  switch (scope) {
    case "record":
      return "What was recorded until then is kept. The session goes on.";
    case "clipboard":
      return "What you put there was taken off. The session goes on; you can ask again.";
    case "files":
      return "What was under way was stopped. The session goes on; you can ask again.";
    case "voice":
      return "Neither of you is heard any more. The session goes on; you can ask again.";
    default:
      return "The session goes on. You can ask again.";
  }
}

function withdrawnTitle(scope: Scope): string {
  switch (scope) {
    case "control":
      return "The user took back mouse and keyboard";
    case "record":
      return "The user stopped the recording";
    case "clipboard":
      return "The user took back the clipboard";
    case "files":
      return "The user stopped exchanging files";
    case "voice":
      return "The user stopped talking with you";
    default:
      return `The user took it back: you can no longer ${scopeVerb(scope)}`;
  }
}
