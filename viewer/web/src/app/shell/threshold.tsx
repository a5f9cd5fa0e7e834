/** The pages before one is signed in: one card in the middle. */
import type { ReactNode } from "react";
import { Mark, Title } from "../parts/parts";
import css from "./threshold.module.css";

interface ThresholdProps {
  title: string;
  lead?: ReactNode;
  focus?: boolean;
  /** What stands below, where the page speaks another language. */
  foot?: string;
  children?: ReactNode;
}

export function Threshold({ title, lead, focus = false, foot = "Beside. Help that asks first.", children }: ThresholdProps) {
  return (
    <main className={css.threshold}>
      <div className={css.card}>
        <Mark size={44} />
        <Title focus={focus}>{title}</Title>
        {lead !== undefined && <p className={css.lead}>{lead}</p>}
        {children}
      </div>
      <p className={css.foot}>{foot}</p>
    </main>
  );
}
