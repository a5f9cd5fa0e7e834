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

/** Opens the line of the picture, which is shown as soon as it comes. */
export function openPicture(connection: RTCPeerConnection, codecs: Codecs): RTCRtpTransceiver {
  const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
  transceiver.setCodecPreferences(codecs.picture);
  showAtOnce(transceiver.receiver);
  return transceiver;
}

/**
 * Opens the line of voice; null where the browser cannot talk. It carries nothing by
 * itself: it has no track, and the agent lets nothing out, before the user said yes to voice.
 */
export function openVoice(connection: RTCPeerConnection, codecs: Codecs): RTCRtpTransceiver | null {
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
