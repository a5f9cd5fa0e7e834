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
  /** The audio codecs that the browser can send and receive. */
  audioCodecs(): readonly RTCRtpCodec[];
  /** Asks the technician for their microphone. Only after the user said yes to voice. */
  openMicrophone(): Promise<MediaStream>;
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
    audioCodecs: () => (available ? (RTCRtpReceiver.getCapabilities("audio")?.codecs ?? []) : []),
    openMicrophone,
    openScreen: canDraw() ? openScreen : null,
  };
}

// A call without headphones: the browser takes out the echo, the noise and the differences.
async function openMicrophone(): Promise<MediaStream> {
  const devices: MediaDevices | undefined = navigator.mediaDevices; // absent where the page is not secure
  if (devices === undefined) {
    throw new DOMException("no devices", "SecurityError");
  }
  return devices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 } });
}

/** Starts the screen's worker. */
export function openScreen(): ScreenLink {
  return new ScreenLink(new Worker(new URL("../screen/worker.ts", import.meta.url), { type: "module" }));
}

function canDraw(): boolean {
  // Pages share memory with a worker only when nothing of another origin is in them: the headers of viewer.go say so.
  return typeof Worker === "function" && crossOriginIsolated;
}
