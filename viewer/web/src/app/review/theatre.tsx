/** The opened recording: player, time line with its events, and the list of them. */
import { Button } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { type KeyboardEvent, useMemo, useRef } from "react";
import { Link } from "react-router";
import type { OpenedRecording, RecordedEvent } from "../../recording/recording";
import { cleanLine } from "../../session/text";
import { Notice, Title } from "../parts/parts";
import { clock, exact, lasting } from "../parts/time";
import { Controls } from "./controls";
import css from "./review.module.css";
import { Screen } from "./screen";
import { toggle, usePlayback } from "./use-playback";
import { usePlayer } from "./use-player";
import { eventTone, eventWords, toRead } from "./words";

export function Theatre({ recording, technician }: { recording: OpenedRecording; technician: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const player = usePlayer(recording, video);
  const playback = usePlayback(video);
  const seek = (seconds: number) => player?.seek(seconds);
  const events = useMemo(() => toRead(recording.events), [recording]);
  return (
    <div className={css.wide}>
      <header className={css.top}>
        <Button component={Link} to="/recordings" variant="default" leftSection={<IconArrowLeft size={18} stroke={1.8} aria-hidden />}>
          Recordings
        </Button>
        <div className={css.topText}>
          <Title>{`Session of ${cleanLine(technician) || "a technician"}`}</Title>
          <p>
            {exact(recording.started)}, {lasting(recording.duration)}
          </p>
        </div>
      </header>
      {!recording.complete && (
        <div className={css.notice}>
          <Notice tone="warn" title="The end of this recording has not arrived">
            <p>The signed list of its parts is missing. What you see is checked piece by piece, but more may follow.</p>
          </Notice>
        </div>
      )}
      <div className={css.theatre}>
        <div className={css.player} data-part="player" onKeyDown={(event) => onPlayerKey(event, video.current, seek)}>
          <Screen recording={recording} video={video} player={player} />
          <Controls recording={recording} events={events} video={video} playback={playback} onSeek={seek} />
        </div>
        <Events events={events} started={recording.started} seconds={playback.seconds} onSeek={seek} />
      </div>
    </div>
  );
}

/** What came more than this before the first picture is told as before the recording; the yes to it is not. */
const BEFORE_MS = 1_000;

/** Seconds that an arrow key jumps. */
const JUMP = 5;

/** Space plays and pauses, the arrows jump, wherever in the player the focus is. */
function onPlayerKey(event: KeyboardEvent, video: HTMLVideoElement | null, seek: (seconds: number) => void) {
  const jump = event.key === "ArrowRight" ? JUMP : event.key === "ArrowLeft" ? -JUMP : 0;
  if (video === null || event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  if (jump !== 0) {
    event.preventDefault();
    seek(video.currentTime + jump);
  } else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) {
    event.preventDefault();
    toggle(video);
  }
}

function Events({ events, started, seconds, onSeek }: { events: readonly RecordedEvent[]; started: Date; seconds: number; onSeek: (seconds: number) => void }) {
  const current = events.findLastIndex((event) => event.seconds <= seconds + 0.05);
  return (
    <section className={css.events} aria-labelledby="events">
      <h2 id="events">What happened</h2>
      {events.length === 0 ? (
        <p className={css.none}>No events were recorded.</p>
      ) : (
        <ol tabIndex={-1}>
          {events.map((event, index) => (
            <li key={`${event.seconds}-${index}`}>
              <button type="button" className={css.event} aria-current={index === current} onClick={() => onSeek(event.seconds)}>
                <time>{started.getTime() - event.at.getTime() > BEFORE_MS ? "before" : clock(event.seconds)}</time>
                <i data-tone={eventTone(event.kind)} aria-hidden="true" />
                <span>{eventWords(event)}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
