/**
 * The ground the pages stand on: the relay's API and the cores without DOM. Pages
 * take them from here, so that they can be shown against others (tests do).
 */
import { createContext, useContext } from "react";
import type { OpenPlayer } from "../recording/player";
import type { OpenedRecording } from "../recording/recording";
import type { ReviewKey } from "../recording/reviewkey";
import type { Session, SessionOptions } from "../session/session";
import type { Api } from "./api/client";

export interface Wiring {
  readonly api: Api;
  /** Starts a session at once. */
  readonly startSession: (options: SessionOptions) => Session;
  /** Fetches, verifies and unlocks a recording. Throws RecordingError. */
  readonly openRecording: (id: string, key: ReviewKey) => Promise<OpenedRecording>;
  readonly openPlayer: OpenPlayer;
  /** Whether this browser can hold a session at all. */
  readonly hasWebRTC: boolean;
}

const WiringContext = createContext<Wiring | null>(null);

export const WiringProvider = WiringContext.Provider;

export function useWiring(): Wiring {
  const wiring = useContext(WiringContext);
  if (wiring === null) {
    throw new Error("the page stands outside the wiring");
  }
  return wiring;
}

export function useApi(): Api {
  return useWiring().api;
}
