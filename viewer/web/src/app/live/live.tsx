/** The live session: the picture fills the window, everything else lies over it. */
import { type CSSProperties, useCallback, useEffect, useRef, useState } from "react";
import type { Zoom } from "../../screen/picture";
import type { Session, Snapshot } from "../../session/session";
import { Banners } from "./banner-list";
import { ChatPanel, Unread } from "./chat-panel";
import { type Placed, clearOf } from "./clear";
import { type Dialog, Dialogs } from "./dialogs";
import { FilesPanel } from "./files-panel";
import css from "./live.module.css";
import { Picture } from "./picture";
import { StatsPanel } from "./stats-panel";
import { Toolbar } from "./toolbar";
import { useChatKey } from "./use-chat-key";
import { useEdge } from "./use-edge";
import { useFullScreen } from "./use-full-screen";
import { useHeight } from "./use-height";
import { usePanels } from "./use-panels";
import { useReveal } from "./use-reveal";
import { Voice } from "./voice";

/** How high the toolbar is before it is measured, in CSS pixels (toolbar.module.css). */
const TOOLBAR = 52;

export function Live({ session, snapshot }: { session: Session; snapshot: Snapshot }) {
  const [zoom, setZoom] = useState<Zoom>("fit");
  const [called, setCalled] = useState(0);
  const [placed, setPlaced] = useState<Placed | null>(null);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [edge, setEdge] = useEdge();
  const panels = usePanels();
  const { show, offer } = panels;
  const picture = useRef<HTMLTextAreaElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const { shown, reveal } = useReveal(bar, dialog !== null, edge);
  const high = useHeight(bar, TOOLBAR);
  const clear = clearOf(placed, high);
  const screen = useFullScreen(snapshot.granted.includes("control") && dialog === null);
  const toPicture = useCallback(() => picture.current?.focus({ preventScroll: true }), []);
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
    show("chat", false);
    toPicture();
  }, [show, toPicture]);
  useChatKey(() => {
    if (panels.chat && document.activeElement !== picture.current) {
      closeChat();
      return;
    }
    show("chat", true);
    setCalled((times) => times + 1);
  }, dialog === null);
  useEffect(() => {
    document.title = "Session · Beside";
  }, []);
  return (
    <main className={css.stage} data-phase={snapshot.phase.kind} data-edge={edge} style={{ "--clear": `${clear}px`, "--toolbar": `${high}px` } as CSSProperties}>
      <h1 className="only-read">Live session</h1>
      <Picture field={picture} video={video} session={session} snapshot={snapshot} zoom={zoom} onBarKey={fromKey} onPlaced={setPlaced} />
      {snapshot.picture === null && <Coming />}
      <div className={css.over}>
        <Toolbar session={session} snapshot={snapshot} bar={bar} shown={shown} onReveal={reveal} edge={edge} onEdge={setEdge} zoom={zoom} onZoom={setZoom} screen={screen} panels={panels} onDialog={setDialog} onDone={toPicture} />
        <Banners snapshot={snapshot} placed={placed} toolbar={{ top: clear, high: shown && edge === "top" ? high : 0 }}>
          <Voice session={session} />
        </Banners>
      </div>
      {panels.files && <FilesPanel session={session} snapshot={snapshot} onClose={() => show("files", false)} />}
      {panels.chat ? <ChatPanel session={session} snapshot={snapshot} called={called} onClose={closeChat} /> : <Unread session={session} onOpen={() => show("chat", true)} />}
      {panels.stats && <StatsPanel session={session} video={video} beside={panels.files} />}
      <Dialogs dialog={dialog} session={session} snapshot={snapshot} onClose={() => setDialog(null)} />
    </main>
  );
}

function Coming() {
  return (
    <div className={css.coming} role="status">
      <strong>They said yes</strong>
      The first picture is on its way.
    </div>
  );
}
