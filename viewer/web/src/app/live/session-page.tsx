/** The session from the typed code to its end: one address, a page for each phase. */
import { Button, Modal } from "@mantine/core";
import { useEffect, useSyncExternalStore } from "react";
import { Navigate, useBlocker } from "react-router";
import type { Phase, Session, Snapshot } from "../../session/session";
import form from "../parts/form.module.css";
import { Failed, Over } from "./after";
import { useHolder } from "./holder";
import { rememberLeft } from "./left";
import { Live } from "./live";
import { Waiting } from "./waiting";

export function SessionPage() {
  const { session } = useHolder();
  return session === null ? <Navigate to="/" replace /> : <Running session={session} />;
}

function Running({ session }: { session: Session }) {
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const final = snapshot.phase.kind === "over" || snapshot.phase.kind === "failed";
  useEndWithPage(session, !final, snapshot.startedAt !== null);
  return (
    <>
      <PhasePage session={session} snapshot={snapshot} phase={snapshot.phase} />
      {!final && <LeaveGuard />}
    </>
  );
}

function PhasePage({ session, snapshot, phase }: { session: Session; snapshot: Snapshot; phase: Phase }) {
  switch (phase.kind) {
    case "connecting":
    case "handshaking":
    case "asking":
      return <Waiting snapshot={snapshot} />;
    case "waiting":
      return phase.for === "question" ? <Waiting snapshot={snapshot} /> : <Live session={session} snapshot={snapshot} />;
    case "reconnecting":
      return snapshot.startedAt === null ? <Waiting snapshot={snapshot} /> : <Live session={session} snapshot={snapshot} />;
    case "live":
      return <Live session={session} snapshot={snapshot} />;
    case "over":
      return <Over by={phase.by} seconds={phase.seconds} snapshot={snapshot} />;
    case "failed":
      return <Failed problem={phase.problem} />;
  }
}

/** Going elsewhere ends the session, so it is asked first. */
function LeaveGuard() {
  const { leave } = useHolder();
  const blocker = useBlocker(({ currentLocation, nextLocation }) => currentLocation.pathname !== nextLocation.pathname);
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title="Leave and end the session?" size={440}>
      <div className={form.form}>
        <p>The other side is told that you left. To go on later you need a new number.</p>
        <div className={`${form.buttons} ${form.apart}`}>
          <Button variant="default" onClick={stay} data-autofocus>
            Stay
          </Button>
          <Button
            color="red"
            onClick={() => {
              blocker.proceed?.();
              leave();
            }}
          >
            End session
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** The browser asks before the page goes; when it goes, the other side is told at once. */
function useEndWithPage(session: Session, running: boolean, began: boolean) {
  useEffect(() => {
    if (!running) {
      return;
    }
    const stop = new AbortController();
    if (began) {
      window.addEventListener("beforeunload", (event) => event.preventDefault(), { signal: stop.signal });
    }
    window.addEventListener("pagehide", () => {
      session.end();
      if (began) {
        rememberLeft(window.sessionStorage);
      }
    }, { signal: stop.signal });
    return () => stop.abort();
  }, [session, running, began]);
}
