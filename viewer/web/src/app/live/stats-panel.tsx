/** Figures of the connection, once a second. */
import { type RefObject, useEffect, useRef, useState } from "react";
import { type Frames, watchFrames } from "../../screen/frames";
import type { Session, Stats } from "../../session/session";
import css from "./stats.module.css";
import { overPicture } from "./over-picture";

/** `beside`: the files have the same edge. */
export function StatsPanel({ session, video, beside }: { session: Session; video: RefObject<HTMLVideoElement | null>; beside: boolean }) {
  const frames = useFrames(video);
  const [stats, setStats] = useState<Stats | null>(null);
  // What screen updates had drawn when the panel was opened.
  const opened = useRef<number | null>(null);
  useEffect(() => {
    let gone = false;
    const read = async () => {
      // A connection that cannot tell now is asked again a second later.
      const fresh = await session.stats().catch(() => null);
      if (fresh !== null && !gone) {
        opened.current ??= fresh.drawn;
        setStats(fresh);
      }
    };
    void read();
    const timer = window.setInterval(() => void read(), 1000);
    return () => {
      gone = true;
      window.clearInterval(timer);
    };
  }, [session]);
  return (
    <section {...overPicture(css.stats)} aria-label="Statistics" data-beside={beside}>
      <h2>Statistics</h2>
      <dl>
        {linesOf(stats, together(frames.current, stats, opened.current)).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The pictures of the video seen since the panel was opened. A reference: the panel is drawn anew once a second. */
function useFrames(video: RefObject<HTMLVideoElement | null>): RefObject<Frames> {
  const frames = useRef<Frames>({ shown: 0, lastAt: null });
  useEffect(() => {
    // Not every browser tells of single pictures; the lines stay empty there.
    if (video.current === null || !("requestVideoFrameCallback" in video.current)) {
      return;
    }
    return watchFrames(video.current, (seen) => {
      frames.current = seen;
    });
  }, [video]);
  return frames;
}

/** The pictures of both carriers. */
function together(video: Frames, stats: Stats | null, drawnBefore: number | null): Frames {
  const drawn = (stats?.drawn ?? 0) - (drawnBefore ?? 0);
  const drawnAt = drawn > 0 && stats?.drawnAt ? stats.drawnAt - performance.timeOrigin : null;
  const times = [video.lastAt, drawnAt].filter((at) => at !== null);
  return { shown: video.shown + drawn, lastAt: times.length === 0 ? null : Math.max(...times) };
}

function formatOf(stats: Stats | null): string {
  if (stats === null || stats.exact === null) {
    return stats?.codec ?? "–";
  }
  return stats.exact === "all" || stats.codec === null ? "Exact" : `Exact, ${stats.codec} where it moves`;
}

function linesOf(stats: Stats | null, { shown, lastAt }: Frames): readonly (readonly [string, string])[] {
  const figure = (value: number | null | undefined, unit: string, digits = 0) => (value === null || value === undefined ? "–" : `${value.toFixed(digits)} ${unit}`);
  return [
    ["Pictures", figure(stats?.fps, "a second")],
    ["New since opened", lastAt === null ? "–" : String(shown)],
    ["Last new one", lastAt === null ? "–" : `${((performance.now() - lastAt) / 1000).toFixed(1)} s ago`],
    ["Picture", stats?.width && stats.height ? `${stats.width} × ${stats.height}` : "–"],
    ["Format", formatOf(stats)],
    ["Data", figure(stats?.kilobits, "kbit/s")],
    ["Round trip", figure(stats?.roundTripMs, "ms", 1)],
    ["Decoding", figure(stats?.decodeMs, "ms", 1)],
    ["Waiting", figure(stats?.jitterMs, "ms", 1)],
    ["Way", stats?.carrier === "direct" ? "Direct" : stats?.carrier === "relayed" ? "Through the relay" : "–"],
  ];
}
