/**
 * Setting recording up: the key that opens recordings is made in this browser, wrapped
 * by a passphrase, and its recovery twin is shown once. The relay gets nothing before
 * the reviewer has shown that the recovery key was kept.
 */
import { Button } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { type NewReviewKey, createReviewKey } from "../../recording/reviewkey";
import { useRecordingIdentity, useRefresh } from "../api/queries";
import { Empty, Notice, Page, Skeletons, Trouble } from "../parts/parts";
import { useApi } from "../wiring";
import { PassphraseStep } from "./passphrase-step";
import { RecoveryStep } from "./recovery-step";
import css from "./set-up.module.css";

const STEPS = ["Passphrase", "Recovery key", "Done"] as const;

export function SetUp() {
  const identity = useRecordingIdentity();
  const [started, setStarted] = useState(false);
  const there = identity.data !== undefined && identity.data.recipient !== "" && !started;
  return (
    <Page title="Set up recording" lead="You make one key for your organisation. With it reviewers open recordings; without it nobody can, the relay included.">
      {identity.isPending && <Skeletons what="the state of recording" />}
      {identity.isError && <Trouble error={identity.error} retry={() => void identity.refetch()} />}
      {there && <AlreadyThere />}
      {identity.isSuccess && !there && <Steps onStart={() => setStarted(true)} />}
    </Page>
  );
}

function AlreadyThere() {
  return (
    <Empty
      icon={<IconShieldLock size={26} stroke={1.7} />}
      title="Recording is set up already"
      action={
        <Button component={Link} to="/recordings">
          Go to recordings
        </Button>
      }
    >
      There is one key for the organisation, and it cannot be made again: older recordings would be lost with it.
    </Empty>
  );
}

function Steps({ onStart }: { onStart: () => void }) {
  const api = useApi();
  const refresh = useRefresh();
  const [fresh, setFresh] = useState<NewReviewKey | null>(null);
  const make = useMutation({ mutationFn: (passphrase: string) => createReviewKey(passphrase), onSuccess: setFresh });
  const store = useMutation({
    mutationFn: ({ recipient, wrappedIdentity, recoveryRecipient }: NewReviewKey) => api.organisation.setRecordingIdentity({ recipient, wrappedIdentity, recoveryRecipient }),
    onMutate: onStart,
    onSuccess: () => refresh("identity", "me", "organisation"),
  });
  const step = store.isSuccess ? 2 : fresh === null ? 0 : 1;
  return (
    <>
      <ol className={css.steps}>
        {STEPS.map((name, index) => (
          <li key={name} data-state={index < step || store.isSuccess ? "done" : index === step ? "now" : "later"} aria-current={index === step ? "step" : undefined}>
            {index + 1}. {name}
          </li>
        ))}
      </ol>
      {make.isError && <Notice tone="danger" title="The key could not be made in this browser"><p>Use a current browser and try again. Nothing was stored.</p></Notice>}
      {store.isError && <Trouble error={store.error} />}
      {step === 0 && <PassphraseStep busy={make.isPending} onChosen={(passphrase) => make.mutate(passphrase)} />}
      {step === 1 && fresh !== null && <RecoveryStep recovery={fresh.recoveryIdentity} busy={store.isPending} onKept={() => store.mutate(fresh)} />}
      {step === 2 && <Done />}
    </>
  );
}

function Done() {
  return (
    <div className={css.body}>
      <Notice tone="good" title="Recording is ready">
        <p>From now on technicians can ask users whether a session may be recorded. Each user decides for themselves.</p>
      </Notice>
      <div className={css.tools}>
        <Button component={Link} to="/recordings">
          Go to recordings
        </Button>
      </div>
    </div>
  );
}
