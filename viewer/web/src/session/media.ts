/** The lines of media: one picture to receive, and voice both ways. */

/** The codecs to offer: VP9 in full colour first, then plain, and retransmission. */
export function pictureCodecs(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const vp9 = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/vp9");
  const profile = (n: number): RTCRtpCodec[] =>
    vp9.filter((codec) => new RegExp(`(^|;)\\s*profile-id=${n}\\s*(;|$)`).test(codec.sdpFmtpLine ?? "profile-id=0"));
  const wanted = [...profile(1), ...profile(0)];
  const repair = codecs.filter((codec) => codec.mimeType.toLowerCase() === "video/rtx");
  return wanted.length === 0 ? [] : [...wanted, ...repair];
}

/** The codecs of voice: Opus alone. */
export function voiceCodecs(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  return codecs.filter((codec) => codec.mimeType.toLowerCase() === "audio/opus");
}

/** What to offer for each line. */
export interface Codecs {
  readonly picture: RTCRtpCodec[];
  readonly voice: RTCRtpCodec[];
}

/** Which lines are to be open beside the data channels. */
export interface LinesWanted {
  readonly picture: boolean;
  readonly voice: boolean;
}

/** The lines of one connection. They are closed again when nobody needs them: see `Peer`. */
export class MediaLines {
  readonly #connection: RTCPeerConnection;
  readonly #codecs: Codecs;
  #picture: RTCRtpTransceiver | null = null;
  #voice: RTCRtpTransceiver | null = null;
  #spoken: MediaStreamTrack | null = null;

  constructor(connection: RTCPeerConnection, codecs: Codecs) {
    this.#connection = connection;
    this.#codecs = codecs;
  }

  /** Whether there is a line for the picture. */
  get picture(): boolean {
    return this.#picture !== null;
  }

  /** Opens and closes lines; whether any did, so that an offer has to say it. */
  async change({ picture, voice }: LinesWanted): Promise<boolean> {
    const before = [this.#picture, this.#voice];
    if (picture) {
      this.#picture ??= openPicture(this.#connection, this.#codecs);
    } else {
      this.#picture?.stop();
      this.#picture = null;
    }
    if (!voice) {
      this.#voice?.stop();
      this.#voice = null;
    } else if (this.#voice === null) {
      this.#voice = openVoice(this.#connection, this.#codecs);
      await this.#voice?.sender.replaceTrack(this.#spoken);
    }
    return before[0] !== this.#picture || before[1] !== this.#voice;
  }

  /** Sends what a microphone hears, or nothing; on the line that there is, or on the next. */
  async speak(track: MediaStreamTrack | null): Promise<void> {
    this.#spoken = track;
    await this.#voice?.sender.replaceTrack(track);
  }
}

/** Opens the line of the picture, which is shown as soon as it comes. */
function openPicture(connection: RTCPeerConnection, codecs: Codecs): RTCRtpTransceiver {
  const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
  transceiver.setCodecPreferences(codecs.picture);
  showAtOnce(transceiver.receiver);
  return transceiver;
}

/**
 * Opens the line of voice; null where the browser cannot talk. It carries nothing by
 * itself: it has no track, and the agent lets nothing out, before the user said yes to voice.
 */
function openVoice(connection: RTCPeerConnection, codecs: Codecs): RTCRtpTransceiver | null {
  if (codecs.voice.length === 0) {
    return null;
  }
  const transceiver = connection.addTransceiver("audio", { direction: "sendrecv" });
  transceiver.setCodecPreferences(codecs.voice);
  return transceiver;
}

/**
 * A remote screen wants the newest picture, not an even one: no buffer against jitter.
 * playoutDelayHint is what Chromium had before jitterBufferTarget.
 */
export function showAtOnce(receiver: RTCRtpReceiver): void {
  if ("jitterBufferTarget" in receiver) {
    receiver.jitterBufferTarget = 0;
  }
  if ("playoutDelayHint" in receiver) {
    receiver.playoutDelayHint = 0;
  }
}
