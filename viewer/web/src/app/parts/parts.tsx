/** Small pieces that every page uses. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Words, wordsFor } from "../api/words";
import { initials } from "./names";
import css from "./parts.module.css";
import { exact, relative } from "./time";

export type Tone = "plain" | "info" | "good" | "warn" | "danger";

/** The mark: two figures, side by side. */
export function Mark({ size = 32 }: { size?: number }) {
  return <img className={css.mark} src="/logo.svg" alt="" width={size} height={size} />;
}

export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  return (
    <span className={large ? `${css.avatar} ${css.avatarLarge}` : css.avatar} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** A page's frame: it names the window and takes the focus, so that readers begin there. */
export function Page({ title, lead, actions, children }: { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div>
          <Title>{title}</Title>
          {lead !== undefined && <p>{lead}</p>}
        </div>
        {actions}
      </header>
      {children}
    </div>
  );
}

/** The one heading of a page. */
export function Title({ children, focus = true }: { children: string; focus?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · Beside`;
    if (focus) {
      heading.current?.focus({ preventScroll: true });
    }
  }, [children, focus]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

export function Empty({ icon, title, children, action }: { icon: ReactNode; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.empty}>
      <div className={css.emptyIcon} aria-hidden="true">
        {icon}
      </div>
      <h2>{title}</h2>
      <p>{children}</p>
      {action !== undefined && <div className={css.emptyAction}>{action}</div>}
    </div>
  );
}

const TONE_ICON = { plain: IconInfoCircle, info: IconInfoCircle, good: IconCircleCheck, warn: IconAlertTriangle, danger: IconAlertTriangle };

/** A sentence that must not be missed; it stays until its cause is gone. */
export function Notice({ tone = "plain", title, children }: { tone?: Tone; title: string; children?: ReactNode }) {
  const Icon = TONE_ICON[tone];
  return (
    <div className={`${css.notice} ${css[tone] ?? ""}`} role={tone === "danger" ? "alert" : "status"}>
      <Icon size={20} stroke={1.8} aria-hidden="true" />
      <div className={css.noticeBody}>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}

/** What went wrong, the next step, and the cause folded away. */
export function Trouble({ error, words, retry }: { error?: unknown; words?: Words; retry?: () => void }) {
  const text = words ?? wordsFor(error);
  return (
    <Notice tone="danger" title={text.title}>
      <p>{text.next}</p>
      {text.detail !== "" && (
        <details className={css.details}>
          <summary>Details for support</summary>
          <code>{text.detail}</code>
        </details>
      )}
      {retry !== undefined && (
        <Button className={css.retry ?? ""} variant="default" size="xs" onClick={retry}>
          Try again
        </Button>
      )}
    </Notice>
  );
}

/** Grey rows in the place of a list that is on its way. */
export function Skeletons({ rows = 4, what }: { rows?: number; what: string }) {
  return (
    <div className={css.skeletons} role="status">
      <span className="only-read">Loading {what}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={css.skeleton} />
      ))}
    </div>
  );
}

export function Tag({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${css.tag} ${css[tone] ?? ""}`}>{children}</span>;
}

/** The present, again and again; null stops it until there is another pace. */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useLayoutEffect(() => {
    if (everyMs === null) {
      return;
    }
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** "5 minutes ago", the exact time on hover. */
export function When({ at }: { at: Date }) {
  const now = useNow(30_000);
  return (
    <time dateTime={at.toISOString()} title={exact(at)}>
      {relative(at, now)}
    </time>
  );
}
