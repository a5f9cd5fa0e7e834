/** Signing in, shown in the place of whichever page was asked for. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { Code, ConnectError } from "@connectrpc/connect";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { keys } from "../api/queries";
import { type Words, wordsFor } from "../api/words";
import { Trouble } from "../parts/parts";
import { Threshold } from "../shell/threshold";
import css from "../shell/threshold.module.css";
import { useApi } from "../wiring";

export function SignIn() {
  const api = useApi();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => api.account.signIn({ email: email.trim(), password }),
    onSuccess: () => client.resetQueries({ queryKey: keys.me }),
    onError: () => setPassword(""),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Threshold title="Welcome back" lead="Sign in to help someone, or to review.">
      <form className={css.form} onSubmit={submit}>
        {signIn.isError && <Trouble words={signInWords(signIn.error)} />}
        <TextInput label="Email" type="email" autoComplete="username" required size="md" autoFocus value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          size="md"
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
        />
        <Button type="submit" size="md" loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </Threshold>
  );
}

/** One sentence for a wrong email and a wrong password: which of the two is not told. */
function signInWords(error: unknown): Words {
  if (ConnectError.from(error).code === Code.Unauthenticated) {
    return { title: "Email or password is wrong", next: "Try again, or ask an admin for a new sign-in link.", detail: "" };
  }
  return wordsFor(error);
}
