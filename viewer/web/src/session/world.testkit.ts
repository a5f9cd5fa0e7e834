/** The other ends of a session for its tests: a relay and an agent that speak the real protocol in this process. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { HandshakeDataSchema, PeerFrameSchema, type PeerFrame, Role } from "../gen/beside/v1/peer_pb";
import { type FromAgent, FromAgentSchema, type FromViewer, FromViewerSchema, type Input, InputSchema } from "../gen/beside/v1/session_pb";
import type { ViewerFrame } from "../gen/beside/v1/signal_pb";
import { ScreenLink } from "../screen/link";
import type { SessionCode } from "./code";
import * as cpace from "./cpace";
import { AGENT_PRINT, FakeChannel, FakePeer, FakeSocket, FakeWorker, VP9_CODECS } from "./fakes.testkit";
import { commonOf } from "./handshake";
import type { Platform } from "./platform";
import { Sealer } from "./sealer";

/** The browser, the relay and the agent of one test. */
export class World {
  readonly sockets: FakeSocket[] = [];
  readonly peers: FakePeer[] = [];
  readonly platform: Platform;
  readonly worker = new FakeWorker();
  /** What the agent heard, in order: over the relay and on the channel. */
  readonly heard: FromViewer[] = [];
  readonly failures: PeerFrame[] = [];
  technicianName = "Ana Pérez";
  organisationName = "Example Help Desk";
  agentOrganisation = "Example Help Desk";
  agentPrint: Uint8Array = AGENT_PRINT;
  /** What the browser answers when it is asked for the microphone. */
  microphone: () => Promise<MediaStream> = () => Promise.reject(new DOMException("not now", "NotAllowedError"));
  /** Changes every frame of the agent's before it is delivered; null swallows it. */
  meddle: (frame: PeerFrame["kind"]) => PeerFrame["kind"] | null = (frame) => frame;
  readonly #code: SessionCode;
  readonly #sessionId = "5e551011";
  #sealer: Promise<Sealer> | null = null;
  #expectedTag: Uint8Array | null = null;
  #ownTag: Uint8Array | null = null;
  #isk: Uint8Array | null = null;
  #inbox: Promise<void> = Promise.resolve();

  /** `screen`: whether the browser can draw screen updates. */
  constructor(code: SessionCode, screen = false) {
    this.#code = code;
    this.platform = {
      openSocket: () => {
        const socket = new FakeSocket();
        socket.onSend = (frame) => this.#relay(frame);
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      createPeer: (configuration) => {
        const peer = new FakePeer(configuration);
        this.peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
      videoCodecs: () => VP9_CODECS,
      audioCodecs: () => [{ mimeType: "audio/G722", clockRate: 8_000 }, { mimeType: "audio/opus", clockRate: 48_000, channels: 2 }],
      openMicrophone: () => this.microphone(),
      openScreen: screen ? () => new ScreenLink(this.worker) : null,
    };
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1) ?? new FakeSocket();
  }

  get peer(): FakePeer {
    return this.peers.at(-1) ?? new FakePeer({});
  }

  channel(label: string): FakeChannel {
    return this.peer.channels.get(label) ?? new FakeChannel(label);
  }

  /** Input that the agent got. */
  get input(): Input[] {
    return this.channel("input").sent.map((data) => fromBinary(InputSchema, data));
  }

  welcome(resumed = false): void {
    this.socket.receive({
      case: "welcome",
      value: {
        $typeName: "beside.v1.ViewerWelcome",
        sessionId: this.#sessionId,
        resumeToken: `token ${this.sockets.length}`,
        resumed,
        technician: { $typeName: "beside.v1.Technician", id: "t1", name: this.technicianName },
        organisation: {
          $typeName: "beside.v1.Organisation", id: "o1", name: this.organisationName, verified: true, controller: "", processor: "",
          region: "", privacyUrl: "", recordingDays: 30, recordingRecipients: ["age1a", "age1b"],
        },
        ice: { $typeName: "beside.v1.IceServers", servers: [{ $typeName: "beside.v1.IceServer", urls: ["turn:127.0.0.1"], username: "u", credential: "c" }] },
      },
    });
  }

  /** The agent says something, sealed over the relay. */
  async say(kind: FromAgent["kind"]): Promise<void> {
    const sealer = await this.#sealer;
    if (sealer === null) {
      throw new Error("the agent has no key yet");
    }
    const sealed = await sealer.seal(toBinary(FromAgentSchema, create(FromAgentSchema, { kind })));
    this.frame({ case: "sealed", value: { $typeName: "beside.v1.Sealed", ...sealed } });
  }

  /** The agent says something on the data channel. */
  sayDirect(kind: FromAgent["kind"]): void {
    this.channel("session").receive(toBinary(FromAgentSchema, create(FromAgentSchema, { kind })));
  }

  frame(kind: PeerFrame["kind"]): void {
    const changed = this.meddle(kind);
    if (changed !== null) {
      this.socket.receive({ case: "forward", value: toBinary(PeerFrameSchema, create(PeerFrameSchema, { kind: changed })) });
    }
  }

  /** What was said on the data channel "session". */
  get heardDirect(): FromViewer[] {
    return this.channel("session").sent.map((data) => fromBinary(FromViewerSchema, data));
  }

  #relay(frame: ViewerFrame): void {
    if (frame.kind.case === "forward") {
      const forwarded = fromBinary(PeerFrameSchema, frame.kind.value);
      this.#inbox = this.#inbox.then(() => this.#receive(forwarded));
    }
  }

  async #receive(frame: PeerFrame): Promise<void> {
    switch (frame.kind.case) {
      case "share":
        this.#respond({ share: frame.kind.value.point, ad: frame.kind.value.associatedData });
        return;
      case "confirm":
        this.#verify(frame.kind.value.tag);
        return;
      case "failed":
        this.failures.push(frame);
        return;
      case "sealed": {
        const sealer = await this.#sealer;
        if (sealer !== null) {
          this.heard.push(fromBinary(FromViewerSchema, await sealer.open(frame.kind.value)));
        }
        return;
      }
      case undefined:
        throw new Error("the page sent an empty frame");
    }
  }

  #respond(viewer: cpace.Message): void {
    const common = commonOf(this.#code, this.#sessionId);
    const scalar = cpace.newScalar();
    const data = create(HandshakeDataSchema, {
      protocol: 1, role: Role.AGENT, dtlsFingerprint: this.agentPrint, sessionId: this.#sessionId,
      technicianName: this.technicianName, organisationName: this.agentOrganisation,
    });
    const own = { share: cpace.share(cpace.generator(common), scalar), ad: toBinary(HandshakeDataSchema, data) };
    this.#isk = cpace.sessionKey(common.sid, cpace.sharedPoint(scalar, viewer.share), viewer, own);
    const key = cpace.macKey(common.sid, this.#isk);
    this.#expectedTag = cpace.tag(key, viewer);
    this.#ownTag = cpace.tag(key, own);
    this.frame({ case: "share", value: { $typeName: "beside.v1.Share", point: own.share, associatedData: own.ad } });
  }

  #verify(tag: Uint8Array): void {
    if (this.#isk === null || this.#expectedTag === null || this.#ownTag === null || !cpace.equalTags(tag, this.#expectedTag)) {
      this.frame({ case: "failed", value: { $typeName: "beside.v1.HandshakeFailed", why: 1 } });
      return;
    }
    this.#sealer = Sealer.derive(this.#isk, commonOf(this.#code, this.#sessionId).sid, "agent");
    this.frame({ case: "confirm", value: { $typeName: "beside.v1.Confirm", tag: this.#ownTag } });
  }
}
