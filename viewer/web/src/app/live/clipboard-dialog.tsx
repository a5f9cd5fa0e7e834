/**
 * The clipboard, both ways, each by a press of its own: what the user copied is fetched
 * and shown here first, and what is put there the user pastes by themselves.
 */
import { Button, Modal, Textarea } from "@mantine/core";
import { type ClipboardEvent, useEffect, useRef, useState } from "react";
import type { ClipboardContent, ClipboardProblem, Session } from "../../session/session";
import form from "../parts/form.module.css";
import { Notice } from "../parts/parts";
import { drawn, encoded } from "./clip-picture";
import css from "./clipboard.module.css";

type Shown = { readonly kind: "text"; readonly text: string } | { readonly kind: "image"; readonly canvas: HTMLCanvasElement };
type Said = { readonly tone: "good" | "warn"; readonly title: string; readonly text: string } | null;

export function ClipboardDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const stop = () => {
    session.release("clipboard");
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Clipboard" size={560}>
      <div className={css.halves}>
        <Theirs session={session} />
        <Mine session={session} />
        <div className={form.buttons}>
          <Button variant="default" onClick={stop}>
            Give the clipboard back
          </Button>
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** What the user copied, fetched by a press and copied on by another. */
function Theirs({ session }: { session: Session }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [said, setSaid] = useState<Said>(null);
  const [busy, setBusy] = useState(false);
  const fetch = async () => {
    setBusy(true);
    setSaid(null);
    setShown(null);
    const fetched = await session.clipboard.fetch();
    const content = "content" in fetched ? await show(fetched.content) : null;
    setShown(content);
    if (content === null) {
      setSaid(problemSaid("problem" in fetched ? fetched.problem : "unsupported", "It was not fetched"));
    }
    setBusy(false);
  };
  const copy = async () => {
    const copied = shown !== null && (await copyOn(shown));
    setSaid(copied ? { tone: "good", title: "It is on your clipboard", text: "Paste it where you need it." } : { tone: "warn", title: "Your browser did not take it", text: "Select it here and copy it with your keys." });
  };
  return (
    <section aria-label="Theirs">
      <h2>Theirs</h2>
      <p className={css.hint}>What they copied last. They read in their list that you fetched it.</p>
      {shown?.kind === "text" && <Textarea aria-label="What they copied" readOnly autosize minRows={2} maxRows={8} value={shown.text} />}
      {shown?.kind === "image" && <Drawing canvas={shown.canvas} />}
      <Line said={said} />
      <div className={css.row}>
        <Button loading={busy} onClick={() => void fetch()}>
          Fetch their clipboard
        </Button>
        {shown !== null && (
          <Button variant="default" onClick={() => void copy()}>
            Copy
          </Button>
        )}
      </div>
    </section>
  );
}

/** What the technician puts there: typed, pasted, or taken from their own clipboard. */
function Mine({ session }: { session: Session }) {
  const [text, setText] = useState("");
  const [picture, setPicture] = useState<HTMLCanvasElement | null>(null);
  const [said, setSaid] = useState<Said>(null);
  const [busy, setBusy] = useState(false);
  const pasted = (event: ClipboardEvent) => {
    const image = [...event.clipboardData.files].find(({ type }) => type === "image/png");
    if (image !== undefined) {
      event.preventDefault();
      void draw(image);
    }
  };
  const draw = async (image: Blob) => {
    const canvas = await drawn(image);
    setPicture(canvas);
    setSaid(canvas === null ? problemSaid("unsupported", "It was not taken") : null);
  };
  const put = async () => {
    setBusy(true);
    const problem = picture === null ? await session.clipboard.put({ kind: "text", text }) : await putPicture(session, picture);
    setSaid(problem === null ? { tone: "good", title: "It is on their clipboard", text: "They can paste it now. It is taken off when the clipboard ends." } : problemSaid(problem, "It was not put there"));
    setBusy(false);
  };
  const clear = () => {
    setPicture(null);
    setText("");
    setSaid(null);
  };
  return (
    <section aria-label="Yours">
      <h2>Yours</h2>
      {picture === null ? (
        <Textarea label="What they can paste" description="Type or paste a text, or paste a picture." autosize minRows={2} maxRows={8} value={text} onPaste={pasted} onChange={(e) => setText(e.currentTarget.value)} />
      ) : (
        <Drawing canvas={picture} />
      )}
      <Line said={said} />
      <div className={css.row}>
        <Button loading={busy} disabled={text === "" && picture === null} onClick={() => void put()}>
          Put it on their clipboard
        </Button>
        {(text !== "" || picture !== null) && (
          <Button variant="default" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
    </section>
  );
}

function Line({ said }: { said: Said }) {
  return said === null ? null : (
    <Notice tone={said.tone} title={said.title}>
      <p>{said.text}</p>
    </Notice>
  );
}

function Drawing({ canvas }: { canvas: HTMLCanvasElement }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.replaceChildren(canvas);
  }, [canvas]);
  return <div ref={place} className={css.drawing} role="img" aria-label={`A picture, ${canvas.width} by ${canvas.height} pixels`} />;
}

async function show(content: ClipboardContent): Promise<Shown | null> {
  if (content.kind === "text") {
    return content;
  }
  const canvas = await drawn(new Blob([content.png], { type: "image/png" }));
  return canvas === null ? null : { kind: "image", canvas };
}

async function copyOn(shown: Shown): Promise<boolean> {
  try {
    if (shown.kind === "text") {
      await navigator.clipboard.writeText(shown.text);
      return true;
    }
    const png = await encoded(shown.canvas);
    if (png !== null) {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    }
    return png !== null;
  } catch {
    return false;
  }
}

async function putPicture(session: Session, canvas: HTMLCanvasElement): Promise<ClipboardProblem | null> {
  const png = await encoded(canvas);
  return png === null ? "unsupported" : session.clipboard.put({ kind: "image", png: new Uint8Array(await png.arrayBuffer()) });
}

function problemSaid(problem: ClipboardProblem, title: string): Said {
  const texts: Record<ClipboardProblem, string> = {
    empty: "There is nothing: neither text nor picture. It has to be copied first.",
    unsupported: "It is neither a text nor a picture that can be shown. Files go by “Files”.",
    "too-large": "It is too large: at most 1 MB of text, or a picture of 32 megapixels. Send it as a file instead.",
    "not-allowed": "They have not allowed it, or took it back. Ask for the clipboard again.",
    paused: "They paused the session. Try again when they go on.",
    "no-answer": "Nothing came back. The program they copied it from may be closed; ask them to copy it again.",
  };
  return { tone: "warn", title, text: texts[problem] };
}
