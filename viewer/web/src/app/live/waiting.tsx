/** Between the code and the yes: what happens now, what the user sees, how long it can take. */
import { Button } from "@mantine/core";
import { IconCircleCheckFilled } from "@tabler/icons-react";
import { useState } from "react";
import type { Snapshot } from "../../session/session";
import { useMe } from "../api/queries";
import { Mark, Title, useNow } from "../parts/parts";
import { QuestionPreview } from "../parts/question-preview";
import { left as timeLeft } from "../parts/time";
import { useHolder } from "./holder";
import css from "./waiting.module.css";

const STEPS = ["Finding the other side", "Proving the number to one another", "They read your question", "Your first picture"] as const;

function stepOf({ phase }: Snapshot): number {
  switch (phase.kind) {
    case "handshaking":
    case "waiting":
      return 1;
    case "asking":
      return 2;
    default:
      return 0;
  }
}

export function Waiting({ snapshot }: { snapshot: Snapshot }) {
  const { words, leave } = useHolder();
  const me = useMe();
  const step = stepOf(snapshot);
  const asking = snapshot.phase.kind === "asking";
  const left = useSecondsLeft(snapshot);
  return (
    <main className={css.page} data-phase={snapshot.phase.kind}>
      <div className={css.panel}>
        <div className={css.text}>
          <Mark size={40} />
          <Title>{asking ? "They are reading your question" : "Connecting"}</Title>
          <p>{asking ? "Only they can answer. Until they say yes you see nothing, and silence counts as no." : "The number is checked on both sides. Nothing of their screen is sent yet."}</p>
          <ol className={css.steps}>
            {STEPS.map((text, index) => (
              <Step key={text} text={text} state={index < step ? "done" : index === step ? "now" : "later"} />
            ))}
          </ol>
          <Button variant="default" onClick={leave}>
            Take the question back
          </Button>
        </div>
        {asking ? (
          <section aria-label="What they see now">
            <p className={css.caption}>
              What they see now.{" "}
              {left !== null && (
                <span className={css.left} role="timer">
                  {left.seconds > 0 ? timeLeft(left.seconds) : "The time is up."}
                </span>
              )}
            </p>
            <QuestionPreview technician={snapshot.technician?.name ?? me.user?.name ?? ""} organisation={snapshot.organisation?.name ?? me.organisation?.name ?? ""} verified={snapshot.organisation?.verified ?? me.organisation?.verified ?? false} reason={words.reason} ticket={words.ticket} {...(left === null ? {} : { left: left.part })} />
          </section>
        ) : (
          <p className={css.away}>
            <strong>They see their number</strong>
            The question has not appeared on their screen yet.
          </p>
        )}
      </div>
    </main>
  );
}

function Step({ text, state }: { text: string; state: "done" | "now" | "later" }) {
  return (
    <li data-state={state} aria-current={state === "now" ? "step" : undefined}>
      {state === "done" ? <IconCircleCheckFilled size={22} aria-label="Done" /> : <span className={css.dot} />}
      {text}
    </li>
  );
}

/** Seconds left of the question, and their part of the whole as first seen. */
function useSecondsLeft({ phase, question }: Snapshot): { seconds: number; part: number } | null {
  const now = useNow(500);
  const [whole, setWhole] = useState(0);
  if (phase.kind !== "asking") {
    return null;
  }
  const seconds = Math.max(0, Math.ceil(question === null ? phase.secondsLeft : (question.until - now) / 1000));
  if (seconds > whole) {
    setWhole(seconds);
  }
  return { seconds, part: whole === 0 ? 1 : seconds / whole };
}
