/** First step of the set-up: a passphrase, its strength, and the same once more. */
import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import css from "./set-up.module.css";
import { strengthOf } from "./strength";

export function PassphraseStep({ busy, onChosen }: { busy: boolean; onChosen: (passphrase: string) => void }) {
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const strength = strengthOf(passphrase);
  const same = passphrase === again;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (strength.level >= 2 && same) {
      onChosen(passphrase);
    }
  };
  return (
    <form className={css.body} onSubmit={submit}>
      <p>Every reviewer of your organisation will need this passphrase to open a recording. It never reaches the relay. Five or six unrelated words are easy to keep and hard to guess.</p>
      <div>
        <PasswordInput
          id="passphrase"
          label="Passphrase"
          autoComplete="new-password"
          size="md"
          autoFocus
          value={passphrase}
          onChange={(e) => setPassphrase(e.currentTarget.value)}
          aria-describedby="strength"
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the passphrase" }}
        />
        <div className={css.strength} data-level={strength.level} aria-hidden="true">
          <span />
          <span />
          <span />
        </div>
        <p id="strength" className={css.strengthText} aria-live="polite">
          {strength.text}
        </p>
      </div>
      <PasswordInput
        id="passphrase-again"
        label="The same once more"
        autoComplete="new-password"
        size="md"
        value={again}
        error={again !== "" && !same && !passphrase.startsWith(again) ? "The two are not the same." : undefined}
        onChange={(e) => setAgain(e.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show or hide the passphrase" }}
      />
      <div className={css.tools}>
        <Button type="submit" size="md" loading={busy} disabled={strength.level < 2 || !same}>
          Make the key
        </Button>
      </div>
    </form>
  );
}
