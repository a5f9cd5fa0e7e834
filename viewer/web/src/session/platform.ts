/**
 * What a session needs of the browser. Tests give fakes; nothing else in this folder
 * touches a global other than timers and WebCrypto.
 */

export interface Platform {
  openSocket(url: string): WebSocket;
  /** Null when the browser has no WebRTC. */
  readonly createPeer: ((configuration: RTCConfiguration) => RTCPeerConnection) | null;
  /** The video codecs that the browser can receive. */
  videoCodecs(): readonly RTCRtpCodec[];
}

/** The browser this page runs in. */
export function browserPlatform(): Platform {
  const available = typeof RTCPeerConnection === "function" && typeof RTCRtpReceiver === "function";
  return {
    openSocket: (url) => new WebSocket(url),
    createPeer: available ? (configuration) => new RTCPeerConnection(configuration) : null,
    videoCodecs: () => (available ? (RTCRtpReceiver.getCapabilities("video")?.codecs ?? []) : []),
  };
}
