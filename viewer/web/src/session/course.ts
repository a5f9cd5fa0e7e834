/**
 * How a session goes, from its start to its end:
 *
 *   Signal ──frames──► AgentLink ◄──messages──► agent
 *                         Peer ◄──picture, cursor── agent
 *
 * Everything that comes from outside passes one queue, so that what is answered later
 * (WebCrypto, WebRTC) keeps its order. What it makes of the session is in `standing`.
 */
import type { FromAgent, FromViewer } from "../gen/beside/v1/session_pb";
import type { IceServers, ViewerWelcome } from "../gen/beside/v1/signal_pb";
import type { ScreenLink } from "../screen/link";
import { AgentLink } from "./agentlink";
import { problemOf } from "./greeting";
import { MAX_REASON, MAX_TICKET } from "./limits";
import { decodeFromAgent } from "./line";
import { pictureCodecs } from "./media";
import type { SessionOptions } from "./options";
import { Peer, type PeerHandlers } from "./peer";
import type { Platform } from "./platform";
import { scopeOnWire } from "./reduce";
import { SealBroken } from "./sealer";
import { REPAIR_MS, Signal, type SignalHandlers } from "./signal";
import { Standing } from "./standing";
import type { EndedBy, Problem, Scope } from "./state";
import { received } from "./stats";
import { first } from "./text";
import { Tools } from "./tools";
import { Ways, type WaysHandlers } from "./ways";

// The agent answers the handshake by itself, without a person: seconds are plenty.
const HANDSHAKE_MS = 15_000;
// How long the goodbye may take on its way out before the connection is cut.
const GOODBYE_MS = 250;

export class Course {
  readonly standing = new Standing();
  readonly tools: Tools;
  readonly #options: SessionOptions;
  readonly #platform: Platform;
  readonly #signal: Signal;
  readonly #ways: Ways;
  #queue: Promise<void> = Promise.resolve();
  #screen: ScreenLink | null = null;
  #peer: Peer | null = null;
  #agent: AgentLink | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionOptions, platform: Platform) {
    this.#options = options;
    this.#platform = platform;
    this.tools = new Tools(platform, () => this.#peer, (text, sequence) => this.#sayChat(text, sequence));
    this.#signal = new Signal(options.webSocketUrl, options.code.locator, (url) => platform.openSocket(url), this.#fromRelay());
    this.#ways = new Ways(this.#fromWays());
    this.standing.subscribe(() => this.tools.follow(this.standing.now));
  }

  /** The connection; null before the relay took the page in. */
  get peer(): Peer | null {
    return this.#peer;
  }

  /** What draws screen updates; null where the video alone is the picture. */
  get screen(): ScreenLink | null {
    return this.#screen;
  }

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

  /** Asks the user for a scope, unless they are being asked already. */
  ask(scope: Scope, reason: string): void {
    const { question, granted } = this.standing.now;
    if (question === null && !granted.includes(scope)) {
      const ask = { scope: scopeOnWire(scope), reason: first(MAX_REASON, reason), ticket: first(MAX_TICKET, this.#options.ticket) };
      this.tell({ case: "ask", value: { $typeName: "beside.v1.Ask", ...ask } });
    }
  }

  /** Tells the agent something, the shortest way, while the session lasts. */
  tell(kind: FromViewer["kind"]): void {
    if (!this.standing.final) {
      this.#agent?.send(kind);
    }
  }

  /** The technician ends it. */
  end(): void {
    if (this.standing.final) {
      return;
    }
    this.standing.over("technician");
    // The picture is gone already; the connection goes once the goodbye is out.
    const patience = setTimeout(() => this.#close(), GOODBYE_MS);
    void (this.#agent?.goodbye() ?? Promise.resolve()).then(() => {
      this.#signal.leave();
      if (!this.#ways.direct) {
        clearTimeout(patience);
        this.#close();
      }
    });
  }

  #enqueue(task: () => void | Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.standing.final) {
        return;
      }
      try {
        await task();
      } catch (error) {
        this.#fail(problemOf(error));
      }
    });
  }

  #fromRelay(): SignalHandlers {
    return {
      joined: (welcome) => this.#enqueue(() => this.#joined(welcome)),
      resumed: () => this.#enqueue(() => this.#ways.resume()),
      forward: (frame) => this.#enqueue(() => this.#forwarded(frame)),
      peerLeft: (why) => this.#enqueue(() => this.#ways.agentLeft(why)),
      ice: (servers) => this.#enqueue(() => this.#restart(servers)),
      lost: (deadline) => this.#enqueue(() => this.#ways.suspend(deadline)),
      failed: (problem) => this.#enqueue(() => this.#relayFailed(problem)),
    };
  }

  #fromWays(): WaysHandlers {
    return {
      received: async () => (this.#peer === null ? null : received(await this.#peer.stats())),
      phase: () => this.standing.now.phase,
      setPhase: (phase) => this.standing.phase(phase),
      connected: () => this.#connected(),
      interrupted: (deadline) => this.#interrupted(deadline),
      restart: () => this.#signal.requestIce(),
      repaired: () => this.#repaired(),
      lost: (by) => this.#finish(by),
      agentGone: () => this.#gone({ kind: "other-side-gone" }, "agent-closed"),
    };
  }

  #fromPeer(): PeerHandlers {
    return {
      candidate: (candidate) => this.#agent?.sendSealed({ case: "candidate", value: { $typeName: "beside.v1.Candidate", ...candidate } }),
      message: (data) => this.#enqueue(() => this.#handle(decodeFromAgent(data))),
      cursor: (data) => this.tools.cursor.receive(data),
      content: (label, data) => this.tools.receive(label, data),
      voice: (stream) => this.tools.voice.heard(stream),
      stream: (stream) => this.standing.stream(stream),
      state: (state) => this.#ways.follow(state),
    };
  }

  // Known before a code is used up.
  #unable(): Problem | null {
    if (this.#platform.createPeer === null) {
      return { kind: "no-webrtc" };
    }
    return pictureCodecs(this.#platform.videoCodecs()).length === 0 ? { kind: "no-decoder" } : null;
  }

  async #joined(welcome: ViewerWelcome): Promise<void> {
    if (!this.standing.joined(welcome)) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    const peer = await Peer.open(this.#platform, welcome.ice, this.#screen, this.#fromPeer());
    if (this.standing.final) {
      peer.close(); // ended meanwhile
      return;
    }
    this.#peer = peer;
    const told = { sessionId: welcome.sessionId, technicianName: welcome.technician?.name ?? "", organisationName: welcome.organisation?.name ?? "" };
    this.#agent = new AgentLink(this.#options.code, told, peer, (frame) => this.#signal.forward(frame));
    this.#agent.greet();
    this.#patience = setTimeout(() => this.#fail({ kind: "other-side-gone" }), HANDSHAKE_MS);
  }

  // One frame of the agent's, passed on by the relay.
  async #forwarded(data: Uint8Array): Promise<void> {
    this.#ways.resume(); // the agent is there again
    if (this.#agent === null) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    const heard = await this.#agent.receive(data).catch((error: unknown) => this.#unheard(error));
    if (heard === "agreed") {
      await this.#agreed();
    } else if (heard !== null) {
      await this.#handle(heard);
    }
  }

  // Once the two ends talk directly the relay has nothing to say any more: what it makes up
  // is dropped, and cannot end the session either.
  #unheard(error: unknown): null {
    if (error instanceof SealBroken && this.#ways.direct) {
      return null;
    }
    throw error;
  }

  async #agreed(): Promise<void> {
    clearTimeout(this.#patience);
    this.standing.phase({ kind: "waiting", for: "question" });
    await this.#agent?.offer();
    this.ask("view", this.#options.reason);
  }

  async #handle(message: FromAgent | null): Promise<void> {
    if (message === null) {
      this.#fail({ kind: "bad-frame" });
      return;
    }
    const { kind } = message;
    switch (kind.case) {
      case "answer":
        await this.#agent?.answered(kind.value);
        return;
      case "lines":
        await this.#agent?.wanted(kind.value);
        return;
      case "candidate":
        await this.#peer?.addCandidate(kind.value);
        return;
      case "chat":
        this.tools.chat.receive(kind.value);
        return;
      default:
        this.#told(message);
    }
  }

  // What the agent says of the session itself.
  #told(message: FromAgent): void {
    this.standing.told(message);
    const { phase } = this.standing.now;
    if (this.standing.final) {
      this.#signal.leave();
      this.#close();
    } else if (phase.kind === "waiting" && phase.for === "picture" && !this.#ways.direct) {
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => this.#finish("connection"), REPAIR_MS);
    }
  }

  #connected(): void {
    clearTimeout(this.#patience);
    if (this.standing.now.startedAt !== null) {
      this.standing.phase({ kind: "live" });
    }
  }

  #interrupted(deadline: number): void {
    this.standing.happened("connection-lost");
    this.standing.phase({ kind: "reconnecting", deadline });
  }

  #repaired(): void {
    this.standing.happened("connection-repaired");
    this.tools.files.resume();
  }

  // Fresh credentials came: the moment to look for a new path.
  async #restart(servers: IceServers): Promise<void> {
    if (this.#ways.repairing) {
      await this.#agent?.restart(servers);
    }
  }

  async #relayFailed(problem: Problem): Promise<void> {
    if (problem.kind === "forbidden") {
      // Who may not hold a session any more must not go on with it directly either.
      void this.#agent?.goodbye();
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
    if (this.standing.now.startedAt === null) {
      this.#fail(problem);
    } else {
      this.#finish(by);
    }
  }

  #finish(by: EndedBy): void {
    this.standing.over(by);
    this.#signal.leave();
    this.#close();
  }

  #fail(problem: Problem): void {
    this.#agent?.refuse(problem);
    this.standing.failed(problem);
    this.#signal.leave();
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#patience);
    this.#ways.stop();
    this.#signal.close();
    this.tools.close();
    this.#peer?.close();
    this.#screen?.close();
  }

  // On the data channel alone: there nothing is lost and nothing overtakes.
  #sayChat(text: string, sequence: number): boolean {
    const ready = !this.standing.final && this.standing.now.startedAt !== null;
    return ready && (this.#agent?.sendDirect({ case: "chat", value: { $typeName: "beside.v1.Chat", text, sequence } }) ?? false);
  }

  // Positions of input are in the pixels of what is shown.
  #screenChanged(): void {
    const size = this.#screen?.getSnapshot().sheet?.size;
    if (size !== undefined) {
      this.standing.pictureSize(size);
    }
  }
}
