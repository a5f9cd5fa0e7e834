/**
 * What runs a session from its start to its end:
 *
 *   Signal ──frames──► Handshake ──key──► Line ◄──messages──► agent
 *                                          Peer ◄──picture, cursor── agent
 *                                               ──input──►
 *
 * Everything that comes from outside passes one queue, so that what is answered later
 * (WebCrypto, WebRTC) keeps its order.
 */
import type { InputEvent } from "../input/event";
import type { ScreenLink } from "../screen/link";
import type { FromAgent, FromViewer } from "../gen/beside/v1/session_pb";
import type { IceServers, ViewerWelcome } from "../gen/beside/v1/signal_pb";
import { ChatTool } from "./chat";
import { ClipboardTool } from "./clipboard";
import { CursorTracker } from "./cursor";
import { FileTool } from "./files";
import { Greeting, problemOf } from "./greeting";
import type { Agreement } from "./handshake";
import { InputSender } from "./inputwire";
import { MAX_REASON, MAX_TICKET } from "./limits";
import { decodeFromAgent, decodePeerFrame, Line } from "./line";
import { pictureCodecs } from "./media";
import { Negotiation } from "./negotiation";
import { Peer } from "./peer";
import type { Platform } from "./platform";
import { apply, describe, EMPTY, happened, isFinal, over, scopeOnWire } from "./reduce";
import { SealBroken } from "./sealer";
import type { Session, SessionOptions } from "./session";
import { REPAIR_MS, Signal } from "./signal";
import type { CursorState, EndedBy, Phase, Problem, Scope, Snapshot, Stats } from "./state";
import { NO_STATS, readStats, received, type Sample } from "./stats";
import { Store } from "./store";
import { cleanLine } from "./text";
import { VoiceTool } from "./voice";
import { Ways } from "./ways";

// The agent answers the handshake by itself, without a person: seconds are plenty.
const HANDSHAKE_MS = 15_000;
// How long the goodbye may take on its way out before the connection is cut.
const GOODBYE_MS = 250;

/** See `Session`. `start` begins it. */
export class LiveSession implements Session {
  readonly #options: SessionOptions;
  readonly #platform: Platform;
  readonly #store = new Store<Snapshot>(EMPTY);
  readonly #cursor = new CursorTracker();
  readonly #signal: Signal;
  readonly #ways: Ways;
  #queue: Promise<void> = Promise.resolve();
  #peer: Peer | null = null;
  #screen: ScreenLink | null = null;
  #greeting: Greeting | null = null;
  #agreement: Agreement | null = null;
  #line: Line | null = null;
  #negotiation: Negotiation | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #input = new InputSender();
  readonly files = new FileTool(() => this.#peer?.pipe("files") ?? null);
  readonly chat = new ChatTool((text, sequence) => this.#sayChat(text, sequence));
  readonly clipboard = new ClipboardTool(() => this.#peer?.pipe("clipboard") ?? null);
  readonly voice: VoiceTool;
  #sample: Sample | null = null;

  constructor(options: SessionOptions, platform: Platform) {
    this.#options = options;
    this.#platform = platform;
    this.voice = new VoiceTool(() => platform.openMicrophone(), async (track) => this.#peer?.speak(track));
    this.#signal = new Signal(options.webSocketUrl, options.code.locator, (url) => platform.openSocket(url), {
      joined: (welcome) => this.#enqueue(() => this.#joined(welcome)),
      resumed: () => this.#enqueue(() => this.#ways.resume()),
      forward: (frame) => this.#enqueue(() => this.#forwarded(frame)),
      peerLeft: (why) => this.#enqueue(() => this.#ways.agentLeft(why)),
      ice: (servers) => this.#enqueue(() => this.#restart(servers)),
      lost: (deadline) => this.#enqueue(() => this.#ways.suspend(deadline)),
      failed: (problem) => this.#enqueue(() => this.#relayFailed(problem)),
    });
    this.#ways = new Ways({
      received: async () => (this.#peer === null ? null : received(await this.#peer.stats())),
      phase: () => this.#snapshot.phase,
      setPhase: (phase) => this.#phase(phase),
      connected: () => this.#connected(),
      interrupted: (deadline) => this.#interrupted(deadline),
      restart: () => this.#signal.requestIce(),
      repaired: () => this.#repaired(),
      lost: (by) => this.#finish(by),
      agentGone: () => this.#gone({ kind: "other-side-gone" }, "agent-closed"),
    });
  }

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  start(): void {
    const problem = this.#unable();
    if (problem !== null) {
      this.#fail(problem);
      return;
    }
    this.#screen = this.#platform.openScreen?.() ?? null;
    this.#screen?.subscribe(() => this.#screenChanged());
    this.#signal.start();
  }

  get screen(): ScreenLink | null {
    return this.#screen;
  }

  ask(scope: Scope, reason: string): void {
    if (this.#snapshot.question === null && !this.#snapshot.granted.includes(scope)) {
      const ask = { scope: scopeOnWire(scope), reason: limit(reason, MAX_REASON), ticket: limit(this.#options.ticket, MAX_TICKET) };
      this.#tell({ case: "ask", value: { $typeName: "beside.v1.Ask", ...ask } });
    }
  }

  release(scope: Scope): void {
    this.#tell({ case: "release", value: { $typeName: "beside.v1.Release", scope: scopeOnWire(scope) } });
  }

  selectDisplay(index: number): void {
    if (this.#snapshot.displays.some((display) => display.index === index)) {
      this.#tell({ case: "selectDisplay", value: { $typeName: "beside.v1.SelectDisplay", index } });
    }
  }

  sendInput(event: InputEvent): boolean {
    const peer = this.#peer;
    return peer !== null && this.#input.send(event, this.#snapshot, (data, droppable) => peer.sendInput(data, droppable));
  }

  end(): void {
    if (isFinal(this.#snapshot.phase)) {
      return;
    }
    const goodbye: FromViewer["kind"] = { case: "goodbye", value: { $typeName: "beside.v1.Goodbye" } };
    const line = this.#line;
    this.#set(over(this.#snapshot, "technician", this.#seconds()));
    // The picture is gone already; the connection goes once the goodbye is out.
    line?.sendDirect(goodbye);
    const patience = setTimeout(() => this.#close(), GOODBYE_MS);
    void (line?.sendSealed(goodbye) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#signal.leave())
      .then(() => {
        if (!this.#ways.direct) {
          clearTimeout(patience);
          this.#close();
        }
      });
  }

  async stats(): Promise<Stats> {
    if (this.#peer === null || isFinal(this.#snapshot.phase)) {
      return NO_STATS;
    }
    const [report, counts] = await Promise.all([this.#peer.stats(), this.#screen?.counts() ?? null]);
    const { stats, sample } = readStats(report, counts, this.#screen?.getSnapshot() ?? null, this.#sample);
    this.#sample = sample;
    return stats;
  }

  onCursor(listener: (cursor: CursorState) => void): () => void {
    return this.#cursor.listen(listener);
  }

  get #snapshot(): Snapshot {
    return this.#store.getSnapshot();
  }

  // After the last phase nothing changes any more.
  #set(next: Snapshot): void {
    if (!isFinal(this.#snapshot.phase)) {
      this.#store.set(next);
      this.voice.follow(next.granted.includes("voice"), next.paused || next.secret || next.away);
    }
  }

  #phase(phase: Phase): void {
    this.#set({ ...this.#snapshot, phase });
  }

  // How long the session has lasted.
  #seconds(): number {
    const started = this.#snapshot.startedAt;
    return started === null ? 0 : Math.floor((Date.now() - started) / 1000);
  }

  #enqueue(task: () => void | Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (isFinal(this.#snapshot.phase)) {
        return;
      }
      try {
        await task();
      } catch (error) {
        this.#fail(problemOf(error));
      }
    });
  }

  // Known before a code is used up.
  #unable(): Problem | null {
    if (this.#platform.createPeer === null) {
      return { kind: "no-webrtc" };
    }
    return pictureCodecs(this.#platform.videoCodecs()).length === 0 ? { kind: "no-decoder" } : null;
  }

  async #joined(welcome: ViewerWelcome): Promise<void> {
    const { technician, organisation, sessionId } = welcome;
    if (technician === undefined || organisation === undefined) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    this.#set({
      ...this.#snapshot,
      phase: { kind: "handshaking" },
      technician: { id: technician.id, name: cleanLine(technician.name) },
      organisation: describe(organisation),
    });
    const peer = await Peer.open(this.#platform, welcome.ice, this.#screen, {
      candidate: (candidate) => this.#tellSealed({ case: "candidate", value: { $typeName: "beside.v1.Candidate", ...candidate } }),
      message: (data) => this.#enqueue(() => this.#handle(decodeFromAgent(data))),
      cursor: (data) => this.#cursor.receive(data),
      content: (label, data) => (label === "files" ? this.files : this.clipboard).receive(data),
      voice: (stream) => this.voice.heard(stream),
      stream: (stream) => this.#set({ ...this.#snapshot, stream }),
      state: (state) => this.#ways.follow(state),
    });
    if (isFinal(this.#snapshot.phase)) {
      peer.close(); // ended meanwhile
      return;
    }
    this.#peer = peer;
    const told = { sessionId, technicianName: technician.name, organisationName: organisation.name };
    this.#greeting = new Greeting(this.#options.code, told, peer.fingerprint, (frame) => this.#signal.forward(frame));
    this.#greeting.begin();
    this.#patience = setTimeout(() => this.#fail({ kind: "other-side-gone" }), HANDSHAKE_MS);
  }

  // One frame of the agent's, passed on by the relay. Only what is sealed counts once
  // there is a key: the rest anybody could say.
  async #forwarded(data: Uint8Array): Promise<void> {
    const frame = decodePeerFrame(data);
    this.#ways.resume(); // the agent is there again
    if (frame === null || this.#greeting === null) {
      this.#fail({ kind: "bad-frame" });
    } else if (this.#agreement === null) {
      const agreement = await this.#greeting.receive(frame.kind);
      if (agreement !== null) {
        await this.#agreed(agreement);
      }
    } else if (frame.kind.case === "sealed") {
      await this.#sealed(frame.kind.value);
    }
  }

  async #agreed(agreement: Agreement): Promise<void> {
    const peer = this.#peer;
    if (peer === null) {
      return;
    }
    clearTimeout(this.#patience);
    this.#agreement = agreement;
    this.#line = new Line(agreement.sealer, (frame) => this.#signal.forward(frame), (data) => peer.send(data));
    this.#negotiation = new Negotiation(peer, this.#line, agreement.peerFingerprint, (kind) => this.#tell(kind));
    this.#phase({ kind: "waiting", for: "question" });
    await this.#negotiation.begin();
    this.ask("view", this.#options.reason);
  }

  async #sealed(message: { counter: bigint; ciphertext: Uint8Array }): Promise<void> {
    if (this.#line === null) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    try {
      await this.#handle(await this.#line.open(message));
    } catch (error) {
      // Once the two ends talk directly the relay has nothing to say any more: what it
      // makes up is dropped, and cannot end the session either.
      if (!(error instanceof SealBroken && this.#ways.direct)) {
        throw error;
      }
    }
  }

  async #handle(message: FromAgent | null): Promise<void> {
    if (message === null) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    const { kind } = message;
    switch (kind.case) {
      case "answer":
        await this.#negotiation?.answered(kind.value);
        return;
      case "lines":
        await this.#negotiation?.wanted(kind.value);
        return;
      case "candidate":
        await this.#peer?.addCandidate(kind.value);
        return;
      case "chat":
        this.chat.receive(kind.value);
        return;
      default:
        this.#told(message);
    }
  }

  // What the agent says of the session itself.
  #told(message: FromAgent): void {
    this.#set(apply(this.#snapshot, message, Date.now()));
    if (isFinal(this.#snapshot.phase)) {
      this.#signal.leave();
      this.#close();
    } else if (this.#snapshot.phase.kind === "waiting" && this.#snapshot.phase.for === "picture" && !this.#ways.direct) {
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => this.#finish("connection"), REPAIR_MS);
    }
  }

  #connected(): void {
    clearTimeout(this.#patience);
    if (this.#snapshot.startedAt !== null) {
      this.#phase({ kind: "live" });
    }
  }

  #interrupted(deadline: number): void {
    this.#set(happened(this.#snapshot, { at: Date.now(), kind: "connection-lost" }));
    this.#phase({ kind: "reconnecting", deadline });
  }

  #repaired(): void {
    this.#set(happened(this.#snapshot, { at: Date.now(), kind: "connection-repaired" }));
    this.files.resume();
  }

  // Fresh credentials came: the moment to look for a new path.
  async #restart(servers: IceServers): Promise<void> {
    if (this.#ways.repairing) {
      await this.#negotiation?.restart(servers);
    }
  }

  async #relayFailed(problem: Problem): Promise<void> {
    if (problem.kind === "forbidden") {
      // Who may not hold a session any more must not go on with it directly either.
      this.#line?.sendDirect({ case: "goodbye", value: { $typeName: "beside.v1.Goodbye" } });
      this.#fail(problem);
      return;
    }
    if (this.#ways.direct || this.#ways.repairing) {
      return;
    }
    if (problem.kind === "relay-unreachable" && this.#options.diagnose !== undefined) {
      const reason = await this.#options.diagnose().catch(() => null);
      this.#fail(reason ?? problem);
      return;
    }
    this.#gone(problem, "connection");
  }

  // A session that had begun is over; one that had not has failed.
  #gone(problem: Problem, by: EndedBy): void {
    if (this.#snapshot.startedAt === null) {
      this.#fail(problem);
    } else {
      this.#finish(by);
    }
  }

  #finish(by: EndedBy): void {
    this.#set(over(this.#snapshot, by, this.#seconds()));
    this.#signal.leave();
    this.#close();
  }

  #fail(problem: Problem): void {
    if (this.#agreement === null) {
      this.#greeting?.refuse(problem);
    }
    this.#set({ ...over(this.#snapshot, "connection", 0), phase: { kind: "failed", problem } });
    this.#signal.leave();
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#patience);
    this.#ways.stop();
    this.#signal.close();
    this.clipboard.close();
    this.files.close();
    this.voice.close();
    this.#peer?.close();
    this.#screen?.close();
  }

  // On the data channel alone: there nothing is lost and nothing overtakes.
  #sayChat(text: string, sequence: number): boolean {
    const ready = !isFinal(this.#snapshot.phase) && this.#snapshot.startedAt !== null;
    return ready && (this.#line?.sendDirect({ case: "chat", value: { $typeName: "beside.v1.Chat", text, sequence } }) ?? false);
  }

  #tell(kind: FromViewer["kind"]): void {
    if (!isFinal(this.#snapshot.phase)) {
      void this.#line?.send(kind).catch(() => undefined);
    }
  }

  #tellSealed(kind: FromViewer["kind"]): void {
    void this.#line?.sendSealed(kind).catch(() => undefined);
  }

  // Positions of input are in the pixels of what is shown.
  #screenChanged(): void {
    const size = this.#screen?.getSnapshot().sheet?.size ?? null;
    const { picture } = this.#snapshot;
    if (size !== null && (size.width !== picture?.width || size.height !== picture.height)) {
      this.#set({ ...this.#snapshot, picture: size });
    }
  }
}

function limit(text: string, characters: number): string {
  return [...text].slice(0, characters).join("");
}
