/**
 * The technician's half of a talk: their microphone, opened only once the user has said
 * yes and closed when that is over, and what the user says, to be played.
 *
 *   off ──yes──► opening ──► on (muted or not)        every state ──taken back──► off
 *                   └──────► failed ──retry──► opening
 */
import { Store } from "./store";

/** Why the technician's own microphone cannot be heard. */
export type VoiceProblem = "refused" | "missing" | "busy";

/** How the technician's own microphone stands. */
export type Microphone =
  | { readonly kind: "off" | "opening" }
  | { readonly kind: "on"; readonly muted: boolean }
  | { readonly kind: "failed"; readonly why: VoiceProblem };

/** A talk as the page shows it. */
export interface VoiceState {
  readonly microphone: Microphone;
  /** What the user says; null while voice is not granted. */
  readonly sound: MediaStream | null;
}

const OFF: VoiceState = { microphone: { kind: "off" }, sound: null };

export class VoiceTool {
  readonly #store = new Store<VoiceState>(OFF);
  readonly #open: () => Promise<MediaStream>;
  readonly #speak: (track: MediaStreamTrack | null) => Promise<void>;
  #heard: MediaStream | null = null;
  #stream: MediaStream | null = null;
  #granted = false;
  #held = false;
  #turn = 0;

  /** `open` asks the browser for the microphone; `speak` sends its track, or nothing. */
  constructor(open: () => Promise<MediaStream>, speak: (track: MediaStreamTrack | null) => Promise<void>) {
    this.#open = open;
    this.#speak = speak;
  }

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  /** The technician's own microphone while it is open; null else. */
  get own(): MediaStream | null {
    return this.#stream;
  }

  /** The line from the user is there. Nothing comes on it before their yes. */
  heard(stream: MediaStream): void {
    this.#heard = stream;
    this.#show(this.#state.microphone);
  }

  /** Follows whether voice is granted, and whether the session waits. */
  follow(granted: boolean, held: boolean): void {
    this.#held = held;
    if (granted && !this.#granted) {
      this.#granted = true;
      void this.#begin();
    } else if (!granted && this.#granted) {
      this.close();
    }
    this.#enable();
  }

  /** Closes the technician's own microphone for a while, or opens it again. */
  mute(muted: boolean): void {
    if (this.#state.microphone.kind === "on") {
      this.#show({ kind: "on", muted });
      this.#enable();
    }
  }

  /** Asks the browser for the microphone once more. */
  retry(): void {
    if (this.#granted && this.#state.microphone.kind === "failed") {
      void this.#begin();
    }
  }

  /** Ends it: nothing is heard or said any more. */
  close(): void {
    this.#granted = false;
    this.#turn++;
    this.#release(this.#stream);
    this.#stream = null;
    void this.#speak(null).catch(() => undefined);
    this.#show({ kind: "off" });
  }

  get #state(): VoiceState {
    return this.#store.getSnapshot();
  }

  async #begin(): Promise<void> {
    const turn = ++this.#turn;
    this.#show({ kind: "opening" });
    let stream: MediaStream | null = null;
    try {
      stream = await this.#open();
      const [track] = stream.getAudioTracks();
      if (track === undefined) {
        throw new DOMException("no track", "NotFoundError");
      }
      if (turn === this.#turn) {
        this.#stream = stream;
        this.#show({ kind: "on", muted: false });
        this.#enable();
        await this.#speak(track);
      }
    } catch (error) {
      if (turn === this.#turn) {
        this.#stream = null;
        this.#show({ kind: "failed", why: problemOf(error) });
      }
      this.#release(stream);
      return;
    }
    if (turn !== this.#turn) {
      this.#release(stream); // taken back while the browser asked
    }
  }

  // A track that is off sends silence, and the agent drops even that during a pause.
  #enable(): void {
    const { microphone } = this.#state;
    for (const track of this.#stream?.getAudioTracks() ?? []) {
      track.enabled = microphone.kind === "on" && !microphone.muted && !this.#held;
    }
  }

  #release(stream: MediaStream | null): void {
    for (const track of stream?.getTracks() ?? []) {
      track.stop();
    }
  }

  #show(microphone: Microphone): void {
    this.#store.set({ microphone, sound: this.#granted ? this.#heard : null });
  }
}

function problemOf(error: unknown): VoiceProblem {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    default:
      return "busy";
  }
}
