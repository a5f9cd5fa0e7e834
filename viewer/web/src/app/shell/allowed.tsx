/** Shows a page to those whose role opens it, and says so to the others. The relay checks by itself. */
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { UserRole } from "../../gen/beside/v1/api_pb";
import { hasRole, useMe } from "../api/queries";
import { ROLES } from "../parts/names";
import { Empty, Page } from "../parts/parts";

export function Allowed({ role, page }: { role: UserRole; page: ReactNode }) {
  if (hasRole(useMe(), role)) {
    return page;
  }
  const name = ROLES.find((known) => known.role === role)?.name.toLowerCase() ?? "another";
  return (
    <Page title="This page is not for your role">
      <Empty icon={<IconLock size={26} stroke={1.7} />} title={`It needs the role “${name}”`}>
        Ask an admin of your organisation to give it to you. Nothing was opened.
      </Empty>
    </Page>
  );
}
