/** The screen's worker: it holds the data channel "screen" and publishes the picture that comes on it. */
import { Painter } from "./painter";
import type { FromWorker, ToWorker } from "./port";

const worker = self as unknown as DedicatedWorker;

// What of DedicatedWorkerGlobalScope is used: its types and those of a page exclude one another.
interface DedicatedWorker {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
}

let channel: RTCDataChannel | null = null;

const painter = new Painter({
  answer: (data) => {
    if (channel === null) {
      worker.postMessage({ kind: "answer", data: data.buffer }, [data.buffer]);
    } else if (channel.readyState === "open") {
      channel.send(data);
    }
  },
  tell: (message) => worker.postMessage(message),
});

worker.onmessage = ({ data: message }) => {
  switch (message.kind) {
    case "channel":
      channel = message.channel;
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }: MessageEvent) => {
        if (data instanceof ArrayBuffer) {
          painter.receive(new Uint8Array(data));
        }
      };
      return;
    case "message":
      painter.receive(new Uint8Array(message.data));
      return;
    case "drawn":
      painter.drawn(message.publication);
      return;
    case "shown":
      painter.shown(message.rtp);
      return;
    case "count":
      worker.postMessage({ kind: "count", counts: painter.counts });
      return;
  }
};

worker.postMessage({ kind: "ready" });
