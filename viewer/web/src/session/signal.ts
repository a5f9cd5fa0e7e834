/**
 * The page's WebSocket to the relay. It joins with the locator, passes sealed frames
 * on, and when the connection is lost comes back with the resume token within 30 s.
 * It knows nothing of what the frames say.
 *
 *   connecting ─welcome─► joined ─lost─► repairing ─resumed─► joined
 *       any ─► closed (for good; `failed` is told once, unless we closed it)
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type IceServers,
  PeerLeft_Why,
  type RelayError,
  RelayError_Code,
  type RelayToViewer,
  RelayToViewerSchema,
  type ViewerFrame,
  ViewerFrameSchema,
  type ViewerWelcome,
} from "../gen/beside/v1/signal_pb";
import { PROTOCOL_VERSION } from "./handshake";
import { MAX_FORWARD, MAX_FRAME } from "./limits";
import type { Problem } from "./state";
import { refusalOf, verdictOf } from "./verdicts";

/** The relay keeps our place for this long; after it the session is over. */
export const REPAIR_MS = 30_000;

// A relay that takes the connection but does not answer counts as not reachable.
const WELCOME_MS = 10_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
// Frames kept while the connection is repaired; beyond that the oldest goes, and the
// seal's counters show the gap to the other end.
const MAX_KEPT = 64;
// RFC 6455, section 7.4.1.
const NORMAL_CLOSE = 1000;

/** Why the agent's end is not there. */
export type PeerLeft = "lost" | "gone";

/** What a Signal tells its owner, in the order in which it came. */
export interface SignalHandlers {
  joined(welcome: ViewerWelcome): void;
  resumed(): void;
  forward(frame: Uint8Array): void;
  peerLeft(why: PeerLeft): void;
  ice(servers: IceServers): void;
  /** The connection is being repaired until `deadline`. */
  lost(deadline: number): void;
  /** For good. */
  failed(problem: Problem): void;
}

type State =
  | { readonly kind: "connecting" }
  | { readonly kind: "joined"; readonly token: string }
  | { readonly kind: "repairing"; readonly token: string; readonly deadline: number; readonly wait: number }
  | { readonly kind: "closed" };

export class Signal {
  readonly #url: string;
  readonly #locator: string;
  readonly #open: (url: string) => WebSocket;
  readonly #handlers: SignalHandlers;
  #state: State = { kind: "connecting" };
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #kept: Uint8Array[] = [];

  constructor(url: string, locator: string, open: (url: string) => WebSocket, handlers: SignalHandlers) {
    this.#url = url;
    this.#locator = locator;
    this.#open = open;
    this.#handlers = handlers;
  }

  start(): void {
    this.#connect();
  }

  /** Sends a serialised PeerFrame to the agent, now or once the connection is back. */
  forward(frame: Uint8Array): void {
    if (frame.length <= MAX_FORWARD) {
      this.#send({ case: "forward", value: frame });
    }
  }

  /** Asks for fresh TURN credentials. */
  requestIce(): void {
    this.#send({ case: "ice", value: { $typeName: "beside.v1.IceRequest" } });
  }

  /** Tells the relay that the session is over, and closes. */
  leave(): void {
    if (this.#state.kind === "joined") {
      this.#send({ case: "leave", value: { $typeName: "beside.v1.ViewerLeave" } });
    }
    this.close();
  }

  /** Closes without a word. No handler is called any more. */
  close(): void {
    this.#state = { kind: "closed" };
    this.#kept = [];
    clearTimeout(this.#timer);
    this.#dropSocket();
  }

  #connect(): void {
    let socket: WebSocket;
    try {
      socket = this.#open(this.#url);
    } catch {
      this.#lost();
      return;
    }
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    // Events of a socket that was given up are no longer ours.
    const current = <E>(act: (event: E) => void) => (event: E): void => {
      if (this.#socket === socket) {
        act(event);
      }
    };
    socket.addEventListener("open", current(() => this.#join(socket)));
    socket.addEventListener("close", current((event: CloseEvent) => this.#closedBy(event.code)));
    socket.addEventListener("message", current((event: MessageEvent) => this.#receive(event.data)));
    this.#timer = setTimeout(current(() => this.#lost()), WELCOME_MS);
  }

  #join(socket: WebSocket): void {
    const resumeToken = this.#state.kind === "repairing" ? this.#state.token : "";
    const join = { $typeName: "beside.v1.ViewerJoin", protocol: PROTOCOL_VERSION, locator: this.#locator, resumeToken } as const;
    socket.send(encode({ case: "join", value: join }));
  }

  #send(kind: ViewerFrame["kind"]): void {
    const bytes = encode(kind);
    if (this.#state.kind === "joined" && this.#socket !== null) {
      this.#socket.send(bytes);
      return;
    }
    if (this.#state.kind !== "closed") {
      this.#kept = [...this.#kept, bytes].slice(-MAX_KEPT);
    }
  }

  #receive(data: unknown): void {
    const frame = decode(data);
    if (frame === null) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    const { kind } = frame;
    switch (kind.case) {
      case "welcome":
        this.#welcome(kind.value);
        return;
      case "error":
        this.#refused(kind.value);
        return;
      case "forward":
        this.#whenJoined(() => this.#handlers.forward(kind.value));
        return;
      case "left":
        this.#whenJoined(() => this.#handlers.peerLeft(kind.value.why === PeerLeft_Why.LOST ? "lost" : "gone"));
        return;
      case "ice":
        this.#whenJoined(() => this.#handlers.ice(kind.value));
        return;
      case undefined:
        return; // a frame of a later version
    }
  }

  #whenJoined(act: () => void): void {
    if (this.#state.kind === "joined") {
      act();
    } else {
      this.#fail({ kind: "bad-frame" });
    }
  }

  #welcome(welcome: ViewerWelcome): void {
    const before = this.#state;
    if (before.kind === "joined" || before.kind === "closed") {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    if (before.kind === "repairing" && !welcome.resumed) {
      this.#fail({ kind: "connection-lost" });
      return;
    }
    clearTimeout(this.#timer);
    this.#state = { kind: "joined", token: welcome.resumeToken };
    if (before.kind === "repairing") {
      this.#sendKept();
      this.#handlers.resumed();
    } else {
      this.#handlers.joined(welcome);
      this.#sendKept();
    }
  }

  // A relay that shuts down under a session is a lost connection: another node may be up.
  #refused(error: RelayError): void {
    if (error.code === RelayError_Code.UNAVAILABLE && this.#state.kind !== "connecting") {
      this.#lost();
    } else {
      this.#fail(refusalOf(error));
    }
  }

  #sendKept(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const bytes of kept) {
      this.#socket?.send(bytes);
    }
  }

  // The relay closed: after a verdict there is no coming back.
  #closedBy(code: number): void {
    const verdict = verdictOf(code);
    if (verdict === null) {
      this.#lost();
    } else {
      this.#fail(verdict);
    }
  }

  // The socket is gone: repair, or give up.
  #lost(): void {
    clearTimeout(this.#timer);
    this.#dropSocket();
    const state = this.#state;
    switch (state.kind) {
      case "connecting":
        this.#fail({ kind: "relay-unreachable" });
        return;
      case "joined": {
        const deadline = Date.now() + REPAIR_MS;
        this.#state = { kind: "repairing", token: state.token, deadline, wait: FIRST_RETRY_MS };
        this.#handlers.lost(deadline);
        this.#retry();
        return;
      }
      case "repairing":
        this.#state = { ...state, wait: Math.min(2 * state.wait, LONGEST_RETRY_MS) };
        this.#retry();
        return;
      case "closed":
        return;
    }
  }

  #retry(): void {
    const state = this.#state;
    if (state.kind !== "repairing") {
      return;
    }
    if (Date.now() + state.wait >= state.deadline) {
      this.#timer = setTimeout(() => this.#fail({ kind: "connection-lost" }), Math.max(0, state.deadline - Date.now()));
      return;
    }
    this.#timer = setTimeout(() => this.#connect(), state.wait);
  }

  #fail(problem: Problem): void {
    if (this.#state.kind === "closed") {
      return;
    }
    this.close();
    this.#handlers.failed(problem);
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(NORMAL_CLOSE);
  }
}

function encode(kind: ViewerFrame["kind"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(toBinary(ViewerFrameSchema, create(ViewerFrameSchema, { kind })));
}

function decode(data: unknown): RelayToViewer | null {
  if (!(data instanceof ArrayBuffer) || data.byteLength > MAX_FRAME) {
    return null;
  }
  try {
    return fromBinary(RelayToViewerSchema, new Uint8Array(data));
  } catch {
    return null;
  }
}
