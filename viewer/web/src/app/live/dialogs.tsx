/** The dialogs of the live session: ask for a scope, type a text, end. */
import { Button, Modal, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { MAX_REASON } from "../../session/limits";
import type { Scope, Session, Snapshot } from "../../session/session";
import form from "../parts/form.module.css";
import { Notice } from "../parts/parts";
import { ClipboardDialog } from "./clipboard-dialog";
import { useHolder } from "./holder";

/** The wire takes 4,096 bytes; a character of any script takes at most four. */
const TEXT_MAX = 1000;

/** Which dialog is open. */
export type Dialog = { readonly kind: "ask"; readonly scope: Scope } | { readonly kind: "end" | "type" | "clipboard" };

/** The dialog that is open, if one is. */
export function Dialogs({ dialog, session, snapshot, onClose }: { dialog: Dialog | null; session: Session; snapshot: Snapshot; onClose: () => void }) {
  switch (dialog?.kind) {
    case "ask":
      return <AskDialog session={session} snapshot={snapshot} scope={dialog.scope} onClose={onClose} />;
    case "type":
      return <TypeDialog session={session} onClose={onClose} />;
    case "clipboard":
      return snapshot.granted.includes("clipboard") && <ClipboardDialog session={session} onClose={onClose} />;
    case "end":
      return <EndDialog session={session} onClose={onClose} />;
    case undefined:
      return null;
  }
}

function AskDialog({ session, snapshot, scope, onClose }: { session: Session; snapshot: Snapshot; scope: Scope; onClose: () => void }) {
  const { words } = useHolder();
  const [reason, setReason] = useState(words.reason);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    session.ask(scope, reason.trim());
    onClose();
  };
  const { title, text, verb } = asking(scope, snapshot);
  return (
    <Modal opened onClose={onClose} title={title} size={500}>
      <form className={form.form} onSubmit={submit}>
        <p>{text}</p>
        <Textarea id="ask-reason" label="Why" description="They read this word for word." required autosize minRows={2} maxRows={4} maxLength={MAX_REASON} data-autofocus value={reason} onChange={(e) => setReason(e.currentTarget.value)} />
        <div className={form.buttons}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" disabled={reason.trim() === ""}>
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** What the dialog says about a scope. */
function asking(scope: Scope, snapshot: Snapshot): { title: string; text: string; verb: string } {
  switch (scope) {
    case "record":
      return {
        title: "Ask to record this session",
        text: `They read how long it is kept (${snapshot.organisation?.recordingDays ?? 0} days) and that they can stop it at any moment. Refusing does not end the session.`,
        verb: "Ask to record",
      };
    case "clipboard":
      return {
        title: "Ask for their clipboard",
        text: "They read your reason and decide. Each time you use it stands in their list, and what you put there is taken off when they take it back.",
        verb: "Ask for the clipboard",
      };
    case "files":
      return {
        title: "Ask to exchange files",
        text: "They read your reason and decide. What you send lands in their Downloads folder; what you ask for, they choose themselves.",
        verb: "Ask for files",
      };
    case "voice":
      return {
        title: "Ask to talk with them",
        text: "They read your reason and decide. You hear their computer’s microphone, and they hear yours. It is not recorded, and they can stop it at any moment.",
        verb: "Ask to talk",
      };
    case "control":
    case "view":
      return {
        title: "Ask for their mouse and keyboard",
        text: "They read your reason and decide. They can take it back at any moment, and yours wait whenever they use their own.",
        verb: "Ask for control",
      };
  }
}

function TypeDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [text, setText] = useState("");
  const [stuck, setStuck] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (session.sendInput({ kind: "text", text })) {
      onClose();
    } else {
      setStuck(true);
    }
  };
  return (
    <Modal opened onClose={onClose} title="Type a text" size={500}>
      <form className={form.form} onSubmit={submit}>
        {stuck && (
          <Notice tone="warn" title="It was not typed">
            <p>Your keyboard has to wait just now. Look at the line over the picture, then try again.</p>
          </Notice>
        )}
        <Textarea label="Text" description="It is typed on their machine where the cursor stands, in any script." autosize minRows={3} maxRows={8} maxLength={TEXT_MAX} data-autofocus value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <div className={form.buttons}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" disabled={text === ""}>
            Type it
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function EndDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="End the session?" size={440}>
      <div className={form.form}>
        <p>You can no longer see or control anything then, and they are told so. To go on later you need a new number.</p>
        <div className={`${form.buttons} ${form.apart}`}>
          <Button variant="default" onClick={onClose}>
            Go on
          </Button>
          <Button color="red" data-autofocus onClick={() => session.end()}>
            End session
          </Button>
        </div>
      </div>
    </Modal>
  );
}
