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

export interface Ending {
  readonly title: string;
  readonly text: string;
}

export function endingOf(by: EndedBy, began: boolean): Ending {
  switch (by) {
    case "user":
      return { title: "The user ended the session", text: "You can no longer see or control anything. If there is more to do, ask them for a new number." };
    case "technician":
      return { title: "You ended the session", text: "You can no longer see or control anything, and they were told so." };
    case "bar-lost":
      return { title: "The session ended by itself", text: "The bar that shows the user what you can do was covered or closed. Without it nobody sees anything. Ask them to start Beside again." };
    case "connection":
      return { title: "The connection was lost", text: "It could not be repaired in time, so the session ended for both of you. Ask them for a new number." };
    case "agent-closed":
      return { title: "Beside was closed on the other side", text: "The session ended with it. Ask them to start it again if there is more to do." };
    case "refusal":
      return began
        ? { title: "The user stopped showing their screen", text: "The session ended with that. You can no longer see anything." }
        : { title: "The user did not show their screen", text: "They said no, or did not answer in time. Nothing was seen. Talk to them, then ask for a new number." };
  }
}

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
