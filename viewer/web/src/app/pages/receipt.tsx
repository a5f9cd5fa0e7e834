/** Checks a receipt that somebody drops here, in the page: nothing of it is sent. */
import { Button, Stack } from "@mantine/core";
import { IconFileCertificate } from "@tabler/icons-react";
import { type DragEvent, useRef, useState } from "react";
import { MAX_RECEIPT, ReceiptError, type VerifiedReceipt, verifyReceipt } from "../../recording/receipt";
import { shown } from "../parts/names";
import { Notice } from "../parts/parts";
import { Threshold } from "../shell/threshold";
import css from "./lists.module.css";

type Outcome = { kind: "none" } | { kind: "whole"; receipt: VerifiedReceipt } | { kind: "changed"; what: string };

export function ReceiptPage() {
  const input = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  const check = async (file: File | undefined) => {
    if (file !== undefined) {
      setOutcome(await verified(file));
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void check(event.dataTransfer.files[0]);
  };
  return (
    <div onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Threshold title="Check a receipt" lead="Choose the .json file of a receipt, or drop it here. It is checked on this computer; nothing of it is sent.">
        <input ref={input} type="file" accept=".json,application/json" hidden aria-label="A receipt's file" onChange={(event) => void check(event.currentTarget.files?.[0])} />
        <Button leftSection={<IconFileCertificate size={18} stroke={1.8} aria-hidden="true" />} onClick={() => input.current?.click()}>
          Choose a receipt
        </Button>
        <Stack gap="md" mt="md">
          {outcome.kind === "changed" && (
            <Notice tone="danger" title="This is not a receipt as it was written">
              <p>Do not trust it. It does not hold together at {outcome.what}.</p>
            </Notice>
          )}
          {outcome.kind === "whole" && <Whole receipt={outcome.receipt} />}
        </Stack>
      </Threshold>
    </div>
  );
}

async function verified(file: File): Promise<Outcome> {
  if (file.size > MAX_RECEIPT) {
    return { kind: "changed", what: "its size" };
  }
  try {
    return { kind: "whole", receipt: verifyReceipt(await file.text()) };
  } catch (error) {
    return { kind: "changed", what: error instanceof ReceiptError ? error.what : "its form" };
  }
}

function Whole({ receipt }: { receipt: VerifiedReceipt }) {
  return (
    <>
      <Notice tone="good" title="This receipt is as it was written">
        <p>Whoever holds the session's key wrote all of it, in this order. Nothing was changed, taken out or added since.</p>
      </Notice>
      <p>
        {shown(receipt.technician)}, {shown(receipt.controller)}
      </p>
      <ul className={css.rows}>
        {receipt.events.map((event, index) => (
          <li key={index} className={css.row}>
            <div className={css.grow}>
              <div className={css.name}>
                {event.type} {event.scope}
              </div>
              <div className={css.dim}>
                {event.time.toLocaleString()}, by {event.actor}
                {event.reason !== "" && `: “${shown(event.reason)}”`}
              </div>
            </div>
          </li>
        ))}
        {receipt.files.map((file, index) => (
          <li key={`file ${index}`} className={css.row}>
            <div className={css.grow}>
              <div className={css.name}>{shown(file.name)}</div>
              <div className={css.dim}>
                {file.size} bytes, {file.fromUser ? "from the user" : "to the user"}
                {file.complete ? "" : ", not completed"}
              </div>
            </div>
          </li>
        ))}
      </ul>
      {receipt.rating > 0 && <p>The user's rating: {receipt.rating} of 5</p>}
      {receipt.comment !== "" && <p>“{shown(receipt.comment)}”</p>}
      {receipt.reported && <p>The user reported this session as suspicious.</p>}
    </>
  );
}
