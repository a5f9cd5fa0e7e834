/**
 * The WebRTC connection to the agent. The page offers, always: the data channels ("screen"
 * goes to a worker), and one video to receive where no worker reads updates. The agent
 * answers only after the user said yes, and only with the certificate that the handshake
 * bound. Later offers open the lines that the agent has a use for, close them again (one
 * that was ever open costs the browser half of what a still session takes), or look for
 * another path.
 */
import type { IceServers } from "../gen/beside/v1/signal_pb";
import type { Candidate } from "../gen/beside/v1/session_pb";
import type { ScreenLink } from "../screen/link";
import { MAX_CANDIDATE, MAX_CURSOR_FRAME, MAX_SEALED_PLAIN } from "./limits";
import { type Codecs, type LinesWanted, MediaLines, pictureCodecs, showAtOnce, voiceCodecs } from "./media";
import { Pipe } from "./pipe";
import type { Platform } from "./platform";
import { checkAnswer, ownFingerprint } from "./sdp";
import type { Problem } from "./state";

/** How the connection stands; `interrupted` may heal, `failed` needs an ICE restart. */
export type PeerState = "connecting" | "connected" | "interrupted" | "failed";

/** What a Peer tells its owner. */
export interface PeerHandlers {
  /** An ICE candidate of ours to be sent; an empty one ends the gathering. */
  candidate(candidate: { candidate: string; sdpMid: string; sdpMlineIndex: number }): void;
  /** A message on the data channel "session". */
  message(data: Uint8Array): void;
  /** A message on the data channel "cursor". */
  cursor(data: Uint8Array): void;
  /** A message on a data channel for contents. */
  content(label: ContentLabel, data: Uint8Array): void;
  /** The picture's video; null while there is no line for it. */
  stream(stream: MediaStream | null): void;
  /** What the user says, once they have said yes. */
  voice(stream: MediaStream): void;
  state(state: PeerState): void;
}

/** An offer and its number: the agent's answer has the same. */
export interface Offer {
  readonly sdp: string;
  readonly number: number;
}

/** The data channels for contents. */
export type ContentLabel = "clipboard" | "files";

/** The browser cannot make the connection at all. */
export class PeerUnavailable extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`peer: ${problem.kind}`);
    this.name = "PeerUnavailable";
    this.problem = problem;
  }
}

// Beyond this much unsent input the network is stuck: motion is dropped, the next one
// is newer. Beyond the second limit nothing is taken any more.
const BUSY_BYTES = 16 << 10;
const FULL_BYTES = 256 << 10;

export class Peer {
  /** SHA-256 of our own DTLS certificate. */
  readonly fingerprint: Uint8Array;
  readonly #connection: RTCPeerConnection;
  readonly #session: RTCDataChannel;
  readonly #input: RTCDataChannel;
  readonly #handlers: PeerHandlers;
  readonly #media: MediaLines;
  #number = 0;
  readonly #pipes: ReadonlyMap<ContentLabel, Pipe>;
  readonly #channels: RTCSessionDescriptionInit;
  /** The picture comes by screen updates: a line for video is needed for film alone. */
  readonly #drawn: boolean;
  #state: PeerState = "connecting";
  #closed = false;

  /** Makes the connection and the description of its channels, which is not applied yet. */
  static async open(platform: Platform, servers: IceServers | undefined, screen: ScreenLink | null, handlers: PeerHandlers): Promise<Peer> {
    const codecs = { picture: pictureCodecs(platform.videoCodecs()), voice: voiceCodecs(platform.audioCodecs()) };
    if (platform.createPeer === null) {
      throw new PeerUnavailable({ kind: "no-webrtc" });
    }
    if (codecs.picture.length === 0) {
      throw new PeerUnavailable({ kind: "no-decoder" });
    }
    const drawn = (await screen?.started()) === true;
    const connection = platform.createPeer(configuration(servers));
    try {
      const channels = ["session", "input", "cursor"].map((label) => connection.createDataChannel(label, { ordered: true }));
      if (drawn) {
        screen?.carry(connection.createDataChannel("screen", { ordered: true }));
      }
      const offer = await connection.createOffer();
      return new Peer(connection, channels as [RTCDataChannel, RTCDataChannel, RTCDataChannel], { offer, drawn }, codecs, handlers);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private constructor(
    connection: RTCPeerConnection,
    [session, input, cursor]: readonly [RTCDataChannel, RTCDataChannel, RTCDataChannel],
    { offer, drawn }: { readonly offer: RTCSessionDescriptionInit; readonly drawn: boolean },
    codecs: Codecs,
    handlers: PeerHandlers,
  ) {
    this.#connection = connection;
    this.#session = session;
    this.#input = input;
    this.#channels = offer;
    this.#drawn = drawn;
    this.#handlers = handlers;
    this.#media = new MediaLines(connection, codecs);
    this.fingerprint = ownFingerprint(offer.sdp ?? "");
    this.#listen(cursor);
    this.#pipes = new Map((["clipboard", "files"] as const).map((label) => [label, this.#openPipe(label)]));
  }

  /** Makes the first offer, which starts the gathering. */
  async offer(): Promise<Offer> {
    // The channels' line comes first: all others go with it, and Chromium takes it ill when the first is closed.
    if (this.#drawn) {
      return this.#apply(this.#channels);
    }
    await this.#connection.setLocalDescription(this.#channels);
    await this.#media.change({ picture: true, voice: false });
    return this.#apply(await this.#connection.createOffer());
  }

  /** Makes an offer that finds a new path; `servers` are fresh credentials if there are any. */
  async restart(servers: IceServers | undefined): Promise<Offer> {
    if (servers !== undefined) {
      this.#connection.setConfiguration(configuration(servers));
    }
    return this.#apply(await this.#connection.createOffer({ iceRestart: true }));
  }

  /** The number of the newest offer. */
  get number(): number {
    return this.#number;
  }

  /** An offer waits for its answer. */
  get negotiating(): boolean {
    return this.#connection.signalingState !== "stable";
  }

  /** Opens and closes lines. Gives the offer that says so, or null when they are as wanted. Not while negotiating. */
  async change(wanted: LinesWanted): Promise<Offer | null> {
    const shown = this.#media.picture;
    const changed = await this.#media.change(wanted);
    if (shown && !this.#media.picture) {
      this.#handlers.stream(null);
    }
    return changed ? this.#apply(await this.#connection.createOffer()) : null;
  }

  /**
   * Takes the agent's answer, or throws DescriptionRefused. False for one that comes too late: to an offer that was withdrawn by a
   * later one. An agent that knows no numbers answers with 0.
   */
  async answer({ sdp, number }: Offer, bound: Uint8Array): Promise<boolean> {
    checkAnswer(sdp, bound);
    if (!this.negotiating || (number !== 0 && number !== this.#number)) {
      return false;
    }
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
    return true;
  }

  /** Takes a candidate of the agent's. One that cannot be used is only one path less. */
  async addCandidate(candidate: Candidate): Promise<void> {
    if (candidate.candidate.length > MAX_CANDIDATE || this.#connection.remoteDescription === null) {
      return;
    }
    try {
      await this.#connection.addIceCandidate({
        candidate: candidate.candidate,
        sdpMid: candidate.sdpMid === "" ? null : candidate.sdpMid,
        sdpMLineIndex: candidate.sdpMlineIndex,
      });
    } catch {
      return;
    }
  }

  /** Sends on the data channel "session"; false when it is not open. */
  send(data: Uint8Array<ArrayBuffer>): boolean {
    return write(this.#session, data, FULL_BYTES);
  }

  /** Sends on the data channel "input"; false when it is not open or has too much to do. */
  sendInput(data: Uint8Array<ArrayBuffer>, droppable: boolean): boolean {
    return write(this.#input, data, droppable ? BUSY_BYTES : FULL_BYTES);
  }

  /** The data channel for a kind of contents. */
  pipe(label: ContentLabel): Pipe | null {
    return this.#closed ? null : (this.#pipes.get(label) ?? null);
  }

  /** Sends what a microphone hears, or nothing; on the line that there is, or on the next. */
  async speak(track: MediaStreamTrack | null): Promise<void> {
    if (!this.#closed) {
      await this.#media.speak(track);
    }
  }

  stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  /** Cuts the connection. No handler is called any more. */
  close(): void {
    this.#closed = true;
    this.#connection.close();
  }

  #openPipe(label: ContentLabel): Pipe {
    return new Pipe(this.#connection.createDataChannel(label, { ordered: true }), (data) => {
      if (!this.#closed) {
        this.#handlers.content(label, data);
      }
    });
  }

  async #apply(offer: RTCSessionDescriptionInit): Promise<Offer> {
    await this.#connection.setLocalDescription(offer);
    return { sdp: offer.sdp ?? "", number: ++this.#number };
  }

  #listen(cursor: RTCDataChannel): void {
    const whenOpen = <E>(act: (event: E) => void) => (event: E): void => {
      if (!this.#closed) {
        act(event);
      }
    };
    this.#connection.addEventListener("icecandidate", whenOpen((event: RTCPeerConnectionIceEvent) => this.#gathered(event)));
    this.#connection.addEventListener("connectionstatechange", whenOpen(() => this.#changed()));
    this.#connection.addEventListener("track", whenOpen((event: RTCTrackEvent) => this.#tracked(event)));
    for (const [channel, limit, deliver] of [
      [this.#session, MAX_SEALED_PLAIN, (data: Uint8Array) => this.#handlers.message(data)],
      [cursor, MAX_CURSOR_FRAME, (data: Uint8Array) => this.#handlers.cursor(data)],
    ] as const) {
      channel.binaryType = "arraybuffer";
      channel.addEventListener("message", whenOpen((event: MessageEvent) => {
        if (event.data instanceof ArrayBuffer && event.data.byteLength <= limit) {
          deliver(new Uint8Array(event.data));
        }
      }));
    }
  }

  #gathered(event: RTCPeerConnectionIceEvent): void {
    const { candidate } = event;
    this.#handlers.candidate({
      candidate: candidate?.candidate ?? "",
      sdpMid: candidate?.sdpMid ?? "",
      sdpMlineIndex: candidate?.sdpMLineIndex ?? 0,
    });
  }

  #tracked(event: RTCTrackEvent): void {
    if (event.track.kind === "audio") {
      this.#handlers.voice(new MediaStream([event.track]));
      return;
    }
    showAtOnce(event.receiver);
    this.#handlers.stream(event.streams[0] ?? new MediaStream([event.track]));
  }

  #changed(): void {
    const state = stateOf(this.#connection.connectionState);
    if (state !== this.#state) {
      this.#state = state;
      this.#handlers.state(state);
    }
  }
}

function configuration(servers: IceServers | undefined): RTCConfiguration {
  const iceServers = (servers?.servers ?? []).map(({ urls, username, credential }) => ({ urls, username, credential }));
  return { iceServers, bundlePolicy: "max-bundle" };
}

function write(channel: RTCDataChannel, data: Uint8Array<ArrayBuffer>, limit: number): boolean {
  if (channel.readyState !== "open" || channel.bufferedAmount > limit) {
    return false;
  }
  try {
    channel.send(data);
    return true;
  } catch {
    return false; // closed between the check and the sending
  }
}

function stateOf(state: RTCPeerConnectionState): PeerState {
  switch (state) {
    case "new":
    case "connecting":
      return "connecting";
    case "connected":
      return "connected";
    case "disconnected":
      return "interrupted";
    case "failed":
    case "closed":
      return "failed";
  }
}
