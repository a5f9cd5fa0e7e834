/** The dialogs of the people page: invite, change roles, remove. */
import { Button, Checkbox, CopyButton, Modal, TextInput } from "@mantine/core";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type InvitePersonResponse, type User, UserRole } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";
import { useRefresh } from "../api/queries";
import form from "../parts/form.module.css";
import lists from "../parts/lists.module.css";
import { ROLES } from "../parts/names";
import { Notice, Trouble } from "../parts/parts";
import { exact } from "../parts/time";
import { useApi } from "../wiring";
import css from "./people.module.css";

function RoleBoxes({ roles, onChange }: { roles: readonly UserRole[]; onChange: (roles: UserRole[]) => void }) {
  return (
    <Checkbox.Group label="Roles" value={roles.map(String)} onChange={(chosen) => onChange(chosen.map(Number))}>
      <div className={css.roles}>
        {ROLES.map(({ role, name, can }) => (
          <Checkbox key={role} value={String(role)} label={name} description={can} />
        ))}
      </div>
    </Checkbox.Group>
  );
}

export function InvitePerson({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const api = useApi();
  const refresh = useRefresh();
  const invite = useMutation({
    mutationFn: (request: { name: string; email: string; roles: UserRole[] }) => api.people.invitePerson(request),
    onSuccess: () => refresh("people"),
  });
  const close = () => {
    onClose();
    invite.reset();
  };
  return (
    <Modal opened={opened} onClose={close} title={invite.isSuccess ? "Pass this link on" : "Invite someone"} size={520}>
      {invite.isSuccess ? <Invited invited={invite.data} name={invite.variables.name} onClose={close} /> : <InviteForm invite={invite} />}
    </Modal>
  );
}

interface Invite {
  readonly mutate: (request: { name: string; email: string; roles: UserRole[] }) => void;
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly error: unknown;
}

function InviteForm({ invite }: { invite: Invite }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<UserRole[]>([UserRole.TECHNICIAN]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ name: name.trim(), email: email.trim(), roles });
  };
  return (
    <form className={form.form} onSubmit={submit}>
      {invite.isError && <Trouble error={invite.error} />}
      <TextInput label="Name" required maxLength={80} data-autofocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
      <TextInput label="Email" type="email" required value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
      <RoleBoxes roles={roles} onChange={setRoles} />
      <div className={form.buttons}>
        <Button type="submit" loading={invite.isPending} disabled={roles.length === 0}>
          Make a link
        </Button>
      </div>
    </form>
  );
}

function Invited({ invited, name, onClose }: { invited: InvitePersonResponse; name: string; onClose: () => void }) {
  const address = new URL(invited.link, window.location.origin).href;
  return (
    <div className={form.form}>
      <p>
        Send it to {cleanLine(name)} in a way that only they can read. Whoever opens it first becomes {cleanLine(name)}.
      </p>
      <code className={css.linkBox}>{address}</code>
      {invited.expires && <p className={lists.dim}>It works once, until {exact(timestampDate(invited.expires))}. It is not shown again.</p>}
      <div className={form.buttons}>
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <CopyButton value={address}>
          {({ copied, copy }) => (
            <Button onClick={copy} data-autofocus>
              {copied ? "Copied" : "Copy link"}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}

export function SetRoles({ person, onClose }: { person: User; onClose: () => void }) {
  const api = useApi();
  const refresh = useRefresh();
  const [roles, setRoles] = useState<UserRole[]>([...person.roles]);
  const save = useMutation({
    mutationFn: () => api.people.setRoles({ userId: person.id, roles }),
    onSuccess: async () => {
      await refresh("people", "me");
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Roles of ${cleanLine(person.name)}`} size={480}>
      <div className={form.form}>
        {save.isError && <Trouble error={save.error} />}
        <RoleBoxes roles={roles} onChange={setRoles} />
        <div className={form.buttons}>
          <Button variant="default" onClick={onClose}>
            Leave as it was
          </Button>
          <Button loading={save.isPending} disabled={roles.length === 0} onClick={() => save.mutate()}>
            Save roles
          </Button>
        </div>
      </div>
    </Modal>
  );
}

export function RemovePerson({ person, onClose }: { person: User; onClose: () => void }) {
  const api = useApi();
  const refresh = useRefresh();
  const remove = useMutation({
    mutationFn: () => api.people.removePerson({ userId: person.id }),
    onSuccess: async () => {
      await refresh("people");
      onClose();
    },
  });
  const name = cleanLine(person.name);
  return (
    <Modal opened onClose={onClose} title={`Remove ${name}?`} size={460}>
      <div className={form.form}>
        {remove.isError && <Trouble error={remove.error} />}
        <Notice tone="warn" title={`${name} is signed out everywhere, at once.`}>
          <p>Their sessions and recordings stay. To let them in again you make a new link.</p>
        </Notice>
        <div className={`${form.buttons} ${form.apart}`}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep {name}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            Remove {name}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
