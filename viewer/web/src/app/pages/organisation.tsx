/** The organisation: what users are told about who asks, and how long recordings stay. */
import { Button, NumberInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Organisation } from "../../gen/beside/v1/signal_pb";
import { cleanLine } from "../../session/text";
import { useMe, useOrganisation, useRefresh } from "../api/queries";
import form from "../parts/form.module.css";
import { Notice, Page, Skeletons, Tag, Trouble } from "../parts/parts";
import { QuestionPreview } from "../parts/question-preview";
import { useApi } from "../wiring";
import css from "./organisation.module.css";

/** Ten years: longer than any help desk needs, short enough to catch a slip of the key. */
const DAYS_MAX = 3650;

export function OrganisationPage() {
  const organisation = useOrganisation();
  return (
    <Page title="Organisation" lead="What people read before they let you in. Change it with care: they decide by it.">
      {organisation.isPending && <Skeletons what="your organisation" />}
      {organisation.isError && <Trouble error={organisation.error} retry={() => void organisation.refetch()} />}
      {organisation.data && <Details organisation={organisation.data} />}
    </Page>
  );
}

function Details({ organisation }: { organisation: Organisation }) {
  const api = useApi();
  const refresh = useRefresh();
  const me = useMe();
  const [name, setName] = useState(organisation.name);
  const [controller, setController] = useState(organisation.controller);
  const [privacyUrl, setPrivacyUrl] = useState(organisation.privacyUrl);
  const [recordingDays, setDays] = useState(organisation.recordingDays);
  const save = useMutation({
    mutationFn: () => api.organisation.updateOrganisation({ name: name.trim(), controller: controller.trim(), privacyUrl: privacyUrl.trim(), recordingDays }),
    onSuccess: () => refresh("organisation", "me"),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const changed = () => save.reset();
  const badAddress = privacyUrl.trim() !== "" && !/^https:\/\/\S+$/i.test(privacyUrl.trim());
  return (
    <div className={css.two}>
      <form className={form.form} onSubmit={submit} onChange={changed}>
        {save.isError && <Trouble error={save.error} />}
        {save.isSuccess && <Notice tone="good" title="Saved. Every session from now on shows it." />}
        <TextInput label="Name" description="Stands under the technician’s name in every question." required maxLength={80} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <TextInput label="Who answers for the data" description="The company and its address, in one line. It is named in the receipt." maxLength={200} value={controller} onChange={(e) => setController(e.currentTarget.value)} />
        <TextInput
          label="Privacy notice"
          description="A web address people can open before they answer. May stay empty."
          type="url"
          maxLength={300}
          value={privacyUrl}
          error={badAddress ? "Begin with https://" : undefined}
          onChange={(e) => setPrivacyUrl(e.currentTarget.value)}
        />
        <NumberInput
          label="Recordings are kept"
          description="People read the date before they agree. After it the key is destroyed and nothing can be played."
          suffix=" days"
          min={1}
          max={DAYS_MAX}
          clampBehavior="strict"
          allowDecimal={false}
          value={recordingDays}
          onChange={(value) => setDays(Number(value) || 1)}
        />
        <Given organisation={organisation} />
        {!organisation.verified && <p className={css.hint}>People read “Organisation not verified” in every question until whoever runs the relay has checked who you are.</p>}
        <div className={form.buttons}>
          <Button type="submit" loading={save.isPending} disabled={badAddress || name.trim() === ""}>
            Save changes
          </Button>
        </div>
      </form>
      <aside className={css.sticky} aria-label="Preview">
        <p className={css.caption}>What people see when you ask</p>
        <QuestionPreview technician={me.user?.name ?? ""} organisation={name} verified={organisation.verified} reason="The printer on the second floor does not print." />
        <p className={css.small}>
          {controller.trim() === "" ? "Nobody is named as answerable for the data yet." : `${cleanLine(controller)} answers for your data.`} {cleanLine(organisation.processor) !== "" && `${cleanLine(organisation.processor)} runs the relay.`} A recording would be kept {recordingDays} days
          {organisation.region === "" ? "." : ` in ${cleanLine(organisation.region)}.`}
        </p>
      </aside>
    </div>
  );
}

/** What the relay's operator has set, and this page cannot change. */
function Given({ organisation }: { organisation: Organisation }) {
  return (
    <dl className={css.given}>
      <div>
        <dt>Checked</dt>
        <dd>{organisation.verified ? <Tag tone="good">Verified</Tag> : <Tag tone="warn">Not verified</Tag>}</dd>
      </div>
      <div>
        <dt>Runs the relay</dt>
        <dd>{cleanLine(organisation.processor) || "Not said"}</dd>
      </div>
      <div>
        <dt>Recordings are stored in</dt>
        <dd>{cleanLine(organisation.region) || "Not said"}</dd>
      </div>
    </dl>
  );
}
