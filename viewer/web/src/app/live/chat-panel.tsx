/** The chat beside the picture. What the user wrote is text nodes, whatever it holds (THREATS 11). */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconMessageCircle, IconSend2 } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { MAX_CHAT } from "../../session/limits";
import { asksSecret } from "../../session/secret";
import type { ChatMessage, ChatProblem, Session, Snapshot } from "../../session/session";
import { day, minute } from "../parts/time";
import css from "./chat.module.css";
import { Panel } from "./panel";

interface ChatPanelProps {
  readonly session: Session;
  readonly snapshot: Snapshot;
  /** Rises whenever the technician wants to write. */
  readonly called: number;
  readonly onClose: () => void;
}

export function ChatPanel({ session, snapshot, called, onClose }: ChatPanelProps) {
  const { messages } = useSyncExternalStore(session.chat.subscribe, session.chat.getSnapshot);
  useEffect(() => session.chat.read(), [session, messages]);
  return (
    <Panel name="Chat" className={css.panel} onClose={onClose} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <p className={css.kept}>{keptWords(snapshot)}</p>
      <Messages messages={messages} />
      <Writing session={session} called={called} ready={snapshot.phase.kind === "live"} />
    </Panel>
  );
}

/** How long what is written now is kept (PROMISES A6). */
function keptWords({ recording, paused, events }: Pick<Snapshot, "recording" | "paused" | "events">): string {
  if (recording.kind === "running" && !paused) {
    return recording.keptUntil === null
      ? "Kept with the recording, and in the user’s receipt."
      : `Kept with the recording until ${day(new Date(recording.keptUntil))}, and in the user’s receipt.`;
  }
  const before = events.some(({ kind }) => kind === "recording-started");
  return `Not kept after this session, except in the user’s receipt.${before ? " What was written while it was recorded stays with the recording." : ""}`;
}

function Messages({ messages }: { messages: readonly ChatMessage[] }) {
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // The newest is in view, unless somebody reads further back.
  useLayoutEffect(() => {
    if (list.current !== null && atEnd.current) {
      list.current.scrollTop = list.current.scrollHeight;
    }
  }, [messages]);
  const scrolled = () => {
    const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = list.current ?? {};
    atEnd.current = scrollTop + clientHeight >= scrollHeight - 24;
  };
  return (
    <div ref={list} className={css.messages} role="log" aria-live="polite" aria-label="Messages" tabIndex={0} onScroll={scrolled}>
      {messages.length === 0 && <p className={css.none}>Nothing written yet. It is shown on their screen at once.</p>}
      {messages.map(({ number, at, own, text }) => (
        <div key={number} className={css.message} data-own={own}>
          <span className={css.who}>
            {own ? "You" : "User"} · <time dateTime={new Date(at).toISOString()}>{minute(new Date(at))}</time>
          </span>
          <p dir="auto">{text}</p>
        </div>
      ))}
    </div>
  );
}

function Writing({ session, called, ready }: { session: Session; called: number; ready: boolean }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const dont = useRef<HTMLButtonElement>(null);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<ChatProblem | null>(null);
  const doubted = problem?.kind === "looks";
  useEffect(() => (doubted ? dont : field).current?.focus({ preventScroll: true }), [doubted, called]);
  const send = (sure: boolean) => {
    const why = session.chat.send(text, sure);
    setProblem(why?.kind === "empty" ? null : why);
    if (why === null) {
      setText("");
    }
  };
  const key = (event: KeyboardEvent) => {
    const composing = event.nativeEvent.isComposing;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey && !composing) {
      event.preventDefault();
      send(false);
    }
  };
  if (problem?.kind === "looks") {
    return (
      <div
        className={css.doubt}
        role="alertdialog"
        aria-label="This looks like a secret"
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            setProblem(null);
          }
        }}
      >
        <p>
          <IconAlertTriangle size={18} stroke={2} aria-hidden="true" />
          {LOOKS[problem.like]} The user would read it, and it would stay in their receipt.
        </p>
        <div className={css.row}>
          <Button variant="default" size="sm" onClick={() => send(true)}>
            Send anyway
          </Button>
          <Button ref={dont} size="sm" onClick={() => setProblem(null)}>
            Don’t send
          </Button>
        </div>
      </div>
    );
  }
  return (
    <div className={css.writing}>
      {asksSecret(text) && (
        <p className={css.caution}>
          <IconAlertTriangle size={16} stroke={2} aria-hidden="true" />
          Never ask for a password, card number or code. The user is warned. They can press “Hide while I type” and type it themselves.
        </p>
      )}
      {problem !== null && (
        <p className={css.caution} role="alert">
          <IconAlertTriangle size={16} stroke={2} aria-hidden="true" />
          {PROBLEMS[problem.kind]}
        </p>
      )}
      <textarea ref={field} aria-label="Message" placeholder={ready ? "Write here. Enter sends it." : "Nobody is connected now."} rows={3} maxLength={MAX_CHAT} dir="auto" value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={key} />
      <Button size="sm" disabled={!ready || text.trim() === ""} leftSection={<IconSend2 size={17} stroke={1.8} aria-hidden="true" />} onClick={() => send(false)}>
        Send
      </Button>
    </div>
  );
}

const LOOKS = { password: "This looks like a password.", card: "This looks like a card number.", code: "This looks like a secret code." } as const;

const PROBLEMS: Readonly<Record<Exclude<ChatProblem["kind"], "looks">, string>> = {
  empty: "",
  long: "This is too long. Send it in parts.",
  full: "This chat is full. Nothing more can be written.",
  fast: "That was too fast. Wait a moment and send it again.",
  closed: "It was not sent: nobody is connected now.",
};

/** What is new while the chat is closed: stays until it is opened, also when the bar is hidden. */
export function Unread({ session, onOpen }: { session: Session; onOpen: () => void }) {
  const { unread } = useSyncExternalStore(session.chat.subscribe, session.chat.getSnapshot);
  return (
    <div className={css.unread} role="status">
      {unread > 0 && (
        <button type="button" onClick={onOpen}>
          <IconMessageCircle size={18} stroke={1.8} aria-hidden="true" />
          {unread === 1 ? "1 new message" : `${unread} new messages`}
        </button>
      )}
    </div>
  );
}
