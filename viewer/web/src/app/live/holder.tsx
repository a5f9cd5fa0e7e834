/**
 * Keeps the one session of this page while the technician goes from the code to the
 * picture. Its code and its secret live in here and never in an address.
 */
import { type ReactNode, createContext, useCallback, useContext, useMemo, useState } from "react";
import type { SessionCode } from "../../session/code";
import type { Session } from "../../session/session";
import { useWiring } from "../wiring";

/** What was typed beside the code; given back to the form when a session did not come about. */
export interface Words {
  readonly reason: string;
  readonly ticket: string;
}

interface Holder {
  readonly session: Session | null;
  readonly words: Words;
  begin(code: SessionCode, words: Words): void;
  /** Ends the session, if one runs, and forgets it. */
  leave(): void;
}

const HolderContext = createContext<Holder | null>(null);

/** The relay's WebSocket for sessions, beside the page that asks. */
function sessionAddress(page: string): string {
  const url = new URL("/api/v1/session", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

export function SessionHolder({ children }: { children: ReactNode }) {
  const { startSession } = useWiring();
  const [session, setSession] = useState<Session | null>(null);
  const [words, setWords] = useState<Words>({ reason: "", ticket: "" });
  const begin = useCallback(
    (code: SessionCode, given: Words) => {
      setWords(given);
      setSession(startSession({ code, ...given, webSocketUrl: sessionAddress(window.location.href) }));
    },
    [startSession],
  );
  const leave = useCallback(() => {
    session?.end();
    setSession(null);
  }, [session]);
  const holder = useMemo(() => ({ session, words, begin, leave }), [session, words, begin, leave]);
  return <HolderContext.Provider value={holder}>{children}</HolderContext.Provider>;
}

export function useHolder(): Holder {
  const holder = useContext(HolderContext);
  if (holder === null) {
    throw new Error("no session holder");
  }
  return holder;
}
