/** The player of an opened recording, as React state. */
import { type RefObject, useEffect, useState, useSyncExternalStore } from "react";
import type { Player } from "../../recording/player";
import type { OpenedRecording } from "../../recording/recording";
import { useWiring } from "../wiring";

/** A player for as long as the page stands. */
export function usePlayer(recording: OpenedRecording, video: RefObject<HTMLVideoElement | null>): Player | null {
  const { openPlayer } = useWiring();
  const [player, setPlayer] = useState<Player | null>(null);
  useEffect(() => {
    if (video.current === null) {
      return;
    }
    const fresh = openPlayer(recording, video.current);
    setPlayer(fresh);
    return () => fresh.close();
  }, [openPlayer, recording, video]);
  return player;
}

/** Where a player stands; null before there is one. */
export function usePlayerSnapshot(player: Player | null) {
  return useSyncExternalStore(player?.subscribe ?? nothing, () => player?.getSnapshot() ?? null);
}

function nothing(): () => void {
  return () => undefined;
}
