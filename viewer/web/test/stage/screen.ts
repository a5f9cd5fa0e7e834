/**
 * The viewer's end of screen updates with everything real: the worker, a WebRTC connection
 * within the page, and on its other end an agent that a test plays.
 */
import { composed, composedHash, followsAll, reds } from "./composed";
import { FrameStart } from "../../src/screen/frame-start";
import { ScreenLink, type WorkerEnd } from "../../src/screen/link";
import type { FromWorker, ToWorker } from "../../src/screen/port";
import { OPS, rect, UpdateWriter } from "../../src/screen/screen.testkit";
import type { Snapshot } from "../../src/session/session";

/** How the agent of a test is connected. */
export interface Connection {
  /** False: the browser is taken for one that cannot hand a channel over to a worker. */
  readonly transfer: boolean;
  /** Size of the video that the agent sends, or null for none. */
  readonly video: { readonly width: number; readonly height: number } | null;
}

export class ScreenStage {
  link: ScreenLink | null = null;
  stream: MediaStream | null = null;
  /** What the page answered, in order: serials of updates drawn, and "refresh". */
  readonly answers: (number | "refresh")[] = [];
  /** RTP timestamps of the video frames that were shown. */
  readonly frames: number[] = [];
  /** How many messages the page's main thread carried to the worker. */
  carried = 0;
  readonly #set: (change: Partial<Snapshot>) => void;
  #end: WorkerEnd | null = null;
  #agent: RTCDataChannel | null = null;
  #film: CanvasRenderingContext2D | null = null;
  #source: MediaStream | null = null;
  #track: CanvasCaptureMediaStreamTrack | null = null;

  constructor(set: (change: Partial<Snapshot>) => void) {
    this.#set = set;
  }

  /** Connects; the session shown next uses it. */
  async open({ transfer, video }: Connection): Promise<void> {
    const link = new ScreenLink(this.#startWorker(transfer));
    this.link = link;
    link.subscribe(() => {
      const { sheet } = link.getSnapshot();
      if (sheet !== null) {
        this.#set({ picture: sheet.size });
      }
    });
    if (!(await link.started())) {
      throw new Error("the worker did not start");
    }
    const [page, agent] = [new RTCPeerConnection(), new RTCPeerConnection()];
    page.addEventListener("icecandidate", ({ candidate }) => void agent.addIceCandidate(candidate ?? undefined));
    agent.addEventListener("icecandidate", ({ candidate }) => void page.addIceCandidate(candidate ?? undefined));
    link.carry(page.createDataChannel("screen", { ordered: true }));
    if (video !== null) {
      const stream = this.#makeFilm(video);
      page.addTransceiver("video", { direction: "recvonly" });
      page.addEventListener("track", ({ streams: [first] }) => (this.stream = first ?? null));
      agent.addTrack(stream.getVideoTracks()[0] as MediaStreamTrack, stream);
    }
    const opened = new Promise<void>((resolve) => agent.addEventListener("datachannel", ({ channel }) => this.#play(channel, resolve)));
    await page.setLocalDescription(await page.createOffer());
    await agent.setRemoteDescription(page.localDescription as RTCSessionDescription);
    await agent.setLocalDescription(await agent.createAnswer());
    await page.setRemoteDescription(agent.localDescription as RTCSessionDescription);
    await opened;
  }

  /** Sends messages of the format, in base64. */
  send(messages: readonly string[]): void {
    for (const message of messages) {
      this.#agent?.send(Uint8Array.from(atob(message), (letter) => letter.charCodeAt(0)));
    }
  }

  /** Holds back the worker's calls to look, as a browser does after a press. */
  silent = false;

  /** In which order the beginning of a frame and a callback asked for before it come. */
  frameOrder(): Promise<string[]> {
    return new Promise((resolve) => {
      const order: string[] = [];
      const note = (what: string) => order.push(what) === 2 && resolve(order);
      requestAnimationFrame(() => note("callback"));
      new FrameStart(() => note("start")).ask();
    });
  }

  /**
   * Paints the whole picture again and again in one colour, and in each frame looks whether it has one. Returns how many
   * colours were seen, and how many frames had two.
   */
  async flicker(width: number, height: number, frames: number): Promise<{ seen: number; torn: number }> {
    const writer = new UpdateWriter(width, height);
    const seen = new Set<number>();
    let torn = 0;
    for (let frame = 0; frame < frames; frame++) {
      for (const red of [frame % 250, (frame + 100) % 250]) {
        const paint = OPS.fill(rect(0, 0, width, height), red, 0, 0);
        this.#agent?.send(Uint8Array.from(writer.message(writer.update({ refresh: frame === 0 }, paint))));
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const [first = 0, ...others] = reds(24);
      seen.add(first);
      torn += others.some((other) => other !== first) ? 1 : 0;
    }
    return { seen: seen.size, torn };
  }

  /** The worker ends with an error. */
  breakWorker(): void {
    this.#end?.onerror?.(new ErrorEvent("error"));
  }

  /** How the agent sees the channel. */
  channelState(): string {
    return this.#agent?.readyState ?? "none";
  }

  /** Sends a video frame of one colour. */
  film(colour: string): void {
    if (this.#film !== null) {
      this.#film.fillStyle = colour;
      this.#film.fillRect(0, 0, this.#film.canvas.width, this.#film.canvas.height);
      // Firefox has it at the stream.
      (this.#track?.requestFrame === undefined ? (this.#source as unknown as CanvasCaptureMediaStreamTrack) : this.#track).requestFrame();
    }
  }

  readonly composedHash = composedHash;

  /** A pixel of what is seen, as [red, green, blue, opacity]. */
  pixel(width: number, height: number, x: number, y: number): number[] {
    return [...composed(width, height, true).subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
  }

  /** Notes every video frame that is shown from now on. */
  watchFrames(): void {
    followsAll(document.querySelector("video") as HTMLVideoElement, (rtp) => this.frames.push(rtp));
  }

  #makeFilm({ width, height }: { width: number; height: number }): MediaStream {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    this.#film = canvas.getContext("2d");
    const stream = canvas.captureStream(0);
    this.#source = stream;
    this.#track = stream.getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
    return stream;
  }

  #play(channel: RTCDataChannel, opened: () => void): void {
    this.#agent = channel;
    channel.binaryType = "arraybuffer";
    channel.addEventListener("open", () => opened());
    channel.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      const view = new DataView(data);
      this.answers.push(view.getUint8(0) === 2 && data.byteLength === 1 ? "refresh" : view.getUint32(1, true));
    });
  }

  // The worker's end, as a browser has it that knows or does not know the transfer of channels.
  #startWorker(transfer: boolean): WorkerEnd {
    const worker = new Worker(new URL("../../src/screen/worker.ts", import.meta.url), { type: "module" });
    const end: WorkerEnd = {
      onmessage: null,
      onerror: null,
      postMessage: (message: ToWorker, lent: Transferable[] = []) => {
        if (message.kind === "channel" && !transfer) {
          throw new DOMException("no transfer of channels", "DataCloneError");
        }
        this.carried += message.kind === "message" ? 1 : 0;
        worker.postMessage(message, lent);
      },
      terminate: () => worker.terminate(),
    };
    worker.onmessage = (event: MessageEvent<FromWorker>) => {
      if (!(this.silent && event.data.kind === "published")) {
        end.onmessage?.(event);
      }
    };
    worker.onerror = (event) => end.onerror?.(event);
    this.#end = end;
    return end;
  }
}
