/** Play, the time line with marks for what happened, speed, and the whole screen. */
import { IconMaximize, IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import type { RefObject } from "react";
import type { OpenedRecording, RecordedEvent } from "../../recording/recording";
import { clock, lasting } from "../parts/time";
import css from "./review.module.css";
import { type Playback, toggle } from "./use-playback";
import { eventTone } from "./words";

const SPEEDS = [1, 2, 4, 8] as const;

interface ControlsProps {
  readonly recording: OpenedRecording;
  readonly events: readonly RecordedEvent[];
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly playback: Playback;
  readonly onSeek: (seconds: number) => void;
}

export function Controls({ recording, events, video, playback, onSeek }: ControlsProps) {
  const faster = () => {
    if (video.current !== null) {
      const next = SPEEDS[(SPEEDS.findIndex((speed) => speed === video.current?.playbackRate) + 1) % SPEEDS.length] ?? 1;
      video.current.defaultPlaybackRate = next;
      video.current.playbackRate = next;
    }
  };
  return (
    <div className={css.controls}>
      <div className={css.line}>
        <Marks events={events} duration={recording.duration} />
        <input type="range" aria-label="Position" aria-valuetext={`${lasting(playback.seconds)} of ${lasting(recording.duration)}`} min={0} max={recording.duration} step={0.1} value={Math.min(playback.seconds, recording.duration)} onChange={(e) => onSeek(Number(e.currentTarget.value))} />
      </div>
      <div className={css.buttons}>
        <button type="button" className={css.control} aria-label={playback.playing ? "Pause" : "Play"} onClick={() => toggle(video.current)}>
          {playback.playing ? <IconPlayerPauseFilled size={20} aria-hidden="true" /> : <IconPlayerPlayFilled size={20} aria-hidden="true" />}
        </button>
        <span className={css.time}>
          {clock(playback.seconds)} / {clock(recording.duration)}
        </span>
        <span className={css.gap} />
        <button type="button" className={css.control} aria-label={`Speed ${playback.speed} times. Change`} onClick={faster}>
          {playback.speed}×
        </button>
        <button type="button" className={css.control} aria-label="Whole screen" onClick={(event) => wholeScreen(event.currentTarget.closest("[data-part=player]"))}>
          <IconMaximize size={20} stroke={1.8} aria-hidden="true" />
        </button>
      </div>
    </div>
  );
}

/** There and back. The browser may refuse; then it stays as it is. */
function wholeScreen(player: Element | null) {
  const done = document.fullscreenElement === null ? player?.requestFullscreen() : document.exitFullscreen();
  done?.catch(() => undefined);
}

function Marks({ events, duration }: { events: readonly RecordedEvent[]; duration: number }) {
  return (
    <div className={css.marks} aria-hidden="true">
      {events.map((event, index) => (
        <span key={`${event.seconds}-${index}`} data-tone={eventTone(event.kind)} style={{ left: `${Math.min(100, (event.seconds / Math.max(0.1, duration)) * 100)}%` }} />
      ))}
    </div>
  );
}
