/** Figures of the connection, once a second. */
import { useEffect, useState } from "react";
import type { Session, Stats } from "../../session/session";
import css from "./live.module.css";

export function StatsPanel({ session }: { session: Session }) {
  const [stats, setStats] = useState<Stats | null>(null);
  useEffect(() => {
    let gone = false;
    const read = () =>
      void session.stats().then((fresh) => {
        if (!gone) {
          setStats(fresh);
        }
      });
    read();
    const timer = window.setInterval(read, 1000);
    return () => {
      gone = true;
      window.clearInterval(timer);
    };
  }, [session]);
  return (
    <section className={css.stats} aria-label="Statistics">
      <h2>Statistics</h2>
      <dl>
        {linesOf(stats).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function linesOf(stats: Stats | null): readonly (readonly [string, string])[] {
  const figure = (value: number | null | undefined, unit: string, digits = 0) => (value === null || value === undefined ? "–" : `${value.toFixed(digits)} ${unit}`);
  return [
    ["Pictures", figure(stats?.fps, "a second")],
    ["Picture", stats?.width && stats.height ? `${stats.width} × ${stats.height}` : "–"],
    ["Format", stats?.codec ?? "–"],
    ["Data", figure(stats?.kilobits, "kbit/s")],
    ["Round trip", figure(stats?.roundTripMs, "ms", 1)],
    ["Decoding", figure(stats?.decodeMs, "ms", 1)],
    ["Waiting", figure(stats?.jitterMs, "ms", 1)],
    ["Way", stats?.carrier === "direct" ? "Direct" : stats?.carrier === "relayed" ? "Through the relay" : "–"],
  ];
}
