/** A panel beside the picture: its name, and how to close it. */
import { IconX } from "@tabler/icons-react";
import type { KeyboardEventHandler, ReactNode } from "react";
import { overPicture } from "./over-picture";
import css from "./panel.module.css";

interface PanelProps {
  readonly name: string;
  /** Where it stands and how its parts lie. */
  readonly className: string | undefined;
  readonly onClose: () => void;
  readonly onKeyDown?: KeyboardEventHandler;
  readonly children: ReactNode;
}

export function Panel({ name, className, onClose, onKeyDown, children }: PanelProps) {
  return (
    <section {...overPicture(`${css.panel} ${className ?? ""}`)} aria-label={name} onKeyDown={onKeyDown}>
      <header>
        <h2>{name}</h2>
        <button type="button" className={css.close} aria-label={`Close ${name.toLowerCase()}`} onClick={onClose}>
          <IconX size={18} stroke={2} aria-hidden="true" />
        </button>
      </header>
      {children}
    </section>
  );
}
