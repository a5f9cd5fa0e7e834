/** The real cores and the real browser, for the application as it is served. */
import { openRecording } from "../recording/open";
import { openPlayer } from "../recording/player";
import { openSession } from "../session/session";
import { relayApi } from "./api/client";
import { diagnose } from "./api/diagnose";
import type { Wiring } from "./wiring";

export function browserWiring(): Wiring {
  const api = relayApi();
  return {
    api,
    startSession: (options) => openSession({ ...options, diagnose: () => diagnose(api) }),
    openRecording: (id, key) => openRecording(id, key),
    openPlayer,
    hasWebRTC: typeof RTCPeerConnection === "function" && typeof RTCRtpReceiver === "function",
  };
}
