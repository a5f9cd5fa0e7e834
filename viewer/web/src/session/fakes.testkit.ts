/** Fakes of what a browser has, for tests of a session: a socket, a peer connection, a worker. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type RelayToViewer, RelayToViewerSchema, type ViewerFrame, ViewerFrameSchema } from "../gen/beside/v1/signal_pb";
import type { WorkerEnd } from "../screen/link";
import type { FromWorker, ToWorker } from "../screen/port";

/** Waits for a condition while everything that is due happens; tests keep timers virtual. */
export async function until(condition: () => boolean, what = "condition"): Promise<void> {
  const giveUp = performance.now() + 8_000;
  while (performance.now() < giveUp) {
    if (condition()) {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`never came: ${what}`);
}

/** Lets everything that is due happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export class FakeSocket extends EventTarget {
  binaryType = "blob";
  readonly sent: ViewerFrame[] = [];
  closed = false;
  onSend: (frame: ViewerFrame) => void = () => undefined;

  send(data: Uint8Array): void {
    const frame = fromBinary(ViewerFrameSchema, data);
    this.sent.push(frame);
    this.onSend(frame);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  /** The connection breaks, or (with a code) the relay closes it. */
  drop(code = 1006): void {
    this.closed = true;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }

  receiveRaw(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  receive(kind: RelayToViewer["kind"]): void {
    this.receiveRaw(toBinary(RelayToViewerSchema, create(RelayToViewerSchema, { kind })).slice().buffer);
  }
}

export class FakeChannel extends EventTarget {
  binaryType = "blob";
  readyState = "connecting";
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  readonly label: string;

  constructor(label: string) {
    super();
    this.label = label;
  }

  send(data: Uint8Array | ArrayBuffer): void {
    if (this.readyState !== "open") {
      throw new Error("not open");
    }
    this.sent.push(Uint8Array.from(new Uint8Array(data)));
  }

  close(): void {
    this.readyState = "closed";
  }

  receive(data: Uint8Array): void {
    this.dispatchEvent(new MessageEvent("message", { data: data.slice().buffer }));
  }
}

export const VIEWER_PRINT = new Uint8Array(32).fill(0xa1);
export const AGENT_PRINT = new Uint8Array(32).fill(0xb2);

export function printed(fingerprint: Uint8Array): string {
  return [...fingerprint].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
}

/** A session description as browsers and pion write them, cut to what matters. */
export function description(fingerprint: Uint8Array, direction: string, extra: readonly string[] = []): string {
  const certificate = `a=fingerprint:sha-256 ${printed(fingerprint)}`;
  return [
    "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
    "m=video 9 UDP/TLS/RTP/SAVPF 98 99", certificate, "a=mid:0", `a=${direction}`, "a=rtpmap:98 VP9/90000", "a=fmtp:98 profile-id=1", "a=rtpmap:99 rtx/90000",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", certificate, "a=mid:1", "a=sendrecv", "a=sctp-port:5000",
    ...extra, "",
  ].join("\r\n");
}

export class FakePeer extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  signalingState = "stable";
  remoteDescription: RTCSessionDescriptionInit | null = null;
  readonly channels = new Map<string, FakeChannel>();
  readonly configurations: RTCConfiguration[];
  readonly offers: (RTCOfferOptions | undefined)[] = [];
  readonly candidates: RTCIceCandidateInit[] = [];
  readonly receiver = { jitterBufferTarget: null as number | null };
  preferences: readonly RTCRtpCodec[] = [];
  voicePreferences: readonly RTCRtpCodec[] = [];
  /** What was given to be said, in order. */
  readonly spoken: (MediaStreamTrack | null)[] = [];
  /** The media lines that were ever opened, in order. */
  readonly lines: { readonly kind: string; open: boolean }[] = [];
  /** Packets that have arrived; null when the browser does not count them. */
  received: number | null = null;
  closed = false;

  constructor(configuration: RTCConfiguration) {
    super();
    this.configurations = [configuration];
  }

  addTransceiver(kind: string): unknown {
    const line = { kind, open: true };
    this.lines.push(line);
    const stop = () => (line.open = false);
    if (kind === "audio") {
      const sender = { replaceTrack: async (track: MediaStreamTrack | null) => void this.spoken.push(track) };
      return { sender, stop, setCodecPreferences: (codecs: RTCRtpCodec[]) => (this.voicePreferences = codecs) };
    }
    return { receiver: this.receiver, stop, setCodecPreferences: (codecs: RTCRtpCodec[]) => (this.preferences = codecs) };
  }

  /** The kinds of the media lines that are open. */
  get open(): string[] {
    return this.lines.filter((line) => line.open).map((line) => line.kind);
  }

  createDataChannel(label: string): FakeChannel {
    const channel = new FakeChannel(label);
    this.channels.set(label, channel);
    return channel;
  }

  async createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
    this.offers.push(options);
    return { type: "offer", sdp: description(VIEWER_PRINT, "recvonly") };
  }

  async setLocalDescription(): Promise<void> {
    this.signalingState = "have-local-offer";
    setImmediate(() => {
      const candidate = { candidate: "candidate:1 1 udp 1 127.0.0.1 5000 typ host", sdpMid: "0", sdpMLineIndex: 0 };
      this.dispatchEvent(Object.assign(new Event("icecandidate"), { candidate }));
    });
  }

  async setRemoteDescription(remote: RTCSessionDescriptionInit): Promise<void> {
    this.remoteDescription = remote;
    this.signalingState = "stable";
  }

  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    this.candidates.push(candidate);
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configurations.push(configuration);
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map(this.received === null ? [] : [["t", { type: "transport", packetsReceived: this.received }]]);
  }

  close(): void {
    this.closed = true;
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  /** Everything that follows an answer: connected, channels open, the picture's track. */
  connect(): void {
    this.become("connected");
    for (const channel of this.channels.values()) {
      channel.readyState = "open";
    }
    this.dispatchEvent(Object.assign(new Event("track"), { receiver: this.receiver, streams: [STREAM], track: { kind: "video" } }));
  }
}

export const STREAM = { id: "the picture" } as unknown as MediaStream;

export const VP9_CODECS: readonly RTCRtpCodec[] = [
  { mimeType: "video/VP8", clockRate: 90_000 },
  { mimeType: "video/rtx", clockRate: 90_000 },
  { mimeType: "video/VP9", clockRate: 90_000, sdpFmtpLine: "profile-id=0" },
  { mimeType: "video/VP9", clockRate: 90_000, sdpFmtpLine: "profile-id=2" },
  { mimeType: "video/VP9", clockRate: 90_000, sdpFmtpLine: "profile-id=1" },
];

/** The screen's worker of a test. */
export class FakeWorker implements WorkerEnd {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly heard: ToWorker[] = [];
  terminated = false;
  /** Whether the browser can hand a channel over. */
  transfers = true;

  postMessage(message: ToWorker): void {
    if (message.kind === "channel" && !this.transfers) {
      throw new Error("DataCloneError");
    }
    this.heard.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: FromWorker): void {
    this.onmessage?.(new MessageEvent("message", { data: message }));
  }
}
