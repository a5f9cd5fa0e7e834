/** What recordings' problems and events are called. Pure; every case has its words. */
import type { RecordedEvent, RecordingProblem } from "../../recording/recording";
import { cleanLine } from "../../session/text";
import type { Words } from "../api/words";

export function recordingWords(problem: RecordingProblem): Words {
  const words = (title: string, next: string, detail = ""): Words => ({ title, next, detail });
  switch (problem.kind) {
    case "wrong-passphrase":
      return words("That does not open the key", "Check for capital letters and spaces, then try again. Nothing was logged as opened.");
    case "not-for-us":
      return words("This recording was sealed for another key", "The key of your organisation was changed after it was made. Try the recovery key.");
    case "missing":
      return words("A part of this recording is not there", "It was erased, or has not arrived yet. If the session has just ended, wait a minute and open it again.", problem.object);
    case "changed":
      return words("This recording is not what was signed", "A part of it differs from what the user’s machine signed. Do not rely on it, and tell whoever runs the relay.", problem.object);
    case "not-allowed":
      return words("The relay did not hand it out", "You may have been signed out. Go back to the list and open it again.");
    case "relay-unreachable":
      return words("The relay cannot be reached", "Check your connection and try again. Nothing was lost.");
    case "cannot-play":
      return words("This browser cannot play the recording", "It does not know VP9 in MP4. Use a current Chrome, Edge or Firefox.");
  }
}

/** The events a person reads: a gap that a pause explains is not told twice. */
export function toRead(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter(({ kind, text }) => !(kind === "gap" && text === "paused"));
}

/** One event as a sentence. */
export function eventWords({ kind, scope, by, text }: RecordedEvent): string {
  const what = scopeNoun(scope);
  switch (kind) {
    case "asked":
      return `Technician asked to ${scopeAct(scope)}`;
    case "granted":
      return `User let them ${scopeAct(scope)}`;
    case "refused":
      return `User did not let them ${scopeAct(scope)}`;
    case "expired":
      return `No answer about ${what}`;
    case "withdrawn":
      return withdrawnWords(scope, by);
    case "released":
      return `Technician gave back ${what}`;
    case "paused":
      return text === "secret" ? "User typed a secret: nothing was shown or recorded" : "User paused the session";
    case "resumed":
      return text === "secret" ? "User had typed it" : "User went on";
    case "away":
      return "User was away: the technician could do nothing";
    case "back":
      return "User was back and let it go on";
    case "ended":
      return endedWords(by);
    case "chat":
      return `${by === "user" ? "User" : "Technician"} wrote: ${text}`;
    case "gap":
      return `Nothing was recorded for a while${text === "" ? "" : `: ${cleanLine(text)}`}`;
    default:
      return cleanLine(text) || cleanLine(kind);
  }
}

function withdrawnWords(scope: string, by: string): string {
  const who = by === "agent" ? "Beside" : "User";
  return scope === "record" ? `${who} stopped the recording` : `${who} took back ${scopeNoun(scope)}`;
}

function endedWords(by: string): string {
  switch (by) {
    case "user":
      return "User ended the session";
    case "technician":
      return "Technician ended the session";
    case "bar-lost":
      return "Beside ended the session: its bar could not be seen";
    case "connection":
      return "Session ended: the connection was lost";
    case "agent":
      return "Session ended: Beside was closed";
    default:
      return "Session ended";
  }
}

/** What the technician does with a scope, after "asked to". */
function scopeAct(scope: string): string {
  switch (scope) {
    case "view":
      return "see the screen";
    case "control":
      return "use mouse and keyboard";
    case "record":
      return "record";
    case "clipboard":
      return "share the clipboard";
    case "files":
      return "exchange files";
    case "voice":
      return "talk";
    default:
      return `use ${scopeNoun(scope)}`;
  }
}

function scopeNoun(scope: string): string {
  switch (scope) {
    case "view":
      return "seeing the screen";
    case "control":
      return "mouse and keyboard";
    case "record":
      return "recording";
    case "clipboard":
      return "the clipboard";
    case "files":
      return "files";
    case "voice":
      return "voice";
    default:
      return scope === "" ? "the session" : cleanLine(scope);
  }
}

/** How an event is coloured in the list and on the time line. */
export function eventTone(kind: string): "good" | "warn" | "plain" {
  switch (kind) {
    case "granted":
    case "resumed":
      return "good";
    case "refused":
    case "withdrawn":
    case "expired":
    case "ended":
      return "warn";
    default:
      return "plain";
  }
}
