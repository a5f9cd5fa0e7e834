/** The technician's own microphone, with how loud it is: whoever speaks sees that something is heard. */
import { IconMicrophone } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { Session } from "../../session/session";
import { followLevel } from "./level";
import css from "./tool.module.css";

export function Loudness({ session }: { session: Session }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const own = session.voice.own;
    return own === null ? undefined : followLevel(own, (level) => bar.current?.style.setProperty("--level", level.toFixed(2)));
  }, [session]);
  return (
    <span className={css.loudness} aria-hidden="true">
      <IconMicrophone size={19} stroke={1.8} />
      <i ref={bar} />
    </span>
  );
}
