/**
 * The question as the user reads it, small: the technician sees what the other side
 * sees. A picture only; nothing here can be pressed.
 */
import { IconAlertTriangle, IconCheck, IconShieldCheck, IconX } from "@tabler/icons-react";
import { cleanLine } from "../../session/text";
import { Avatar } from "./parts";
import css from "./question-preview.module.css";

interface QuestionPreviewProps {
  readonly technician: string;
  readonly organisation: string;
  /** Whether whoever runs the relay has checked who the organisation is. */
  readonly verified: boolean;
  readonly reason: string;
  readonly ticket?: string;
  /** 0 to 1 while it is open on the user's screen. */
  readonly left?: number;
}

export function QuestionPreview({ technician, organisation, verified, reason, ticket = "", left }: QuestionPreviewProps) {
  const words = cleanLine(reason);
  const number = cleanLine(ticket);
  return (
    <div className={css.window} role="group" aria-label="What the user reads">
      <TimeLeft left={left} />
      <div className={css.body}>
        <div className={css.who}>
          <Avatar name={technician} large />
          <div>
            <strong>{cleanLine(technician)}</strong>
            <span>{cleanLine(organisation)}</span>
            <span className={css.mark} data-verified={verified}>
              {verified ? <IconShieldCheck size={15} stroke={2} aria-hidden="true" /> : <IconAlertTriangle size={15} stroke={2} aria-hidden="true" />}
              {verified ? "Verified organisation" : "Organisation not verified"}
            </span>
          </div>
        </div>
        <p className={css.ask}>asks to see your screen</p>
        <div className={words === "" ? `${css.reason} ${css.none}` : css.reason}>
          <p>{words === "" ? "Your reason stands here." : `“${words}”`}</p>
          {number !== "" && <p className={css.ticket}>Ticket {number}</p>}
        </div>
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
