/** The toolbar over the picture: what can be asked, how it is shown, and the end. */
import { Menu } from "@mantine/core";
import { IconActivity, IconArrowsMaximize, IconClipboard, IconDeviceDesktop, IconFileOff, IconFiles, IconKeyboard, IconLayoutBottombar, IconLayoutNavbar, IconMaximize, IconMessageCircle, IconMicrophone, IconMicrophoneOff, IconMinimize, IconMouse, IconMouseOff, IconPlayerRecord, IconPhoneOff, IconPlayerStop, IconZoomScan } from "@tabler/icons-react";
import { type MouseEvent, type RefObject, useSyncExternalStore } from "react";
import type { Zoom } from "../../screen/picture";
import type { Scope, Session, Snapshot } from "../../session/session";
import { useNow } from "../parts/parts";
import { clock } from "../parts/time";
import type { Dialog } from "./dialogs";
import { Loudness } from "./loudness";
import { OVER_PICTURE } from "./over-picture";
import { SPECIAL_KEYS, pressKeys } from "./special-keys";
import { Tool, type ToolProps } from "./tool";
import tool from "./tool.module.css";
import css from "./toolbar.module.css";
import type { Edge } from "./use-edge";
import type { FullScreen } from "./use-full-screen";
import type { PanelActs, Panels } from "./use-panels";

interface ToolbarProps {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly bar: RefObject<HTMLDivElement | null>;
  /** Whether it is seen. */
  readonly shown: boolean;
  readonly onReveal: () => void;
  readonly edge: Edge;
  readonly onEdge: (edge: Edge) => void;
  readonly zoom: Zoom;
  readonly onZoom: (zoom: Zoom) => void;
  readonly screen: FullScreen;
  readonly panels: Panels & PanelActs;
  readonly onDialog: (dialog: Dialog) => void;
  /** A menu was closed: the keys belong to the picture again. */
  readonly onDone: () => void;
}

const ICON = { size: 19, stroke: 1.8, "aria-hidden": true } as const;

export function Toolbar(props: ToolbarProps) {
  const { snapshot, bar, shown, onReveal, edge } = props;
  return (
    <div className={css.bars} data-edge={edge}>
      <div ref={bar} className={css.bar} role="toolbar" aria-label="Session" data-hidden={!shown} onMouseDown={keepFocus}>
        <Tools {...props} />
      </div>
      <button type="button" className={css.grip} data-hidden={shown} data-recording={snapshot.recording.kind === "running"} aria-label="Show the session bar" title="Show the bar (Ctrl + Alt + Home)" onClick={onReveal} />
    </div>
  );
}

/** A tool pressed with the mouse leaves the keys with the picture: a space typed next must not press it again. */
function keepFocus(event: MouseEvent) {
  event.preventDefault();
}

function Tools(props: ToolbarProps) {
  const { snapshot, shown, panels, onDialog } = props;
  return (
    <>
      <Facts snapshot={snapshot} shown={shown} />
      <ControlTool {...props} />
      <RecordTool {...props} />
      <span className={css.divider} />
      <ClipboardTool {...props} />
      <FilesTool {...props} />
      <ChatTool {...props} />
      <VoiceTool {...props} />
      <span className={css.divider} />
      {snapshot.granted.includes("control") && <KeysTool {...props} />}
      {snapshot.displays.length > 1 && <DisplayTool {...props} />}
      <ZoomTool {...props} />
      <ScreenTool {...props} />
      <Tool name="Statistics" folds="wide" aria-pressed={panels.stats} icon={<IconActivity {...ICON} />} onClick={() => panels.show("stats", !panels.stats)} />
      <EdgeTool {...props} />
      <Tool name="End session" className={tool.end ?? ""} onClick={() => onDialog({ kind: "end" })} />
    </>
  );
}

function ZoomTool({ zoom, onZoom }: ToolbarProps) {
  return zoom === "fit" ? (
    <Tool name="1:1" folds="wide" aria-pressed={false} title="Show every pixel as it is" icon={<IconZoomScan {...ICON} />} onClick={() => onZoom("actual")} />
  ) : (
    <Tool name="Fit" folds="wide" aria-pressed title="Fit into the window" icon={<IconArrowsMaximize {...ICON} />} onClick={() => onZoom("fit")} />
  );
}

function ScreenTool({ screen: { full, toggle } }: ToolbarProps) {
  if (toggle === undefined) {
    return null;
  }
  const title = full ? "Leave the full screen" : "Use the whole screen; keys like Alt + Tab go to them then";
  return <Tool name="Full screen" folds="wide" aria-pressed={full} title={title} icon={full ? <IconMinimize {...ICON} /> : <IconMaximize {...ICON} />} onClick={toggle} />;
}

function EdgeTool({ edge, onEdge }: ToolbarProps) {
  return edge === "top" ? (
    <Tool name="Move this bar to the bottom" folds="always" icon={<IconLayoutBottombar {...ICON} />} onClick={() => onEdge("bottom")} />
  ) : (
    <Tool name="Move this bar to the top" folds="always" icon={<IconLayoutNavbar {...ICON} />} onClick={() => onEdge("top")} />
  );
}

// A clock that nobody sees stands: each of its seconds would be a picture of the page.
function Facts({ snapshot, shown }: { snapshot: Snapshot; shown: boolean }) {
  const now = useNow(shown ? 1000 : null);
  return (
    <div className={css.facts}>
      {snapshot.recording.kind === "running" && <span className={css.rec}>REC</span>}
      <span className={css.elapsed} role="timer" aria-label="Time since the start">
        {clock(snapshot.startedAt === null ? 0 : (now - snapshot.startedAt) / 1000)}
      </span>
    </div>
  );
}

function ControlTool(props: ToolbarProps) {
  const { session, snapshot } = props;
  return snapshot.granted.includes("control") ? (
    <Tool name="Stop control" data-on folds="narrow" icon={<IconMouseOff {...ICON} />} onClick={() => session.release("control")} />
  ) : (
    <AskTool {...props} scope="control" name="Ask for control" asking="Asking for control…" folds="narrow" icon={<IconMouse {...ICON} />} data-main={snapshot.question === null} />
  );
}

function RecordTool(props: ToolbarProps) {
  const { session, snapshot } = props;
  const why = snapshot.organisation?.canRecord === true ? undefined : "A reviewer has to set recording up first, under Recordings.";
  return snapshot.granted.includes("record") ? (
    <Tool name="Stop recording" data-on folds="narrow" icon={<IconPlayerStop {...ICON} />} onClick={() => session.release("record")} />
  ) : (
    <AskTool {...props} scope="record" name="Ask to record" asking="Asking to record…" folds="narrow" icon={<IconPlayerRecord {...ICON} />} {...(why === undefined ? {} : { cannot: why })} />
  );
}

function ClipboardTool(props: ToolbarProps) {
  return props.snapshot.granted.includes("clipboard") ? (
    <Tool name="Clipboard" data-on folds="middle" icon={<IconClipboard {...ICON} />} onClick={() => props.onDialog({ kind: "clipboard" })} />
  ) : (
    <AskTool {...props} scope="clipboard" name="Ask for the clipboard" asking="Asking for the clipboard…" word="Clipboard" folds="middle" icon={<IconClipboard {...ICON} />} />
  );
}

function FilesTool(props: ToolbarProps) {
  const { session, snapshot, panels } = props;
  return snapshot.granted.includes("files") ? (
    <>
      <Tool name="Files" data-on folds="middle" aria-pressed={panels.files} icon={<IconFiles {...ICON} />} onClick={() => panels.show("files", !panels.files)} />
      {panels.files && <Tool name="Stop files" folds="wide" icon={<IconFileOff {...ICON} />} onClick={() => session.release("files")} />}
    </>
  ) : (
    <AskTool {...props} scope="files" name="Ask for files" asking="Asking for files…" word="Files" folds="middle" icon={<IconFiles {...ICON} />} />
  );
}

function ChatTool({ session, panels }: ToolbarProps) {
  const { unread } = useSyncExternalStore(session.chat.subscribe, session.chat.getSnapshot);
  const news = unread > 0;
  return (
    <Tool name={news ? `Chat (${unread} new)` : "Chat"} word={news ? `Chat ${unread}` : "Chat"} title={`${news ? `Chat: ${unread} new` : "Chat"} (Ctrl + Alt + Enter)`} data-news={news} folds="middle" aria-pressed={panels.chat} icon={<IconMessageCircle {...ICON} />} onClick={() => panels.show("chat", !panels.chat)} />
  );
}

function VoiceTool(props: ToolbarProps) {
  const { session, snapshot } = props;
  const { microphone } = useSyncExternalStore(session.voice.subscribe, session.voice.getSnapshot);
  return snapshot.granted.includes("voice") ? (
    <>
      {microphone.kind === "on" && <MuteTool session={session} muted={microphone.muted} />}
      <Tool name="Stop talking" folds="wide" icon={<IconPhoneOff {...ICON} />} onClick={() => session.release("voice")} />
    </>
  ) : (
    <AskTool {...props} scope="voice" name="Talk" asking="Asking to talk…" word="Talk" title="Ask to talk with them" folds="middle" icon={<IconMicrophone {...ICON} />} />
  );
}

function MuteTool({ session, muted }: { session: Session; muted: boolean }) {
  return (
    <Tool name={muted ? "Unmute" : "Mute"} title={muted ? "Let them hear you again" : "They hear you. Mute yourself for a while"} data-on={!muted} folds="middle" aria-pressed={muted} icon={muted ? <IconMicrophoneOff {...ICON} /> : <Loudness session={session} />} onClick={() => session.voice.mute(!muted)} />
  );
}

interface AskToolProps extends Pick<ToolProps, "name" | "word" | "title" | "icon" | "folds" | "data-main"> {
  readonly snapshot: Snapshot;
  readonly onDialog: (dialog: Dialog) => void;
  readonly scope: Scope;
  /** Its name while the user reads the question. */
  readonly asking: string;
  /** Why it cannot be asked for at all. */
  readonly cannot?: string;
}

/** A tool that asks the user for a scope. They read one question at a time. */
function AskTool({ snapshot, onDialog, scope, name, asking, cannot, word, folds, icon, title, "data-main": main }: AskToolProps) {
  const { question } = snapshot;
  const busy = question !== null || cannot !== undefined;
  const words = { name: question?.scope === scope ? asking : name, ...(word === undefined ? {} : { word }), title: cannot ?? title };
  return <Tool {...words} folds={folds} icon={icon} data-main={main} aria-disabled={busy} onClick={() => !busy && onDialog({ kind: "ask", scope })} />;
}

function KeysTool({ session, edge, onDialog, onDone }: ToolbarProps) {
  return (
    <Menu width={280} position={edge === "top" ? "bottom" : "top"} returnFocus={false} withInitialFocusPlaceholder={false} onClose={onDone}>
      <Menu.Target>
        <Tool name="Keys" folds="wide" title="Keys your browser would keep to itself, and typing a text" icon={<IconKeyboard {...ICON} />} />
      </Menu.Target>
      <Menu.Dropdown {...OVER_PICTURE}>
        {SPECIAL_KEYS.map((keys) => (
          <Menu.Item key={keys.name} rightSection={<small>{keys.does}</small>} onClick={() => pressKeys(session, keys)}>
            {keys.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => onDialog({ kind: "type" })}>Type a text…</Menu.Item>
        <div className={css.keysHint}>Ctrl + Alt + Home brings this bar back.</div>
      </Menu.Dropdown>
    </Menu>
  );
}

function DisplayTool({ session, snapshot, edge, onDone }: ToolbarProps) {
  return (
    <Menu width={240} position={edge === "top" ? "bottom" : "top"} returnFocus={false} withInitialFocusPlaceholder={false} onClose={onDone}>
      <Menu.Target>
        <Tool name={`Display ${(snapshot.selectedDisplay ?? 0) + 1}`} folds="wide" title="Choose which of their displays you see" icon={<IconDeviceDesktop {...ICON} />} />
      </Menu.Target>
      <Menu.Dropdown {...OVER_PICTURE}>
        {snapshot.displays.map(({ index, width, height }) => (
          <Menu.Item key={index} aria-current={index === snapshot.selectedDisplay} rightSection={<small>{`${width} × ${height}`}</small>} onClick={() => session.selectDisplay(index)}>
            Display {index + 1}
            {index === snapshot.selectedDisplay && " (shown)"}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
