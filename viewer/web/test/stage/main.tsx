/**
 * The real pages over cores that a test moves by hand: a session whose snapshot is set
 * from outside, and a recording that is a drawing. Built apart and never served by the
 * relay.
 */
import "@mantine/core/styles.layer.css";
import "@mantine/core/styles/default-css-variables.layer.css";
import "../../src/app/styles/theme.css";
import "../../src/app/styles/base.css";
import { createRoot } from "react-dom/client";
import { App } from "../../src/app/app";
import { relayApi } from "../../src/app/api/client";
import { registerTrustedPolicy } from "../../src/app/trusted";
import type { PlayerSnapshot } from "../../src/recording/player";
import type { OpenedRecording, RecordedEvent } from "../../src/recording/recording";
import { ChatTool } from "../../src/session/chat";
import { EMPTY } from "../../src/session/reduce";
import type { InputEvent, Session, Snapshot, Transfer } from "../../src/session/session";
import type { VoiceState } from "../../src/session/voice";
import { drawing, pointer } from "./drawing";
import { ScreenStage } from "./screen";

/** What tests reach from outside, as window.stage. */
export interface Stage {
  set(change: Partial<Snapshot>): void;
  readonly asked: { scope: string; reason: string }[];
  readonly sent: InputEvent[];
  /** What is on the user's clipboard. */
  clipboard: string;
  transfer(one: Transfer): void;
  /** What the technician sent in the chat. */
  readonly written: string[];
  /** The user writes. */
  write(text: string): void;
  events: RecordedEvent[];
  /** How the talk stands. */
  voice: VoiceState;
  /** A connection to an agent that a test plays. */
  readonly screen: ScreenStage;
}

const PICTURE = { width: 1920, height: 1080 };

let snapshot = EMPTY;
const listeners = new Set<() => void>();
const stage: Stage = {
  set(change) {
    const live = change.phase?.kind === "live" && snapshot.stream === null;
    snapshot = { ...snapshot, ...change, ...(live ? { stream: stage.screen.link === null ? drawing(PICTURE) : stage.screen.stream, picture: stage.screen.link?.getSnapshot().sheet?.size ?? PICTURE } : {}) };
    for (const listener of listeners) {
      listener();
    }
  },
  asked: [],
  sent: [],
  written: [],
  write: (text) => chat.receive({ $typeName: "beside.v1.Chat", text, sequence: ++said }),
  clipboard: "ä € 你\nsecond line",
  events: [],
  voice: { microphone: { kind: "off" }, sound: null },
  transfer: (one) => setTransfers([...transfers.filter(({ id }) => id !== one.id), one]),
  screen: new ScreenStage((change) => stage.set(change)),
};
Object.assign(window, { stage });

let said = 0;
const chat = new ChatTool((text) => stage.written.push(text) > 0);

let transfers: readonly Transfer[] = [];

function setTransfers(next: readonly Transfer[]): void {
  transfers = next;
  stage.set({});
}

function startSession(): Session {
  snapshot = EMPTY;
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
    ask: (scope, reason) => {
      stage.asked.push({ scope, reason });
      stage.set({ question: { scope, until: Date.now() + 60_000 } });
    },
    release: (scope) => stage.set({ granted: snapshot.granted.filter((held) => held !== scope) }),
    selectDisplay: (index) => stage.set({ selectedDisplay: index }),
    sendInput: (event) => {
      stage.sent.push(event);
      return true;
    },
    files: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      getSnapshot: () => transfers,
      send: ({ name, size }) => setTransfers([...transfers, { id: transfers.length + 1, way: "to-them", name, size, done: Math.floor(size / 3), state: { kind: "running" } }]),
      request: () => setTransfers([...transfers, { id: transfers.length + 1, way: "from-them", name: "", size: 0, done: 0, state: { kind: "choosing" } }]),
      cancel: (id) => setTransfers(transfers.map((one) => (one.id === id ? { ...one, state: { kind: "stopped", why: "technician" } } : one))),
      received: () => new Blob(["theirs"]),
    },
    chat,
    voice: { subscribe: () => () => undefined, getSnapshot: () => stage.voice, own: null, mute: () => undefined, retry: () => undefined },
    clipboard: {
      fetch: () => Promise.resolve({ content: { kind: "text", text: stage.clipboard } }),
      put: (content) => {
        stage.clipboard = content.kind === "text" ? content.text : `a picture of ${content.png.length} bytes`;
        return Promise.resolve(null);
      },
    },
    end: () => {
      if (snapshot.startedAt !== null) {
        stage.set({ phase: { kind: "over", by: "technician", seconds: 754 } });
      }
    },
    stats: () => Promise.resolve({ fps: 29.6, kilobits: 1840, roundTripMs: 18.4, decodeMs: 2.1, jitterMs: 3.4, ...PICTURE, codec: "VP9 4:4:4", exact: null, drawn: null, drawnAt: null, carrier: "direct" }),
    get screen() {
      return stage.screen.link;
    },
    onCursor: (listener) => {
      listener({ x: 1180, y: 470, visible: true, shape: pointer() });
      return () => undefined;
    },
  };
}

function openRecording(id: string): Promise<OpenedRecording> {
  return Promise.resolve({ id, sessionId: "s1", started: new Date(Date.now() - 4_320_000), duration: 431, ...PICTURE, complete: true, segments: [], events: stage.events, readSegment: () => Promise.resolve(new Uint8Array()) });
}

const ready: PlayerSnapshot = { phase: { kind: "ready" }, duration: 431, loadedSegments: 3 };

createRoot(document.getElementById("root") as HTMLElement).render(
  <App
    wiring={{
      api: relayApi(),
      startSession,
      openRecording,
      openPlayer: (_recording, video) => {
        (video as HTMLVideoElement).srcObject = drawing(PICTURE);
        return { subscribe: () => () => undefined, getSnapshot: () => ready, seek: () => undefined, close: () => undefined };
      },
      hasWebRTC: !window.location.search.includes("no-webrtc"),
    }}
  />,
);
registerTrustedPolicy(window as unknown as Parameters<typeof registerTrustedPolicy>[0]);
