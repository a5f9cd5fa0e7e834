/** The toolbar over the picture: what can be asked, how it is shown, and the end. */
import { Menu } from "@mantine/core";
import { IconActivity, IconArrowsMaximize, IconClipboard, IconDeviceDesktop, IconFileOff, IconFiles, IconKeyboard, IconLayoutBottombar, IconLayoutNavbar, IconMaximize, IconMessageCircle, IconMicrophone, IconMicrophoneOff, IconMinimize, IconMouse, IconMouseOff, IconPlayerRecord, IconPhoneOff, IconPlayerStop, IconZoomScan } from "@tabler/icons-react";
import { type ComponentPropsWithRef, type MouseEvent, type ReactNode, useState, useSyncExternalStore } from "react";
import type { Zoom } from "../../screen/picture";
import type { Scope, Session, Snapshot } from "../../session/session";
import { useNow } from "../parts/parts";
import { clock } from "../parts/time";
import css from "./live.module.css";
import { Loudness } from "./loudness";
import { OVER_PICTURE } from "./over-picture";
import { SPECIAL_KEYS, pressKeys } from "./special-keys";
import type { Edge } from "./use-edge";

interface ToolbarProps {
  readonly session: Session;
  readonly snapshot: Snapshot;
  /** Whether it is seen. */
  readonly shown: boolean;
  readonly edge: Edge;
  readonly onEdge: (edge: Edge) => void;
  readonly zoom: Zoom;
  readonly stats: boolean;
  readonly full: boolean;
  readonly onAsk: (scope: Scope) => void;
  readonly onType: () => void;
  readonly onClipboard: () => void;
  readonly files: boolean;
  readonly onFiles: (shown: boolean) => void;
  readonly chat: boolean;
  readonly onChat: (shown: boolean) => void;
  readonly onZoom: (zoom: Zoom) => void;
  /** Absent where the browser has no full screen. */
  readonly onFull?: () => void;
  readonly onStats: (shown: boolean) => void;
  readonly onEnd: () => void;
  /** A menu was closed: the keys belong to the picture again. */
  readonly onDone: () => void;
}

const ICON = { size: 19, stroke: 1.8, "aria-hidden": true } as const;

export function Toolbar(props: ToolbarProps) {
  const { snapshot, shown, edge, zoom, stats, full, onEdge, onZoom, onFull, onStats, onEnd } = props;
  const controls = snapshot.granted.includes("control");
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
      {controls && <KeysTool {...props} />}
      {snapshot.displays.length > 1 && <DisplayTool {...props} />}
      <Tool folds="wide" aria-pressed={zoom === "actual"} title={zoom === "fit" ? "Show every pixel as it is" : "Fit into the window"} icon={zoom === "fit" ? <IconZoomScan {...ICON} /> : <IconArrowsMaximize {...ICON} />} onClick={() => onZoom(zoom === "fit" ? "actual" : "fit")}>
        {zoom === "fit" ? "1:1" : "Fit"}
      </Tool>
      {onFull !== undefined && (
        <Tool folds="wide" aria-pressed={full} title={full ? "Leave the full screen" : "Use the whole screen; keys like Alt + Tab go to them then"} icon={full ? <IconMinimize {...ICON} /> : <IconMaximize {...ICON} />} onClick={onFull}>
          Full screen
        </Tool>
      )}
      <Tool folds="wide" aria-pressed={stats} icon={<IconActivity {...ICON} />} onClick={() => onStats(!stats)}>
        Statistics
      </Tool>
      <Tool folds="always" icon={edge === "top" ? <IconLayoutBottombar {...ICON} /> : <IconLayoutNavbar {...ICON} />} onClick={() => onEdge(edge === "top" ? "bottom" : "top")}>
        {edge === "top" ? "Move this bar to the bottom" : "Move this bar to the top"}
      </Tool>
      <Tool className={css.end ?? ""} onClick={onEnd}>
        End session
      </Tool>
    </>
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

function ControlTool({ session, snapshot, onAsk }: ToolbarProps) {
  if (snapshot.granted.includes("control")) {
    return (
      <Tool data-on folds="narrow" icon={<IconMouseOff {...ICON} />} onClick={() => session.release("control")}>
        Stop control
      </Tool>
    );
  }
  const busy = snapshot.question !== null;
  return (
    <Tool folds="narrow" data-main={!busy} aria-disabled={busy} icon={<IconMouse {...ICON} />} onClick={() => !busy && onAsk("control")}>
      {snapshot.question?.scope === "control" ? "Asking for control…" : "Ask for control"}
    </Tool>
  );
}

function RecordTool({ session, snapshot, onAsk }: ToolbarProps) {
  if (snapshot.granted.includes("record")) {
    return (
      <Tool data-on folds="narrow" icon={<IconPlayerStop {...ICON} />} onClick={() => session.release("record")}>
        Stop recording
      </Tool>
    );
  }
  const prepared = snapshot.organisation?.canRecord ?? false;
  const busy = snapshot.question !== null || !prepared;
  return (
    <Tool folds="narrow" aria-disabled={busy} title={prepared ? undefined : "A reviewer has to set recording up first, under Recordings."} icon={<IconPlayerRecord {...ICON} />} onClick={() => !busy && onAsk("record")}>
      {snapshot.question?.scope === "record" ? "Asking to record…" : "Ask to record"}
    </Tool>
  );
}

function ClipboardTool({ snapshot, onAsk, onClipboard }: ToolbarProps) {
  const asked = snapshot.question?.scope === "clipboard";
  if (snapshot.granted.includes("clipboard")) {
    return (
      <Tool folds="middle" data-on icon={<IconClipboard {...ICON} />} onClick={onClipboard}>
        Clipboard
      </Tool>
    );
  }
  const busy = snapshot.question !== null;
  return (
    <Tool folds="middle" word="Clipboard" aria-disabled={busy} icon={<IconClipboard {...ICON} />} onClick={() => !busy && onAsk("clipboard")}>
      {asked ? "Asking for the clipboard…" : "Ask for the clipboard"}
    </Tool>
  );
}

function FilesTool({ session, snapshot, files, onAsk, onFiles }: ToolbarProps) {
  const asked = snapshot.question?.scope === "files";
  if (snapshot.granted.includes("files")) {
    return (
      <>
        <Tool folds="middle" data-on aria-pressed={files} icon={<IconFiles {...ICON} />} onClick={() => onFiles(!files)}>
          Files
        </Tool>
        {files && (
          <Tool folds="wide" icon={<IconFileOff {...ICON} />} onClick={() => session.release("files")}>
            Stop files
          </Tool>
        )}
      </>
    );
  }
  const busy = snapshot.question !== null;
  return (
    <Tool folds="middle" word="Files" aria-disabled={busy} icon={<IconFiles {...ICON} />} onClick={() => !busy && onAsk("files")}>
      {asked ? "Asking for files…" : "Ask for files"}
    </Tool>
  );
}

function ChatTool({ session, chat, onChat }: ToolbarProps) {
  const { unread } = useSyncExternalStore(session.chat.subscribe, session.chat.getSnapshot);
  return (
    <Tool folds="middle" word={unread > 0 ? `Chat ${unread}` : "Chat"} title={`${unread > 0 ? `Chat: ${unread} new` : "Chat"} (Ctrl + Alt + Enter)`} data-news={unread > 0} aria-pressed={chat} icon={<IconMessageCircle {...ICON} />} onClick={() => onChat(!chat)}>
      {unread > 0 ? `Chat (${unread} new)` : "Chat"}
    </Tool>
  );
}

function VoiceTool({ session, snapshot, onAsk }: ToolbarProps) {
  const { microphone } = useSyncExternalStore(session.voice.subscribe, session.voice.getSnapshot);
  if (snapshot.granted.includes("voice")) {
    const muted = microphone.kind === "on" && microphone.muted;
    return (
      <>
        {microphone.kind === "on" && (
          <Tool folds="middle" data-on={!muted} title={muted ? "Let them hear you again" : "They hear you. Mute yourself for a while"} aria-pressed={muted} icon={muted ? <IconMicrophoneOff {...ICON} /> : <Loudness session={session} />} onClick={() => session.voice.mute(!muted)}>
            {muted ? "Unmute" : "Mute"}
          </Tool>
        )}
        <Tool folds="wide" icon={<IconPhoneOff {...ICON} />} onClick={() => session.release("voice")}>
          Stop talking
        </Tool>
      </>
    );
  }
  const busy = snapshot.question !== null;
  return (
    <Tool folds="middle" word="Talk" aria-disabled={busy} title="Ask to talk with them" icon={<IconMicrophone {...ICON} />} onClick={() => !busy && onAsk("voice")}>
      {snapshot.question?.scope === "voice" ? "Asking to talk…" : "Talk"}
    </Tool>
  );
}

function KeysTool({ session, edge, onType, onDone }: ToolbarProps) {
  return (
    <Menu width={280} position={edge === "top" ? "bottom" : "top"} returnFocus={false} withInitialFocusPlaceholder={false} onClose={onDone}>
      <Menu.Target>
        <Tool folds="wide" title="Keys your browser would keep to itself, and typing a text" icon={<IconKeyboard {...ICON} />}>
          Keys
        </Tool>
      </Menu.Target>
      <Menu.Dropdown {...OVER_PICTURE}>
        {SPECIAL_KEYS.map((keys) => (
          <Menu.Item key={keys.name} rightSection={<small>{keys.does}</small>} onClick={() => pressKeys(session, keys)}>
            {keys.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onType}>Type a text…</Menu.Item>
        <div className={css.keysHint}>Ctrl + Alt + Home brings this bar back.</div>
      </Menu.Dropdown>
    </Menu>
  );
}

function DisplayTool({ session, snapshot, edge, onDone }: ToolbarProps) {
  return (
    <Menu width={240} position={edge === "top" ? "bottom" : "top"} returnFocus={false} withInitialFocusPlaceholder={false} onClose={onDone}>
      <Menu.Target>
        <Tool folds="wide" title="Choose which of their displays you see" icon={<IconDeviceDesktop {...ICON} />}>
          Display {(snapshot.selectedDisplay ?? 0) + 1}
        </Tool>
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

/**
 * From how wide a window on a tool has its word: what is asked for from 1100 pixels, what
 * one works with from 1240, the rest from 1840 (live.module.css). Below that it is an icon,
 * and what is hardly ever pressed is one always.
 */
type Folds = "narrow" | "middle" | "wide" | "always";

/**
 * One tool. Its name, or what `title` adds to that, stands below it as soon as the pointer
 * or the focus is on it. `word` is what stands on it where its name would be too long.
 */
function Tool({ icon, folds, word, title, className = "", children, onClick, ...rest }: { icon?: ReactNode; folds?: Folds; word?: string } & ComponentPropsWithRef<"button">) {
  const named = word === undefined && title === undefined;
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
      {word !== undefined && <span className={css.word} data-word={word} aria-hidden="true" />}
      <span className={css.name} data-short={word !== undefined}>
        {children}
      </span>
      {(folds !== undefined || title !== undefined) && (
        <span className={css.tip} data-named={named} aria-hidden="true">
          {title ?? children}
        </span>
      )}
    </button>
  );
}
