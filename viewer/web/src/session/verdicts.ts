/** What the relay's refusals mean, in the words of `Problem`: its errors, and the codes it closes with. Pure. */
import { type RelayError, RelayError_Code } from "../gen/beside/v1/signal_pb";
import type { Problem } from "./state";

// Said when the relay closed for too many tries without saying for how long.
const UNTOLD_WAIT_SECONDS = 60;

/**
 * What a close code says for good; null when one should come back. The codes and which
 * of them are verdicts are those of protocol/close.go; below 4000 it is the network.
 */
export function verdictOf(code: number): Problem | null {
  switch (code) {
    case 4000:
      return { kind: "other-side-gone" };
    case 4400:
      return { kind: "bad-frame" };
    case 4403:
      return { kind: "forbidden" };
    case 4404:
      return { kind: "code-unknown" };
    case 4409: // replaced by a newer connection of ours
    case 4410:
      return { kind: "connection-lost" };
    case 4426:
      return { kind: "version-mismatch" };
    case 4429:
      return { kind: "too-many-tries", retryAfterSeconds: UNTOLD_WAIT_SECONDS };
    default:
      return null;
  }
}

/** What an error of the relay means to the person in front of it. */
export function refusalOf(error: RelayError): Problem {
  switch (error.code) {
    case RelayError_Code.CODE_UNKNOWN:
      return { kind: "code-unknown" };
    case RelayError_Code.TOO_MANY:
      return { kind: "too-many-tries", retryAfterSeconds: error.retryAfterSeconds };
    case RelayError_Code.VERSION:
      return { kind: "version-mismatch" };
    case RelayError_Code.ORGANISATION:
      return { kind: "organisation-mismatch" };
    case RelayError_Code.RESUME:
      return { kind: "connection-lost" };
    case RelayError_Code.UNAVAILABLE:
      return { kind: "relay-unavailable" };
    case RelayError_Code.FORBIDDEN:
      return { kind: "forbidden" };
    case RelayError_Code.BAD_FRAME:
    case RelayError_Code.UNSPECIFIED:
    default:
      return { kind: "bad-frame" };
  }
}
