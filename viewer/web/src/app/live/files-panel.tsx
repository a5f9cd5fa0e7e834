/** Files: send one, ask for one, and how far each is. Stays beside the picture while they travel. */
import { Button, TextInput } from "@mantine/core";
import { IconCircleCheck, IconDownload, IconFile, IconUpload } from "@tabler/icons-react";
import { type DragEvent, type FormEvent, useRef, useState, useSyncExternalStore } from "react";
import { MAX_REASON } from "../../session/limits";
import type { FileProblem, FileSource, Session, Snapshot, Transfer } from "../../session/session";
import { cleanLine } from "../../session/text";
import { isRunning } from "../../session/transfers";
import { save } from "../parts/save";
import { size } from "../parts/size";
import css from "./files.module.css";
import { Panel } from "./panel";

export function FilesPanel({ session, snapshot, onClose }: { session: Session; snapshot: Snapshot; onClose: () => void }) {
  const transfers = useSyncExternalStore(session.files.subscribe, session.files.getSnapshot);
  const allowed = snapshot.granted.includes("files");
  return (
    <Panel name="Files" className={css.panel} onClose={onClose}>
      {allowed ? <Acts session={session} /> : <p className={css.dim}>You may not exchange files now. What has arrived can still be saved.</p>}
      {transfers.length === 0 ? <p className={css.dim}>Nothing sent yet.</p> : null}
      <ul className={css.transfers}>
        {transfers.toReversed().map((transfer) => (
          <TransferLine key={transfer.id} session={session} transfer={transfer} />
        ))}
      </ul>
    </Panel>
  );
}

function Acts({ session }: { session: Session }) {
  const input = useRef<HTMLInputElement>(null);
  const [reason, setReason] = useState("");
  const [over, setOver] = useState(false);
  const send = (list: FileList | null) => [...(list ?? [])].forEach((file) => session.files.send(sourceOf(file)));
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    send(event.dataTransfer.files);
  };
  const ask = (event: FormEvent) => {
    event.preventDefault();
    session.files.request(reason.trim());
    setReason("");
  };
  return (
    <div className={css.acts}>
      <div
        className={css.drop}
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="A file to send"
          onChange={(event) => {
            send(event.currentTarget.files);
            event.currentTarget.value = "";
          }}
        />
        <Button size="sm" leftSection={<IconUpload size={17} stroke={1.8} aria-hidden="true" />} onClick={() => input.current?.click()}>
          Send a file
        </Button>
        <span className={css.dim}>or drop it here. It lands in their Downloads.</span>
      </div>
      <form className={css.askFile} onSubmit={ask}>
        <TextInput aria-label="Which file, and why" placeholder="Which file, and why" maxLength={MAX_REASON} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <Button type="submit" size="sm" variant="default" disabled={reason.trim() === ""}>
          Ask for a file
        </Button>
      </form>
    </div>
  );
}

function TransferLine({ session, transfer }: { session: Session; transfer: Transfer }) {
  const { id, state, name, size: whole, done, way } = transfer;
  const running = isRunning(transfer);
  const Icon = way === "to-them" ? IconUpload : IconDownload;
  return (
    <li className={css.transfer} data-state={state.kind}>
      {state.kind === "complete" ? <IconCircleCheck size={20} stroke={1.8} aria-hidden="true" /> : name === "" ? <IconFile size={20} stroke={1.8} aria-hidden="true" /> : <Icon size={20} stroke={1.8} aria-hidden="true" />}
      <div className={css.transferText}>
        <strong>{name === "" ? "A file from them" : cleanLine(name)}</strong>
        <span className={css.dim}>{stateWords(transfer)}</span>
        {running && whole > 0 && <progress max={whole} value={done} aria-label={`Progress of ${cleanLine(name)}`} />}
        {state.kind === "complete" && (
          <span className={css.dim} title={state.sha256}>
            Verified · SHA-256 {state.sha256.slice(0, 12)}…
          </span>
        )}
      </div>
      {state.kind === "complete" && way === "from-them" && (
        <Button size="xs" onClick={() => keep(session, transfer)}>
          Save
        </Button>
      )}
      {running && (
        <Button size="xs" variant="default" aria-label={name === "" ? "Cancel the request" : `Cancel ${cleanLine(name)}`} onClick={() => session.files.cancel(id)}>
          Cancel
        </Button>
      )}
    </li>
  );
}

function stateWords({ way, state, size: whole, done }: Transfer): string {
  const theirs = way === "to-them";
  switch (state.kind) {
    case "choosing":
      return "They are choosing a file.";
    case "waiting":
      return `${size(whole)} · waiting for their machine`;
    case "running":
      return `${size(done)} of ${size(whole)}`;
    case "complete":
      return theirs ? `${size(whole)} · it is in their Downloads` : `${size(whole)} · it is here`;
    case "stopped":
      return stoppedWords(state.why, theirs);
  }
}

function stoppedWords(why: FileProblem, theirs: boolean): string {
  const nothing = theirs ? " Nothing is left on their machine." : "";
  switch (why) {
    case "technician":
      return `You cancelled it.${nothing}`;
    case "user":
      return "They chose to send none.";
    case "not-allowed":
      return `They have not allowed it, or took it back.${nothing}`;
    case "disk-full":
      return `Their disk is full.${nothing} Ask them to make room, then send it again.`;
    case "too-large":
      return "It is larger than 1 GB.";
    case "damaged":
      return `It did not arrive as it was sent.${nothing} Try again.`;
    case "busy":
      return theirs ? "Too many files at a time. Wait for the others." : "They are choosing a file already.";
    case "failed":
      return theirs ? `It could not be sent.${nothing} Try again.` : "It could not be sent. Ask again.";
  }
}

function sourceOf(file: File): FileSource {
  return { name: file.name, size: file.size, read: async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer()) };
}

function keep(session: Session, { id, name }: Transfer): void {
  const blob = session.files.received(id);
  if (blob !== null) {
    save(blob, cleanLine(name));
  }
}
