/**
 * The organisation's identity, once a reviewer has opened it: in memory, for as long as
 * they are signed in and the page stays open. It is never written down.
 */
import { type ReactNode, createContext, useContext, useMemo, useState } from "react";
import type { ReviewKey } from "../../recording/reviewkey";

interface Holder {
  readonly key: ReviewKey | null;
  hold(key: ReviewKey): void;
  forget(): void;
}

const KeyContext = createContext<Holder | null>(null);

export function KeyHolder({ children }: { children: ReactNode }) {
  const [key, setKey] = useState<ReviewKey | null>(null);
  const holder = useMemo(() => ({ key, hold: setKey, forget: () => setKey(null) }), [key]);
  return <KeyContext.Provider value={holder}>{children}</KeyContext.Provider>;
}

export function useReviewKey(): Holder {
  const holder = useContext(KeyContext);
  if (holder === null) {
    throw new Error("no key holder");
  }
  return holder;
}
