/**
 * A one-time link: /link#TOKEN. The token stands behind the number sign, so it never
 * reaches a log; the page takes it from the address at once, so that it does not stay
 * in the history either. Looking at a link does not use it up; the button does.
 */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { Code, ConnectError } from "@connectrpc/connect";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import type { InspectLinkResponse } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";
import { keys } from "../api/queries";
import { type Words, wordsFor } from "../api/words";
import { roleNames } from "../parts/names";
import { Skeletons, Trouble } from "../parts/parts";
import { Threshold } from "../shell/threshold";
import css from "../shell/threshold.module.css";
import { useApi } from "../wiring";

/** As the relay asks; said before anything is typed. */
const PASSWORD_MIN = 12;

export function LinkPage() {
  const api = useApi();
  const location = useLocation();
  const navigate = useNavigate();
  const [token] = useState(() => tokenIn(location.hash));
  useEffect(() => {
    if (location.hash !== "") {
      void navigate("/link", { replace: true });
    }
  }, [location.hash, navigate]);
  const link = useQuery({
    queryKey: ["link", token],
    queryFn: ({ signal }) => api.account.inspectLink({ token }, { signal }),
    enabled: token !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (token === "" || (link.isError && isSpent(link.error))) {
    return <SpentLink />;
  }
  if (link.isError) {
    return (
      <Threshold title="This link could not be read">
        <Trouble error={link.error} retry={() => void link.refetch()} />
      </Threshold>
    );
  }
  if (link.data === undefined) {
    return (
      <Threshold title="One moment">
        <Skeletons rows={3} what="your link" />
      </Threshold>
    );
  }
  return link.data.signsInDirectly ? <DirectLink token={token} link={link.data} /> : <NewAccount token={token} link={link.data} />;
}

/** Empty where the address has none, or was cut in the middle of a character. */
function tokenIn(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return "";
  }
}

/** The relay does not tell a used link from an expired or a wrong one. */
function isSpent(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return code === Code.NotFound || code === Code.Unauthenticated || code === Code.FailedPrecondition || code === Code.InvalidArgument || code === Code.PermissionDenied;
}

function SpentLink() {
  return (
    <Threshold title="This link does not work any more" lead="Each link works once, and only for a while. Yours was used, or it ran out, or part of it is missing." focus>
      <div className={css.form}>
        <p>Ask whoever sent it for a new one. The very first link is printed by the relay when it starts.</p>
        <Button component={Link} to="/" variant="default" size="md">
          Go to sign-in
        </Button>
      </div>
    </Threshold>
  );
}

function useRedeem() {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (request: { token: string; name: string; email: string; password: string }) => api.account.redeemLink(request),
    onSuccess: async () => {
      await client.resetQueries({ queryKey: keys.me });
      await navigate("/", { replace: true });
    },
  });
}

function Facts({ link }: { link: InspectLinkResponse }) {
  return (
    <dl className={css.facts}>
      <dt>Organisation</dt>
      <dd>{cleanLine(link.organisationName)}</dd>
      <dt>You will be</dt>
      <dd>{roleNames(link.roles)}</dd>
    </dl>
  );
}

function redeemTrouble(error: unknown): Words {
  return isSpent(error) && ConnectError.from(error).code !== Code.InvalidArgument
    ? { title: "This link was used or ran out meanwhile", next: "Ask for a new one. No account was made.", detail: "" }
    : wordsFor(error);
}

function DirectLink({ token, link }: { token: string; link: InspectLinkResponse }) {
  const redeem = useRedeem();
  return (
    <Threshold title={link.name === "" ? "Welcome" : `Welcome, ${cleanLine(link.name)}`} lead="This link signs you in once, on this machine. No password is needed.">
      <Facts link={link} />
      <div className={css.form}>
        {redeem.isError && <Trouble words={redeemTrouble(redeem.error)} />}
        <Button size="md" autoFocus loading={redeem.isPending} onClick={() => redeem.mutate({ token, name: "", email: "", password: "" })}>
          Sign in
        </Button>
      </div>
    </Threshold>
  );
}

function NewAccount({ token, link }: { token: string; link: InspectLinkResponse }) {
  const redeem = useRedeem();
  const [name, setName] = useState(link.name);
  const [email, setEmail] = useState(link.email);
  const [password, setPassword] = useState("");
  const short = password !== "" && password.length < PASSWORD_MIN;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    redeem.mutate({ token, name: name.trim(), email: email.trim(), password });
  };
  return (
    <Threshold title="Make your account" lead="The people you help will see your name before they say yes or no.">
      <Facts link={link} />
      <form className={css.form} onSubmit={submit}>
        {redeem.isError && <Trouble words={redeemTrouble(redeem.error)} />}
        <TextInput label="Your name" description="As you would introduce yourself." autoComplete="name" required maxLength={80} size="md" autoFocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <TextInput label="Email" type="email" autoComplete="username" required size="md" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput
          label="Password"
          description={`At least ${PASSWORD_MIN} characters. A few words in a row are good.`}
          autoComplete="new-password"
          required
          minLength={PASSWORD_MIN}
          size="md"
          value={password}
          error={short ? `${PASSWORD_MIN - password.length} more to go` : undefined}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
        />
        <Button type="submit" size="md" loading={redeem.isPending}>
          Make account
        </Button>
      </form>
    </Threshold>
  );
}
