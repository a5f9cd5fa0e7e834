/** The frame of every page for people who are signed in: the rail, and the page. */
import { Menu } from "@mantine/core";
import { IconBuilding, IconLogout, IconMovie, IconScreenShare, IconUsers } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ComponentType, Suspense } from "react";
import { Link, NavLink, Outlet } from "react-router";
import { UserRole } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";
import { hasRole, keys, useMe } from "../api/queries";
import { roleNames } from "../parts/names";
import { Avatar, Mark, Skeletons } from "../parts/parts";
import { useApi } from "../wiring";
import css from "./shell.module.css";

interface Place {
  readonly to: string;
  readonly name: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number; "aria-hidden"?: boolean }>;
  readonly roles: readonly UserRole[];
}

/** What the rail shows, by role. The relay checks every request by itself. */
export const PLACES: readonly Place[] = [
  { to: "/", name: "Sessions", icon: IconScreenShare, roles: [UserRole.TECHNICIAN] },
  { to: "/recordings", name: "Recordings", icon: IconMovie, roles: [UserRole.REVIEWER] },
  { to: "/people", name: "People", icon: IconUsers, roles: [UserRole.ADMIN] },
  { to: "/organisation", name: "Organisation", icon: IconBuilding, roles: [UserRole.ADMIN] },
];

export function Shell() {
  const me = useMe();
  const places = PLACES.filter(({ roles }) => roles.some((role) => hasRole(me, role)));
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#page">
        Go to the page
      </a>
      <nav className={css.rail} aria-label="Main">
        <Link className={css.brand} to="/" aria-label="Beside, first page">
          <Mark size={30} />
          <span aria-hidden="true">Beside</span>
        </Link>
        <ul className={css.links}>
          {places.map(({ to, name, icon: Icon }) => (
            <li key={to}>
              <NavLink className={css.link} to={to} end={to === "/"} title={name}>
                <Icon size={20} stroke={1.8} aria-hidden />
                <span>{name}</span>
              </NavLink>
            </li>
          ))}
        </ul>
        <div className={css.foot}>
          <Me />
        </div>
      </nav>
      <main id="page" className={css.main} tabIndex={-1}>
        <Suspense fallback={<Skeletons what="the page" />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}

function Me() {
  const me = useMe();
  const api = useApi();
  const client = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => api.account.signOut({}),
    onSuccess: () => {
      client.clear();
      client.setQueryData(keys.me, null);
    },
  });
  const name = cleanLine(me.user?.name ?? "");
  return (
    <Menu position="top-start" width={250}>
      <Menu.Target>
        <button type="button" className={css.me} aria-label={`${name}, your account`}>
          <Avatar name={name} />
          <span className={css.meText}>
            <span>{name}</span>
            <span>{cleanLine(me.organisation?.name ?? "")}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{cleanLine(me.user?.email ?? "")}</Menu.Label>
        <Menu.Label>{roleNames(me.user?.roles ?? [])}</Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} stroke={1.8} aria-hidden />} onClick={() => signOut.mutate()}>
          {signOut.isError ? "Sign out did not work. Try again" : "Sign out"}
        </Menu.Item>
        <Menu.Label>Version {me.version}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
