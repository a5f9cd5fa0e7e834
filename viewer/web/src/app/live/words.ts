/** What a session's ends, problems and scopes are called. Pure; every case has its words. */
import type { EndedBy, Problem, Scope } from "../../session/session";
import type { Words } from "../api/words";
import { lasting } from "../parts/time";

/** What the technician may do with a scope, after "You can". */
export function scopeVerb(scope: Scope): string {
  switch (scope) {
    case "view":
      return "see their screen";
    case "control":
      return "use their mouse and keyboard";
    case "record":
      return "record this session";
    case "clipboard":
      return "share the clipboard";
    case "files":
      return "exchange files";
    case "voice":
      return "talk with them";
  }
}

/** How a session ended: what happened, and what to do now. */
export interface Ending {
  readonly title: string;
  readonly text: string;
  /** What it can have been, each with what helps; empty where the text says all. */
  readonly helps: readonly string[];
}

// The user's program ends with its session; where none began, it shows another number at once.
const AGAIN = "To go on, ask them to start Beside again and to read you the new number.";
const NEXT_NUMBER = "A new number is on their screen: ask for it when they are ready.";

export function endingOf(by: EndedBy, began: boolean): Ending {
  const ending = (title: string, text: string, helps: readonly string[] = []): Ending => ({ title, text, helps });
  switch (by) {
    case "user":
      return ending("The user ended the session", `You can no longer see or control anything. ${AGAIN}`);
    case "technician":
      return ending("You ended the session", `You can no longer see or control anything, and they were told so. ${AGAIN}`);
    case "bar-lost":
      return began
        ? ending("The session ended by itself", `A bar on their screen tells them what you can do. It could not be seen any more, and without it nobody sees anything. ${AGAIN}`, BAR_LOST)
        : ending("The session could not begin", `A bar on their screen has to tell them what you can do. It could not be shown, so nothing was seen. ${NEXT_NUMBER}`, BAR_NOT_SHOWN);
    case "connection":
      return began
        ? ending("The connection was lost", `It could not be repaired within half a minute, so the session ended for both of you. If you are online, it is their connection. ${AGAIN}`)
        : ending("The connection was lost before it began", `Nothing was seen. ${NEXT_NUMBER}`);
    case "agent-closed":
      return began
        ? ending("Beside was closed on the other side", `They closed it, or it could not go on, and the session ended with it. ${AGAIN}`)
        : ending("Beside was closed on the other side", "Nothing was seen. Ask them to start it again and to read you the number.");
    case "refusal":
      return began
        ? ending("The user stopped showing their screen", `The session ended with that. You can no longer see anything. ${AGAIN}`)
        : ending("The user did not show their screen", "They said no, or did not answer in time. Nothing was seen. Talk to them, then ask for the new number on their screen.");
  }
}

const FILLED = "A game, a film or another program filled their screen. Ask them to close it, or to leave its full screen.";

/** Why a bar can no longer be seen, and what helps. */
const BAR_LOST: readonly string[] = [
  FILLED,
  "Their screen went dark, or they signed out of the computer. Ask them to sign in again and to keep the screen on.",
  "Their computer stood still for a moment. Ask them to close what they do not need.",
  "A program pressed buttons in their name, or took their mouse and keyboard away. If neither of you knows which one, do not go on: tell whoever looks after that computer.",
];

/** Why it could not be shown in the first place. */
const BAR_NOT_SHOWN: readonly string[] = [FILLED, "Their screen is dark, or locked. Ask them to unlock it and to keep it on."];

export function problemWords(problem: Problem): Words {
  const words = (title: string, next: string, detail = ""): Words => ({ title, next, detail });
  switch (problem.kind) {
    case "code-unknown":
      return words("That number is not valid any more", "Numbers work once, for 15 minutes. Ask them to read the one on their screen now.");
    case "wrong-secret":
      return words("That number was not quite right", "For safety it is used up now. A new one is on their screen: ask them to read it to you.");
    case "too-many-tries":
      return words("Too many tries", `Wait ${lasting(problem.retryAfterSeconds)}, then try again with the number on their screen.`);
    case "no-webrtc":
      return words("This browser cannot hold a session", "It has no WebRTC, or WebRTC was switched off. Use a current Chrome, Edge, Firefox or Safari.");
    case "no-decoder":
      return words("This browser cannot show the picture", "It does not know the video format VP9. Use a current Chrome, Edge or Firefox.");
    case "relay-unreachable":
      return words("The relay cannot be reached", "Check your connection. The number on their screen may still work: try again.");
    case "relay-unavailable":
      return words("The relay is starting again or very busy", "Wait half a minute, then try again with the number on their screen.");
    case "organisation-mismatch":
      return words("The other side belongs to another organisation", "Nothing was shown or asked. Ask them to start the Beside that your organisation gave them.");
    case "version-mismatch":
      return words("The versions do not fit together", "Load this page again. If that does not help, ask them to get the newest Beside.");
    case "signed-out":
      return words("You are signed out", "Sign in again, then type the number once more. It was not used up.");
    case "forbidden":
      return words("Your roles do not allow sessions", "Ask an admin of your organisation for the role “technician”.");
    case "connection-lost":
      return words("The connection was lost before it began", "Nothing was seen. Ask them for the number on their screen and try again.");
    case "other-side-gone":
      return words("The other side has left", "They closed Beside, or asked for a new number. Nothing was seen. Ask them for the new one.");
    case "tampered":
      return words("Something between you and them was changed on the way", "The session was stopped before anything was shown. Do not try again on this network; tell whoever runs it.", "The handshake or a sealed message did not verify.");
    case "bad-frame":
      return words("The other side sent something that cannot be read", "Load this page again and try once more. Nothing was lost.", "A frame could not be decoded.");
  }
}
