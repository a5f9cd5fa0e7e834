/**
 * Checks a receipt that somebody drops here, in the page: nothing of it is sent. It is the
 * user's page, so it speaks the language of their receipt, before one that of their
 * browser, and any other that they choose. PROMISE A15.
 */
import { Button, NativeSelect, Stack } from "@mantine/core";
import { IconFileCertificate } from "@tabler/icons-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { MAX_RECEIPT, ReceiptError, type ReceiptFile, type VerifiedReceipt, verifyReceipt } from "../../recording/receipt";
import { cleanLine } from "../../session/text";
import css from "../parts/lists.module.css";
import { Notice } from "../parts/parts";
import { LANGUAGES, type Tag, type Words, describe, fill, match, moment, place, size, witnessed } from "../receipt-words/words";
import { Threshold } from "../shell/threshold";

type Outcome = { kind: "none" } | { kind: "whole"; receipt: VerifiedReceipt } | { kind: "changed"; what: string };

export function ReceiptPage() {
  const input = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  const [chosen, setChosen] = useState<Tag | null>(null);
  const tag = chosen ?? match(outcome.kind === "whole" ? [languageOf(outcome.receipt), ...navigator.languages] : navigator.languages);
  useLanguage(tag);
  const words = LANGUAGES[tag];
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
    <div lang={tag} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Threshold title={words.page.title} lead={words.page.lead} foot={words.page.foot}>
        <NativeSelect
          label={words.page.language}
          mb="md"
          value={tag}
          data={Object.entries(LANGUAGES).map(([value, { page }]) => ({ value, label: page.name }))}
          onChange={(event) => setChosen(match([event.currentTarget.value]))}
        />
        <input ref={input} type="file" accept=".json,application/json" hidden aria-label={words.page.file} onChange={(event) => void check(event.currentTarget.files?.[0])} />
        <Button leftSection={<IconFileCertificate size={18} stroke={1.8} aria-hidden="true" />} onClick={() => input.current?.click()}>
          {words.page.choose}
        </Button>
        <Stack gap="md" mt="md">
          {outcome.kind === "changed" && (
            <Notice tone="danger" title={words.page.changed}>
              <p>
                {words.page.changedText} {place(outcome.what, words)}
              </p>
            </Notice>
          )}
          {outcome.kind === "whole" && <Whole receipt={outcome.receipt} tag={tag} />}
        </Stack>
      </Threshold>
    </div>
  );
}

/** The language in which the user read the questions. */
function languageOf(receipt: VerifiedReceipt): string {
  return receipt.events.find((event) => event.language !== "")?.language ?? "";
}

/** Says which language the page is in, to those who have it read aloud. */
function useLanguage(tag: Tag) {
  useEffect(() => {
    const root = document.documentElement;
    const before = root.lang;
    root.lang = tag;
    return () => {
      root.lang = before;
    };
  }, [tag]);
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

function Whole({ receipt, tag }: { receipt: VerifiedReceipt; tag: Tag }) {
  const words = LANGUAGES[tag];
  return (
    <>
      <Notice tone="good" title={words.page.whole}>
        <p>{words.page.wholeText}</p>
      </Notice>
      <p>
        {cleanLine(receipt.technician)}, {cleanLine(receipt.controller)}
      </p>
      <ul className={css.rows}>
        {receipt.events.map((event, index) => (
          <li key={index} className={css.row}>
            <div className={css.grow}>
              <div className={css.name}>{describe(event, words)}</div>
              <div className={css.dim}>
                {moment(event.time, tag)}
                {event.reason !== "" && ` ${fill(words.reason, { reason: cleanLine(event.reason) })}`}
              </div>
            </div>
          </li>
        ))}
        {receipt.erased !== undefined && (
          <li className={css.row}>
            <div className={css.grow}>
              <div className={css.name}>{fill(words.receipt.erased, { what: words.scopes.record })}</div>
              <div className={css.dim}>{moment(receipt.erased, tag)}</div>
            </div>
          </li>
        )}
      </ul>
      {receipt.files.length > 0 && (
        <>
          <h2>{words.receipt.files}</h2>
          <ul className={css.rows}>
            {receipt.files.map((file, index) => (
              <li key={index} className={css.row}>
                <div className={css.grow}>
                  <div className={css.name}>{sent(file, tag)}</div>
                  {!file.complete && <div className={css.dim}>{words.receipt.fileBroken}</div>}
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      {receipt.testimony !== undefined && (
        <>
          <h2>{words.receipt.witness}</h2>
          <p>{witnessed(receipt.testimony, words)}</p>
        </>
      )}
      {receipt.chat.length > 0 && (
        <>
          <h2>{words.receipt.chat}</h2>
          <ul className={css.rows}>
            {receipt.chat.map((message, index) => (
              <li key={index} className={css.row}>
                <div className={css.grow}>
                  <div dir="auto" className={css.lines}>
                    {message.text.split("\n").map((line) => cleanLine(line)).join("\n")}
                  </div>
                  <div className={css.dim}>
                    {moment(message.time, tag)} · {message.fromUser ? words.page.you : cleanLine(receipt.technician)}
                  </div>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      <Said receipt={receipt} words={words.receipt} />
    </>
  );
}

/** What the user said afterwards, where they said something. */
function Said({ receipt: { rating, comment, reported }, words }: { receipt: VerifiedReceipt; words: Words["receipt"] }) {
  if (rating === 0 && comment === "" && !reported) {
    return null;
  }
  return (
    <>
      <h2>{words.saidTitle}</h2>
      {reported && <p>{words.reported}</p>}
      {rating > 0 && (
        <p>
          {words.rating}: {rating} / 5
        </p>
      )}
      {comment !== "" && (
        <p dir="auto">
          {words.comment}: {cleanLine(comment)}
        </p>
      )}
    </>
  );
}

function sent(file: ReceiptFile, tag: Tag): string {
  const { fileFrom, fileTo } = LANGUAGES[tag].receipt;
  return fill(file.fromUser ? fileFrom : fileTo, { name: cleanLine(file.name), size: size(file.size, tag) });
}
