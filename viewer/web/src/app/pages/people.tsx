/** People: who belongs to the organisation, and inviting, changing and removing them. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconUserMinus, IconUserPlus, IconUsers, IconUserShield } from "@tabler/icons-react";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import type { User } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";
import { useMe, usePeople } from "../api/queries";
import { roleNames } from "../parts/names";
import css from "../parts/lists.module.css";
import { Avatar, Empty, Page, Skeletons, Tag, Trouble, When } from "../parts/parts";
import { Search, fits, useWanted } from "../parts/search";
import { InvitePerson, RemovePerson, SetRoles } from "./people-dialogs";

type Open = { readonly what: "invite" } | { readonly what: "roles" | "remove"; readonly person: User };

export function People() {
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <Page
      title="People"
      lead="Everyone who can sign in. Users who are helped need no account and never stand here."
      actions={
        <Button leftSection={<IconUserPlus size={18} stroke={1.9} aria-hidden />} onClick={() => setOpen({ what: "invite" })}>
          Invite someone
        </Button>
      }
    >
      <Everyone onOpen={setOpen} />
      <InvitePerson opened={open?.what === "invite"} onClose={close} />
      {open?.what === "roles" && <SetRoles person={open.person} onClose={close} />}
      {open?.what === "remove" && <RemovePerson person={open.person} onClose={close} />}
    </Page>
  );
}

function Everyone({ onOpen }: { onOpen: (open: Open) => void }) {
  const people = usePeople();
  const [wanted, setWanted] = useWanted();
  if (people.isPending) {
    return <Skeletons what="people" />;
  }
  if (people.isError) {
    return <Trouble error={people.error} retry={() => void people.refetch()} />;
  }
  const found = people.data.filter(({ name, email, roles }) => fits(`${name} ${email} ${roleNames(roles)}`, wanted));
  return (
    <>
      <Search label="Search people" by="Search by name, email or role" wanted={wanted} onWanted={setWanted} />
      {found.length === 0 ? (
        <Empty icon={<IconUsers size={26} stroke={1.7} />} title="Nobody fits">
          No one here has “{wanted}” in their name, email or roles.
        </Empty>
      ) : (
        <ul className={css.rows}>
          {found.map((person) => (
            <li key={person.id}>
              <Person person={person} onOpen={onOpen} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** An address that is broken at its sign, where it has to be. */
function Email({ of }: { of: string }) {
  const [name = "", ...host] = cleanLine(of).split("@");
  return (
    <>
      {name}
      {host.length > 0 && <wbr />}
      {host.map((part) => `@${part}`).join("")}
    </>
  );
}

function Person({ person, onOpen }: { person: User; onOpen: (open: Open) => void }) {
  const me = useMe();
  const mine = person.id === me.user?.id;
  const name = cleanLine(person.name);
  return (
    <div className={css.row}>
      <Avatar name={person.name} />
      <div className={css.grow}>
        <div className={css.name}>
          {name} {mine && <Tag tone="info">You</Tag>}
        </div>
        <div className={css.dim}>
          <Email of={person.email} />
        </div>
      </div>
      <div className={css.grow}>{roleNames(person.roles) || "No role yet"}</div>
      <div className={`${css.cell} ${css.optional}`}>{person.created && (
          <>
            Joined <When at={timestampDate(person.created)} />
          </>
        )}</div>
      <Menu width={200}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Change ${name}`}>
            <IconDots size={20} stroke={1.8} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUserShield size={18} stroke={1.8} aria-hidden />} onClick={() => onOpen({ what: "roles", person })}>
            Change roles
          </Menu.Item>
          {!mine && (
            <Menu.Item data-danger leftSection={<IconUserMinus size={18} stroke={1.8} aria-hidden />} onClick={() => onOpen({ what: "remove", person })}>
              Remove
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
