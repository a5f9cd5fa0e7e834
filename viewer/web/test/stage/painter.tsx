/**
 * The picture's layers by themselves, in a browser that nobody steers: the page plays the
 * agent's vectors and a film to itself, and reports to its server what was shown.
 */
import "../../src/app/styles/theme.css";
import { useRef, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { Layers } from "../../src/app/live/layers";
import { registerTrustedPolicy } from "../../src/app/trusted";
import { OPS, rect, UpdateWriter } from "../../src/screen/screen.testkit";
import type { ScreenLink } from "../../src/screen/link";
import { ScreenStage } from "./screen";

/** What is reported. */
export interface Report {
  readonly error: string | null;
  /** The steps of the vectors that were shown as they should, and those that were not. */
  readonly right: number;
  readonly wrong: readonly string[];
  /** Whether the worker held the channel itself. */
  readonly transferred: boolean;
  /** A pixel of the film's hole before its frame and after, and whether the browser names frames. */
  readonly film: { readonly before: readonly number[]; readonly after: readonly number[]; readonly named: boolean };
}

interface Scene {
  readonly name: string;
  readonly steps: readonly { readonly messages?: readonly string[]; readonly shown?: number; readonly width: number; readonly height: number; readonly sha256: string }[];
}

// A busy machine loses packets of its own, and SCTP waits longer for each try.
const PATIENCE_MS = 30_000;

async function until(condition: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    if (await condition()) {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return false;
}

function Picture({ screen, stream }: { screen: ScreenLink; stream: MediaStream | null }) {
  const video = useRef<HTMLVideoElement>(null);
  const { sheet } = useSyncExternalStore(screen.subscribe, screen.getSnapshot);
  const shown = sheet?.size ?? { width: 1, height: 1 };
  return (
    <div role="application" ref={(box) => void Object.assign(box?.style ?? {}, { position: "relative", width: `${shown.width}px`, height: `${shown.height}px` })}>
      <video
        ref={(element) => {
          video.current = element;
          if (element !== null && element.srcObject !== stream) {
            Object.assign(element.style, { position: "absolute" });
            element.srcObject = stream;
          }
        }}
        autoPlay
        muted
        playsInline
      />
      <Layers screen={screen} video={video} shown={shown} ratio={1} />
    </div>
  );
}

const root = createRoot(document.getElementById("root") as HTMLElement);

async function open(video: { width: number; height: number } | null): Promise<ScreenStage & { link: ScreenLink }> {
  const stage = new ScreenStage(() => undefined);
  await stage.open({ transfer: true, video });
  root.render(<Picture key={String(video)} screen={stage.link as ScreenLink} stream={stage.stream} />);
  return stage as ScreenStage & { link: ScreenLink };
}

async function playVectors(): Promise<Pick<Report, "right" | "wrong" | "transferred">> {
  const { scenes } = (await (await fetch("/vectors.json")).json()) as { scenes: readonly Scene[] };
  const stage = await open(null);
  const wrong: string[] = [];
  let right = 0;
  for (const { name, steps } of scenes) {
    for (const [index, step] of steps.entries()) {
      stage.send(step.messages ?? []);
      const same = async (): Promise<boolean> => {
        if (step.shown !== undefined) {
          stage.link.shown(step.shown); // again and again: the update may not have come yet
        }
        return (await stage.composedHash(step.width, step.height, false)) === step.sha256;
      };
      if (await until(same)) {
        right++;
      } else {
        wrong.push(`${name} ${index}`);
      }
    }
  }
  stage.link.close();
  return { right, wrong, transferred: stage.carried === 0 };
}

async function playFilm(): Promise<Report["film"]> {
  const stage = await open({ width: 160, height: 120 });
  const writer = new UpdateWriter(320, 240);
  const send = (update: Uint8Array) => stage.send([btoa(String.fromCharCode(...writer.message(update)))]);
  const pixel = () => stage.pixel(320, 240, 110, 110);
  send(writer.update({ refresh: true }, OPS.fill(rect(0, 0, 320, 240), 40, 50, 60)));
  await until(async () => pixel()[0] === 40);
  const before = pixel();
  stage.watchFrames();
  send(writer.update({ rtp: 0 }, OPS.video(rect(100, 100, 50, 50), 90, 80)));
  // Any time is later than some other: the frames of the second half of the clock are not.
  await until(async () => {
    stage.film("rgb(250, 0, 0)");
    const newest = stage.frames.at(-1);
    if (newest !== undefined && (newest | 0) < 0) {
      send(writer.update({ rtp: newest }, OPS.video(rect(100, 100, 50, 50), 90, 80)));
    }
    return (pixel()[0] ?? 0) > 200;
  });
  return { before, after: pixel(), named: stage.frames.length > 0 };
}

async function run(): Promise<Report> {
  const none: Report = { error: null, right: 0, wrong: [], transferred: false, film: { before: [], after: [], named: false } };
  try {
    return { ...none, ...(await playVectors()), film: await playFilm() };
  } catch (error) {
    return { ...none, error: String(error) };
  }
}

registerTrustedPolicy(window as unknown as Parameters<typeof registerTrustedPolicy>[0]);
window.addEventListener("error", ({ message }) => void fetch("/report", { method: "POST", body: JSON.stringify({ error: message }) }));
void run().then((report) => fetch("/report", { method: "POST", body: JSON.stringify(report) }));
