/**
 * What went wrong between the page and the relay, in words: what happened, and what
 * to do next. The technical cause folds out for those who pass it on.
 */
import { Code, ConnectError } from "@connectrpc/connect";

export interface Words {
  readonly title: string;
  readonly next: string;
  /** For the fold-out; empty when there is nothing to add. */
  readonly detail: string;
}

export function wordsFor(error: unknown): Words {
  const failure = ConnectError.from(error);
  const detail = `${Code[failure.code] ?? "Unknown"}: ${failure.rawMessage}`;
  return { ...plain(failure.code, failure.rawMessage), detail };
}

function plain(code: Code, message: string): { title: string; next: string } {
  switch (code) {
    case Code.Unauthenticated:
      return { title: "You are signed out", next: "Sign in again to go on. Nothing was lost." };
    case Code.PermissionDenied:
      return { title: "Your roles do not allow this", next: "Ask an admin of your organisation if you need it." };
    case Code.NotFound:
      return { title: "That is not here", next: "It may have been removed meanwhile. Go back and load the list again." };
    case Code.ResourceExhausted:
      return { title: "Too many tries", next: "Wait a minute, then try again." };
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
    case Code.InvalidArgument:
      return { title: sentence(message, "That did not work"), next: "Change it and try again. Nothing was saved." };
    case Code.DeadlineExceeded:
    case Code.Unavailable:
    case Code.Unknown:
      return { title: "The relay cannot be reached", next: "Check your connection, then try again. Nothing was lost." };
    default:
      return { title: "The relay could not do that", next: "Try again in a moment. If it stays so, tell whoever runs the relay." };
  }
}

/** The relay's own sentence, when it sent one, with a capital and without a full stop. */
function sentence(message: string, otherwise: string): string {
  const text = message.trim().replace(/\.$/, "");
  return text === "" ? otherwise : text.charAt(0).toUpperCase() + text.slice(1);
}

/** Whether the relay said that nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unauthenticated;
}
