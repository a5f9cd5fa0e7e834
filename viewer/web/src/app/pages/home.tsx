/** Where a technician begins: the code, the reason, the ticket; the last sessions below. */
import { Button, TextInput, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Navigate, useNavigate } from "react-router";
import { UserRole } from "../../gen/beside/v1/api_pb";
import { parseCode } from "../../session/code";
import { MAX_REASON, MAX_TICKET } from "../../session/limits";
import { hasRole, useMe } from "../api/queries";
import { useHolder } from "../live/holder";
import { takeLeft } from "../live/left";
import { Notice, Title } from "../parts/parts";
import parts from "../parts/parts.module.css";
import { QuestionPreview } from "../parts/question-preview";
import { PLACES } from "../shell/shell";
import { useWiring } from "../wiring";
import { CodeField } from "./code-field";
import css from "./home.module.css";
import { RecentSessions } from "./recent-sessions";

/** The first page: a technician's own, or the first that the person's roles open. */
export function Home() {
  const me = useMe();
  if (!hasRole(me, UserRole.TECHNICIAN)) {
    const place = PLACES.find(({ roles }) => roles.some((role) => hasRole(me, role)));
    return place === undefined ? <NoRole /> : <Navigate to={place.to} replace />;
  }
  return (
    <div className={parts.page}>
      <StartSession />
      <section className={css.recent} aria-labelledby="recent">
        <h2 id="recent">Recent sessions</h2>
        <RecentSessions />
      </section>
    </div>
  );
}

function NoRole() {
  return (
    <div className={parts.page}>
      <Title>Nothing to do yet</Title>
      <Notice tone="info" title="You have no role in this organisation.">
        <p>Ask an admin to give you one, then load this page again.</p>
      </Notice>
    </div>
  );
}

function StartSession() {
  const me = useMe();
  const { hasWebRTC } = useWiring();
  const holder = useHolder();
  const navigate = useNavigate();
  const [left] = useState(() => takeLeft(window.sessionStorage));
  const [code, setCode] = useState("");
  const [reason, setReason] = useState(holder.words.reason);
  const [ticket, setTicket] = useState(holder.words.ticket);
  const parsed = parseCode(code);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (parsed.ok && reason.trim() !== "") {
      holder.begin(parsed.code, { reason: reason.trim(), ticket: ticket.trim() });
      void navigate("/session");
    }
  };
  return (
    <div className={css.top}>
      <header>
        <Title focus={false}>Who are you helping?</Title>
        <p className={css.lead}>Ask them to start Beside and read you the number. They decide what you see.</p>
      </header>
      <div>
        <form className={css.form} onSubmit={submit}>
          {left && holder.session === null && (
            <Notice tone="warn" title="Your session ended when its page was left or loaded again">
              <p>The other side was told. Nothing can be seen or controlled any more; to go on, ask them for a new number.</p>
            </Notice>
          )}
          {!hasWebRTC && <NoWebRTC />}
          <CodeField value={code} disabled={!hasWebRTC} onChange={setCode} />
          <div className={css.row}>
            <Textarea
              id="reason"
              label="Why you want to see their screen"
              description={`They read this word for word. ${MAX_REASON - reason.length} characters left.`}
              required
              autosize
              minRows={1}
              maxRows={4}
              size="md"
              maxLength={MAX_REASON}
              disabled={!hasWebRTC}
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
            <TextInput id="ticket" label="Ticket" description="If there is one." size="md" maxLength={MAX_TICKET} disabled={!hasWebRTC} value={ticket} onChange={(e) => setTicket(e.currentTarget.value)} />
          </div>
          <div className={css.submit}>
            <Button type="submit" size="md" disabled={!parsed.ok || reason.trim() === "" || !hasWebRTC}>
              Ask to see their screen
            </Button>
          </div>
        </form>
      </div>
      <aside className={css.preview} aria-label="Preview">
        <p className={css.caption}>What they will see</p>
        <QuestionPreview technician={me.user?.name ?? ""} organisation={me.organisation?.name ?? ""} verified={me.organisation?.verified ?? false} reason={reason} ticket={ticket} />
      </aside>
    </div>
  );
}

function NoWebRTC() {
  return (
    <Notice tone="danger" title="This browser cannot hold a session">
      <p>It has no WebRTC, or WebRTC was switched off. Use a current Chrome, Edge, Firefox or Safari, or ask whoever manages this machine to allow it. Everything else here works.</p>
    </Notice>
  );
}
