/**
 * Opening: the passphrase first, in this browser, so that a mistyped one is not logged
 * as a viewing; then the reason goes to the relay, which logs it and hands out the
 * sealed parts; then they are verified and unlocked here.
 */
import { Button, PasswordInput, TextInput, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { RecordingError, type OpenedRecording } from "../../recording/recording";
import { ReviewKey } from "../../recording/reviewkey";
import { MAX_REASON, MAX_TICKET } from "../../session/limits";
import { useRecordingIdentity, useRefresh } from "../api/queries";
import { type Words, wordsFor } from "../api/words";
import { Notice, Trouble } from "../parts/parts";
import { useWiring } from "../wiring";
import { useReviewKey } from "./key-holder";
import css from "./review.module.css";
import { recordingWords } from "./words";

type Way = "passphrase" | "recovery";

interface Request {
  readonly reason: string;
  readonly ticket: string;
  readonly secret: string;
  readonly way: Way;
}

function useOpen(id: string, onOpened: (recording: OpenedRecording, technician: string) => void) {
  const { api, openRecording } = useWiring();
  const refresh = useRefresh();
  const holder = useReviewKey();
  return useMutation({
    mutationFn: async ({ reason, ticket, secret, way }: Request) => {
      const key = holder.key ?? (await unlock(secret, way, async () => (await api.organisation.getRecordingIdentity({})).wrappedIdentity));
      holder.hold(key);
      const { recording } = await api.recordings.openRecording({ id, reason, ticket });
      return { opened: await openRecording(id, key), technician: recording?.technicianName ?? "" };
    },
    onSuccess: async ({ opened, technician }) => {
      onOpened(opened, technician);
      await refresh("recordings");
    },
  });
}

function unlock(secret: string, way: Way, wrapped: () => Promise<string>): Promise<ReviewKey> {
  return way === "recovery" ? ReviewKey.fromIdentity(secret) : wrapped().then((identity) => ReviewKey.unwrap(identity, secret));
}

function openTrouble(error: unknown): Words {
  return error instanceof RecordingError ? recordingWords(error.problem) : wordsFor(error);
}

export function OpenForm({ id, onOpened }: { id: string; onOpened: (recording: OpenedRecording, technician: string) => void }) {
  const { key } = useReviewKey();
  const identity = useRecordingIdentity();
  const [reason, setReason] = useState("");
  const [ticket, setTicket] = useState("");
  const [secret, setSecret] = useState("");
  const [way, setWay] = useState<Way>("passphrase");
  const open = useOpen(id, onOpened);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    open.mutate({ reason: reason.trim(), ticket: ticket.trim(), secret, way });
  };
  if (identity.data?.recipient === "") {
    return (
      <Notice tone="warn" title="Recording is not set up">
        <p>There is no key in this organisation that could open it. Set recording up first.</p>
      </Notice>
    );
  }
  return (
    <form className={css.open} onSubmit={submit}>
      {open.isError && <Trouble words={openTrouble(open.error)} />}
      <div className={css.row}>
        <Textarea id="reason" label="Why you open it" description="Shown to the person recorded." required autosize minRows={1} maxRows={4} size="md" maxLength={MAX_REASON} autoFocus value={reason} onChange={(e) => setReason(e.currentTarget.value)} />
        <TextInput id="ticket" label="Ticket" description="If there is one." size="md" maxLength={MAX_TICKET} value={ticket} onChange={(e) => setTicket(e.currentTarget.value)} />
      </div>
      {key === null ? <SecretField way={way} secret={secret} onSecret={setSecret} onWay={setWay} /> : <Notice tone="good" title="The key is unlocked until you lock it again or close this page." />}
      <div>
        <Button type="submit" size="md" loading={open.isPending} disabled={reason.trim() === "" || (key === null && secret === "")}>
          Open recording
        </Button>
      </div>
    </form>
  );
}

function SecretField({ way, secret, onSecret, onWay }: { way: Way; secret: string; onSecret: (secret: string) => void; onWay: (way: Way) => void }) {
  const recovery = way === "recovery";
  return (
    <div>
      <PasswordInput
        id="passphrase"
        label={recovery ? "Recovery key" : "Passphrase for recordings"}
        description={recovery ? "Begins with AGE-SECRET-KEY-1. It stays in this browser." : "The one your reviewers share. It stays in this browser."}
        autoComplete="off"
        required
        size="md"
        value={secret}
        onChange={(e) => onSecret(e.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show or hide it" }}
      />
      <button
        type="button"
        className={css.other}
        onClick={() => {
          onSecret("");
          onWay(recovery ? "passphrase" : "recovery");
        }}
      >
        {recovery ? "Use the passphrase instead" : "Use the recovery key instead"}
      </button>
    </div>
  );
}
