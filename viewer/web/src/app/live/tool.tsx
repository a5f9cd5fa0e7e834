/** One tool of the toolbar. */
import { type ComponentPropsWithRef, type MouseEvent, type ReactNode, useState } from "react";
import css from "./tool.module.css";

/**
 * From how wide a window on a tool has its word: what is asked for from 1100 pixels, what
 * one works with from 1240, the rest from 1840 (tool.module.css). Below that it is an icon,
 * and what is hardly ever pressed is one always.
 */
type Folds = "narrow" | "middle" | "wide" | "always";

export interface ToolProps extends Omit<ComponentPropsWithRef<"button">, "children"> {
  readonly name: string;
  /** What stands on it where its name would be too long. */
  readonly word?: string;
  /** What stands below it, instead of its name, as soon as the pointer or the focus is on it. */
  readonly title?: string | undefined;
  readonly icon?: ReactNode;
  /** Without it the word always stands there. */
  readonly folds?: Folds;
  /** They allowed it: it has a mark. */
  readonly "data-on"?: boolean;
  /** What is most likely wanted now. */
  readonly "data-main"?: boolean | undefined;
  /** Something new waits behind it. */
  readonly "data-news"?: boolean;
}

/** What is read aloud is always the whole name; the word, which may be folded away, is for the eye. */
export function Tool({ name, word = name, title, icon, folds, className = "", onClick, ...rest }: ToolProps) {
  // Who pressed it knows what it is: the tip goes, for what opens below.
  const [pressed, setPressed] = useState(false);
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    setPressed(rest["aria-disabled"] !== true);
    onClick?.(event);
  };
  const leave = () => setPressed(false);
  return (
    <button type="button" className={`${css.tool} ${className}`} data-folds={folds} data-pressed={pressed} aria-description={title} {...rest} onClick={press} onPointerLeave={leave} onBlur={leave}>
      {icon}
      <span className={css.word} data-word={word} aria-hidden="true" />
      <span className="only-read">{name}</span>
      {(folds !== undefined || title !== undefined) && (
        <span className={css.tip} data-named={word === name && title === undefined} aria-hidden="true">
          {title ?? name}
        </span>
      )}
    </button>
  );
}
