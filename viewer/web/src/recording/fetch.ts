/** Fetches sealed objects from the relay. They are opened for review before (with a reason, which is logged). */
import { MAX_OBJECT } from "./manifest";
import { RecordingError, type FetchObject, type RecordingProblem } from "./recording";

/** GET /api/v1/recordings/{id}/{object} of the relay this page came from. */
export const fetchFromRelay: FetchObject = async (recordingId, object, signal) => {
  const path = `/api/v1/recordings/${encodeURIComponent(recordingId)}/${encodeURIComponent(object)}`;
  let data: ArrayBuffer;
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "error", signal: signal ?? null });
    data = await response.arrayBuffer();
  } catch (error) {
    if (signal?.aborted === true) {
      throw error;
    }
    throw new RecordingError({ kind: "relay-unreachable" });
  }
  if (!response.ok) {
    throw new RecordingError(problemOf(response.status, object));
  }
  if (data.byteLength > MAX_OBJECT) {
    throw new RecordingError({ kind: "changed", object });
  }
  return new Uint8Array(data);
};

function problemOf(status: number, object: string): RecordingProblem {
  switch (status) {
    case 404:
    case 410:
      return { kind: "missing", object };
    case 401:
    case 403:
      return { kind: "not-allowed" };
    default:
      return { kind: "relay-unreachable" };
  }
}
