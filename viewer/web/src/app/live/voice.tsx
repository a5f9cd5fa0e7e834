/** The talk on the live page: plays the user, and says what is wrong with the technician's microphone. */
import { IconMicrophoneOff } from "@tabler/icons-react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Session } from "../../session/session";
import type { VoiceProblem } from "../../session/voice";
import { BannerBox } from "./banner-list";
import tool from "./tool.module.css";

export function Voice({ session }: { session: Session }) {
  const { microphone, sound } = useSyncExternalStore(session.voice.subscribe, session.voice.getSnapshot);
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const player = audio.current;
    if (player !== null) {
      player.srcObject = sound;
    }
  }, [sound]);
  return (
    <>
      <audio ref={audio} autoPlay aria-hidden="true" />
      {microphone.kind === "failed" && (
        <BannerBox tone="warn" role="status" icon={IconMicrophoneOff} title="They cannot hear you" act={<button type="button" className={tool.tool} onClick={() => session.voice.retry()}>Try again</button>}>
          {problemText(microphone.why)}
        </BannerBox>
      )}
    </>
  );
}

function problemText(why: VoiceProblem): string {
  switch (why) {
    case "refused":
      return "This browser was not allowed to use your microphone. You hear them. Allow the microphone beside the address of this page, then try again.";
    case "missing":
      return "This computer has no microphone. You hear them. Plug one in, then try again.";
    case "busy":
      return "Your microphone could not be used, perhaps because another program has it. You hear them. Close that program, then try again.";
  }
}
