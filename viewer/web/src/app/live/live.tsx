/** The live session: the picture fills the window, everything else lies over it. */
import { type CSSProperties, type MouseEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconPlayerRecordFilled, IconX } from "@tabler/icons-react";
import type { Zoom } from "../../screen/picture";
import type { Scope, Session, Snapshot } from "../../session/session";
import { useNow } from "../parts/parts";
import { lasting } from "../parts/time";
import { ClipboardDialog } from "./clipboard-dialog";
import { ChatPanel, Unread, isChatKey } from "./chat-panel";
import { AskDialog, EndDialog, TypeDialog } from "./dialogs";
import { type Banner, bannersOf } from "./banners";
import { FilesPanel } from "./files-panel";
import css from "./live.module.css";
import { Picture } from "./picture";
import { type Placed, bannersAt, clearOf } from "./clear";
import { StatsPanel } from "./stats-panel";
import { Toolbar } from "./toolbar";
import { useEdge } from "./use-edge";
import { useFullScreen } from "./use-full-screen";
import { useHeight } from "./use-height";
import { usePanels } from "./use-panels";
import { usePassing } from "./use-passing";
import { useReveal } from "./use-reveal";
import { Voice } from "./voice";

type Dialog = { readonly kind: "ask"; readonly scope: Scope } | { readonly kind: "end" | "type" | "clipboard" };

export function Live({ session, snapshot }: { session: Session; snapshot: Snapshot }) {
  const [zoom, setZoom] = useState<Zoom>("fit");
  const { files, chat, stats, show, offer } = usePanels();
  const setStats = useCallback((on: boolean) => show("stats", on), [show]);
  const setFiles = useCallback((on: boolean) => show("files", on), [show]);
  const setChat = useCallback((on: boolean) => show("chat", on), [show]);
  const [called, setCalled] = useState(0);
  const [placed, setPlaced] = useState<Placed | null>(null);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  const [edge, setEdge] = useEdge();
  const { shown, reveal } = useReveal(bar, dialog !== null, edge);
  const high = useHeight(bar, 52);
  const clear = clearOf(placed, high);
  const picture = useRef<HTMLTextAreaElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const { full, toggle } = useFullScreen(snapshot.granted.includes("control") && dialog === null);
  const toPicture = useCallback(() => picture.current?.focus({ preventScroll: true }), []);
  const close = useCallback(() => setDialog(null), []);
  const fromKey = useCallback(() => {
    reveal();
    // The button can take the focus once the bar is visible again.
    window.requestAnimationFrame(() => bar.current?.querySelector("button")?.focus());
  }, [reveal]);
  useEffect(() => {
    if (!shown && bar.current?.contains(document.activeElement) === true) {
      toPicture();
    }
  }, [shown, toPicture]);
  const exchanges = snapshot.granted.includes("files");
  useEffect(() => {
    if (exchanges) {
      offer("files");
    }
  }, [exchanges, offer]);
  const closeChat = useCallback(() => {
    setChat(false);
    toPicture();
  }, [setChat, toPicture]);
  useChatKey(() => {
    if (chat && document.activeElement !== picture.current) {
      closeChat();
      return;
    }
    setChat(true);
    setCalled((times) => times + 1);
  }, dialog === null);
  useEffect(() => {
    document.title = "Session · Beside";
  }, []);
  return (
    <main className={css.stage} data-phase={snapshot.phase.kind} data-files={files} data-edge={edge} style={{ "--clear": `${clear}px`, "--toolbar": `${high}px` } as CSSProperties}>
      <h1 className="only-read">Live session</h1>
      <Picture field={picture} video={video} session={session} snapshot={snapshot} zoom={zoom} onBarKey={fromKey} onPlaced={setPlaced} />
      {snapshot.picture === null && <Coming />}
      <div className={css.over}>
        <div className={css.bars}>
          <div ref={bar} className={css.bar} role="toolbar" aria-label="Session" data-hidden={!shown} onMouseDown={keepFocus}>
            <Toolbar session={session} snapshot={snapshot} shown={shown} edge={edge} onEdge={setEdge} zoom={zoom} stats={stats} onAsk={(scope) => setDialog({ kind: "ask", scope })} onType={() => setDialog({ kind: "type" })} onClipboard={() => setDialog({ kind: "clipboard" })} files={files} onFiles={setFiles} chat={chat} onChat={setChat} onZoom={setZoom} full={full} {...(toggle === undefined ? {} : { onFull: toggle })} onStats={setStats} onEnd={() => setDialog({ kind: "end" })} onDone={toPicture} />
          </div>
          <button type="button" className={css.grip} data-hidden={shown} data-recording={snapshot.recording.kind === "running"} aria-label="Show the session bar" title="Show the bar (Ctrl + Alt + Home)" onClick={reveal} />
        </div>
        <Banners snapshot={snapshot} placed={placed} toolbar={{ top: clear, high: shown && edge === "top" ? high : 0 }}>
          <Voice session={session} />
        </Banners>
      </div>
      {files && <FilesPanel session={session} snapshot={snapshot} onClose={() => setFiles(false)} />}
      {chat ? <ChatPanel session={session} snapshot={snapshot} called={called} onClose={closeChat} /> : <Unread session={session} onOpen={() => setChat(true)} />}
      {stats && <StatsPanel session={session} video={video} />}
      {dialog?.kind === "ask" && <AskDialog session={session} snapshot={snapshot} scope={dialog.scope} onClose={close} />}
      {dialog?.kind === "type" && <TypeDialog session={session} onClose={close} />}
      {dialog?.kind === "clipboard" && snapshot.granted.includes("clipboard") && <ClipboardDialog session={session} onClose={close} />}
      {dialog?.kind === "end" && <EndDialog session={session} onClose={close} />}
    </main>
  );
}

/** Ctrl + Alt + Enter, wherever the focus is. What it lets go on the other side the picture does when it loses the focus. */
function useChatKey(press: () => void, on: boolean) {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    if (!on) {
      return;
    }
    const stop = new AbortController();
    const key = (event: KeyboardEvent) => {
      if (isChatKey(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        if (event.type === "keydown" && !event.repeat) {
          latest.current();
        }
      }
    };
    window.addEventListener("keydown", key, { capture: true, signal: stop.signal });
    window.addEventListener("keyup", key, { capture: true, signal: stop.signal });
    return () => stop.abort();
  }, [on]);
}

/** A tool pressed with the mouse leaves the keys with the picture: a space typed next must not press it again. */
function keepFocus(event: MouseEvent) {
  event.preventDefault();
}

function Coming() {
  return (
    <div className={css.coming} role="status">
      <strong>They said yes</strong>
      The first picture is on its way.
    </div>
  );
}

interface BannersProps {
  readonly snapshot: Snapshot;
  readonly placed: Placed | null;
  /** The toolbar above them, 0 high while none is. */
  readonly toolbar: { readonly top: number; readonly high: number };
  readonly children: ReactNode;
}

function Banners({ snapshot, placed, toolbar, children }: BannersProps) {
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(() => new Set());
  const stack = useRef<HTMLDivElement>(null);
  const top = bannersAt(placed, toolbar, useHeight(stack, 0));
  return (
    <div ref={stack} className={css.banners} style={{ top }} role="log" aria-live="polite" aria-label="What the user decided">
      {bannersOf(snapshot, dismissed).map((banner) => (
        <BannerLine key={banner.key} banner={banner} onDismiss={() => setDismissed((before) => new Set([...before, banner.key]))} />
      ))}
      {children}
    </div>
  );
}

const BANNER_ICON = { info: IconInfoCircle, good: IconCircleCheck, warn: IconAlertTriangle, danger: IconPlayerRecordFilled };

function BannerLine({ banner, onDismiss }: { banner: Banner; onDismiss: () => void }) {
  const Icon = BANNER_ICON[banner.tone];
  const line = useRef<HTMLDivElement>(null);
  const fading = usePassing(line, banner.passes, onDismiss);
  return (
    <div ref={line} className={css.banner} data-tone={banner.tone} data-banner={banner.key} data-settles={banner.dismissible && !banner.passes} data-fading={fading}>
      <Icon size={20} stroke={1.8} aria-hidden="true" />
      <div className={css.bannerText}>
        <strong>{banner.title}</strong>
        <span>
          {banner.text}
          {banner.until !== undefined && <TimeLeft until={banner.until} />}
        </span>
      </div>
      {banner.dismissible && (
        <button type="button" className={css.tool} aria-label={`Put away: ${banner.title}`} onClick={onDismiss}>
          <IconX size={18} stroke={2} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

/** Not announced every second: the sentence before it was. */
function TimeLeft({ until }: { until: number }) {
  const now = useNow(1000);
  const seconds = Math.ceil((until - now) / 1000);
  return <span aria-live="off">{seconds > 0 ? ` ${lasting(seconds)} left.` : ""}</span>;
}
