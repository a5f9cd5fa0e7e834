/** The picture of a recording, with the reviewer's name on it. */
import type { RefObject } from "react";
import type { Player } from "../../recording/player";
import type { OpenedRecording } from "../../recording/recording";
import { cleanLine } from "../../session/text";
import { useMe } from "../api/queries";
import css from "./review.module.css";
import { toggle } from "./use-playback";
import { usePlayerSnapshot } from "./use-player";
import { recordingWords } from "./words";

export function Screen({ recording, video, player }: { recording: OpenedRecording; video: RefObject<HTMLVideoElement | null>; player: Player | null }) {
  const me = useMe();
  const snapshot = usePlayerSnapshot(player);
  const phase = snapshot?.phase.kind ?? "loading";
  return (
    <div className={css.screen} style={{ aspectRatio: `${Math.max(1, recording.width)} / ${Math.max(1, recording.height)}` }} data-player={phase}>
      <video ref={video} playsInline muted aria-label="Recorded screen" onClick={(e) => toggle(e.currentTarget)} />
      {phase === "loading" && (
        <div className={css.message} role="status">
          Unlocking…
        </div>
      )}
      {snapshot?.phase.kind === "failed" && (
        <div className={css.message} role="alert">
          <strong>{recordingWords(snapshot.phase.problem).title}</strong>
          {recordingWords(snapshot.phase.problem).next}
        </div>
      )}
      <span className={css.watermark}>{cleanLine(me.user?.email ?? "")}</span>
    </div>
  );
}
