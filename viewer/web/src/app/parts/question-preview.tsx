/**
 * The question as the user reads it, small: the technician sees what the other side
 * sees. A picture only; nothing here can be pressed.
 */
import { IconAlertTriangle, IconCheck, IconShieldCheck, IconX } from "@tabler/icons-react";
import { shown } from "./names";
import { Avatar } from "./parts";
import css from "./question-preview.module.css";

interface QuestionPreviewProps {
  readonly technician: string;
  readonly organisation: string;
  /** Whether whoever runs the relay has checked who the organisation is. */
  readonly verified: boolean;
  readonly reason: string;
  /** 0 to 1 while it is open on the user's screen. */
  readonly left?: number;
}

export function QuestionPreview({ technician, organisation, verified, reason, left }: QuestionPreviewProps) {
  const words = shown(reason);
  return (
    <div className={css.window} role="group" aria-label="What the user reads">
      <TimeLeft left={left} />
      <div className={css.body}>
        <div className={css.who}>
          <Avatar name={technician} large />
          <div>
            <strong>{shown(technician)}</strong>
            <span>{shown(organisation)}</span>
            <span className={css.mark} data-verified={verified}>
              {verified ? <IconShieldCheck size={15} stroke={2} aria-hidden="true" /> : <IconAlertTriangle size={15} stroke={2} aria-hidden="true" />}
              {verified ? "Verified organisation" : "Organisation not verified"}
            </span>
          </div>
        </div>
        <p className={css.ask}>asks to see your screen</p>
        <p className={words === "" ? `${css.reason} ${css.none}` : css.reason}>{words === "" ? "Your reason stands here." : `“${words}”`}</p>
        <ul className={css.points}>
          <li className={css.yes}>
            <IconCheck size={16} stroke={2} aria-hidden="true" />
            They will see what is on your screen.
          </li>
          <li>
            <IconX size={16} stroke={2} aria-hidden="true" />
            They cannot use your mouse or keyboard, and nothing is recorded.
          </li>
        </ul>
        <div className={css.answers} aria-hidden="true">
          <span className={css.no}>Not now</span>
          <span className={css.allow}>Show my screen</span>
        </div>
      </div>
    </div>
  );
}

/** The thin line of the time left. */
function TimeLeft({ left }: { left: number | undefined }) {
  if (left === undefined) {
    return null;
  }
  const percent = Math.round(Math.min(1, Math.max(0, left)) * 100);
  return (
    <div className={css.line}>
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
