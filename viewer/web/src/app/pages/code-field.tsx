/** One large field for the code: grouped while it is typed, checked as soon as it is whole. */
import { IconAlertCircle, IconCircleCheck } from "@tabler/icons-react";
import { useLayoutEffect, useRef } from "react";
import { groupCodeWithCaret } from "../../session/code";
import css from "./code-field.module.css";
import { codeHint } from "./code-hint";

export function CodeField({ value, disabled, onChange }: { value: string; disabled: boolean; onChange: (value: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const caret = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (caret.current !== null) {
      input.current?.setSelectionRange(caret.current, caret.current);
      caret.current = null;
    }
  });
  const hint = codeHint(value);
  return (
    <div>
      <label className={css.label} htmlFor="code">
        The number they read to you
      </label>
      <div className={css.field}>
        <input
          ref={input}
          id="code"
          className={css.input}
          data-state={hint.state}
          inputMode="numeric"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          placeholder="000 000 000 000"
          aria-describedby="code-hint"
          aria-invalid={hint.state === "mistyped"}
          disabled={disabled}
          value={value}
          onChange={(event) => {
            const typed = groupCodeWithCaret(event.currentTarget.value, event.currentTarget.selectionStart ?? event.currentTarget.value.length);
            caret.current = typed.caret;
            onChange(typed.text);
          }}
        />
        {hint.state !== "open" && (
          <span className={css.state} data-state={hint.state} aria-hidden="true">
            {hint.state === "right" ? <IconCircleCheck size={28} stroke={1.8} /> : <IconAlertCircle size={28} stroke={1.8} />}
          </span>
        )}
      </div>
      <p id="code-hint" className={css.hint} data-state={hint.state} aria-live="polite">
        {hint.text}
      </p>
    </div>
  );
}
