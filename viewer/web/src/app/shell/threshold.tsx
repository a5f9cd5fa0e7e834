/** The pages before one is signed in: one card in the middle. */
import type { ReactNode } from "react";
import { Mark, Title } from "../parts/parts";
import css from "./threshold.module.css";

export function Threshold({ title, lead, focus = false, children }: { title: string; lead?: ReactNode; focus?: boolean; children?: ReactNode }) {
  return (
    <main className={css.threshold}>
      <div className={css.card}>
        <Mark size={44} />
        <Title focus={focus}>{title}</Title>
        {lead !== undefined && <p className={css.lead}>{lead}</p>}
        {children}
      </div>
      <p className={css.foot}>Beside. Help that asks first.</p>
    </main>
  );
}
