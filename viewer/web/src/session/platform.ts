/**
 * What a session needs of the browser. Tests give fakes; nothing else in this folder
 * touches a global other than timers and WebCrypto.
 */
import { ScreenLink } from "../screen/link";

export interface Platform {
  openSocket(url: string): WebSocket;
  /** Null when the browser has no WebRTC. */
  readonly createPeer: ((configuration: RTCConfiguration) => RTCPeerConnection) | null;
  /** The video codecs that the browser can receive. */
  videoCodecs(): readonly RTCRtpCodec[];
  /** Starts the worker that draws screen updates; null when the browser cannot. */
  readonly openScreen: (() => ScreenLink) | null;
}

/** The browser this page runs in. */
export function browserPlatform(): Platform {
  const available = typeof RTCPeerConnection === "function" && typeof RTCRtpReceiver === "function";
  return {
    openSocket: (url) => new WebSocket(url),
    createPeer: available ? (configuration) => new RTCPeerConnection(configuration) : null,
    videoCodecs: () => (available ? (RTCRtpReceiver.getCapabilities("video")?.codecs ?? []) : []),
    openScreen: canDraw() ? openScreen : null,
  };
}

/** Starts the screen's worker. */
export function openScreen(): ScreenLink {
  return new ScreenLink(new Worker(new URL("../screen/worker.ts", import.meta.url), { type: "module" }));
}

function canDraw(): boolean {
  return typeof Worker === "function" && typeof OffscreenCanvas === "function" && "transferControlToOffscreen" in HTMLCanvasElement.prototype;
}
