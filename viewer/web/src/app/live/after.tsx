/** After a session: how it ended and what happened in it, or why it did not come about. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { UserRole } from "../../gen/beside/v1/api_pb";
import type { EndedBy, Problem, RecordingState, SessionEvent, Snapshot } from "../../session/session";
import { cleanLine } from "../../session/text";
import { hasRole, keys, useMe } from "../api/queries";
import parts from "../parts/parts.module.css";
import { Title } from "../parts/parts";
import { exact, lasting } from "../parts/time";
import css from "./after.module.css";
import { useHolder } from "./holder";
import { endingOf, problemWords, scopeVerb } from "./words";

export function Over({ by, seconds, snapshot }: { by: EndedBy; seconds: number; snapshot: Snapshot }) {
  const began = snapshot.startedAt !== null;
  const ending = endingOf(by, began);
  const calm = by === "user" || by === "technician";
  return (
    <Card title={ending.title} tone={calm ? "good" : "warn"} lead={ending.text}>
      {ending.helps.length > 0 && <Helps lines={ending.helps} />}
      {began && <Summary seconds={seconds} snapshot={snapshot} />}
    </Card>
  );
}

function Helps({ lines }: { lines: readonly string[] }) {
  return (
    <section className={css.helps} aria-labelledby="helps">
      <h2 id="helps">What it can have been</h2>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

function Summary({ seconds, snapshot }: { seconds: number; snapshot: Snapshot }) {
  const { words } = useHolder();
  const [ended] = useState(() => Date.now());
  const started = snapshot.startedAt ?? ended;
  return (
    <dl className={css.table}>
      <Line name="Started">{exact(new Date(started))}</Line>
      <Line name="Lasted">{lasting(seconds)}</Line>
      <Line name="Your reason">“{cleanLine(words.reason)}”</Line>
      {words.ticket !== "" && <Line name="Ticket">{cleanLine(words.ticket)}</Line>}
      <Line name="You could">{<Allowed events={snapshot.events} />}</Line>
      <Line name="Recording">
        <RecordingLine recording={snapshot.recording} />
      </Line>
    </dl>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Allowed({ events }: { events: readonly SessionEvent[] }) {
  const granted = new Set(events.flatMap((event) => (event.kind === "granted" ? [event.scope] : [])));
  return (
    <ul>
      {[...granted].map((scope) => (
        <li key={scope}>{scopeVerb(scope)}</li>
      ))}
    </ul>
  );
}

function RecordingLine({ recording }: { recording: RecordingState }) {
  const reviewer = hasRole(useMe(), UserRole.REVIEWER);
  if (recording.kind === "off") {
    return "Not recorded";
  }
  const text = recording.kind === "failed" ? "Recorded until it could not be written" : "Recorded, sealed for your reviewers";
  return reviewer ? <Link to={`/recordings/${encodeURIComponent(recording.id)}`}>{text}</Link> : text;
}

export function Failed({ problem }: { problem: Problem }) {
  const words = problemWords(problem);
  const client = useQueryClient();
  const signedOut = problem.kind === "signed-out";
  // The door stands wherever nobody is signed in.
  const signIn = () => client.setQueryData(keys.me, null);
  return (
    <Card title={words.title} tone="warn" lead={words.next} {...(signedOut ? { again: "Sign in", onAgain: signIn } : { again: "Type a number" })}>
      {words.detail !== "" && (
        <details className={parts.details}>
          <summary>Details for support</summary>
          <code>{words.detail}</code>
        </details>
      )}
    </Card>
  );
}

function Card({ title, tone, lead, again = "Start another session", onAgain, children }: { title: string; tone: "good" | "warn"; lead: string; again?: string; onAgain?: () => void; children?: ReactNode }) {
  const { leave } = useHolder();
  const Icon = tone === "good" ? IconCircleCheck : IconAlertTriangle;
  return (
    <main className={css.page} data-phase="after">
      <div className={css.card}>
        <div className={css.mark} data-tone={tone} aria-hidden="true">
          <Icon size={30} stroke={1.8} />
        </div>
        <Title>{title}</Title>
        <p className={css.lead}>{lead}</p>
        {children}
        <div className={css.buttons}>
          <Button size="md" onClick={onAgain ?? leave} autoFocus>
            {again}
          </Button>
        </div>
      </div>
    </main>
  );
}
