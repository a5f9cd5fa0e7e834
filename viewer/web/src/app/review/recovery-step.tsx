/** Second step of the set-up: the recovery key, shown once; its end typed back proves it was kept. */
import { Button, CopyButton, TextInput } from "@mantine/core";
import { IconCopy, IconDownload, IconPrinter } from "@tabler/icons-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Notice } from "../parts/parts";
import { save } from "../parts/save";
import css from "./set-up.module.css";

/** So many characters of the key's end are typed back. */
const PROOF = 6;

const ICON = { size: 18, stroke: 1.8, "aria-hidden": true } as const;

export function RecoveryStep({ recovery, busy, onKept }: { recovery: string; busy: boolean; onKept: () => void }) {
  const [typed, setTyped] = useState("");
  const [saved, setSaved] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const end = recovery.slice(-PROOF);
  const right = typed.trim().toUpperCase() === end.toUpperCase();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (right) {
      onKept();
    }
  };
  return (
    <form className={css.body} onSubmit={submit}>
      <div className={css.noPrint}>
        <Notice tone="warn" title="This is shown once and kept nowhere">
          <p>If the passphrase is ever lost, only this key opens your recordings. Print it or save it on a stick, and put it where you keep other keys.</p>
        </Notice>
      </div>
      <section className={css.secret} aria-labelledby="recovery-title">
        <h2 id="recovery-title" ref={heading} tabIndex={-1}>
          Beside recovery key
        </h2>
        <p>Opens every recording of this organisation. Keep it offline.</p>
        <code data-recovery>{recovery}</code>
        <div className={`${css.tools} ${css.noPrint}`}>
          <Button variant="default" leftSection={<IconDownload {...ICON} />} onClick={() => (keep(recovery), setSaved(true))}>
            Save as a file
          </Button>
          <Button variant="default" leftSection={<IconPrinter {...ICON} />} onClick={() => (window.print(), setSaved(true))}>
            Print
          </Button>
          <CopyButton value={recovery}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<IconCopy {...ICON} />} onClick={() => (copy(), setSaved(true))}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </div>
      </section>
      <div className={css.noPrint}>
        <TextInput
          id="recovery-proof"
          label={`Type the last ${PROOF} characters from your copy`}
          description={saved ? "So you know that it can be read." : "Save, print or copy it first."}
          autoComplete="off"
          spellCheck={false}
          size="md"
          maxLength={PROOF}
          value={typed}
          error={typed.length === PROOF && !right ? "These are not the last six. Look at your copy again." : undefined}
          onChange={(e) => setTyped(e.currentTarget.value)}
        />
      </div>
      <div className={`${css.tools} ${css.noPrint}`}>
        <Button type="submit" size="md" disabled={!right} loading={busy}>
          I kept it. Turn recording on
        </Button>
      </div>
    </form>
  );
}

function keep(recovery: string) {
  const text = `Beside recovery key\nMade ${new Date().toISOString()} for ${window.location.host}\n\nOpens every recording of this organisation. Keep it offline.\n\n${recovery}\n`;
  save(new Blob([text], { type: "text/plain" }), "beside-recovery-key.txt");
}
