/** What people and their roles are called. Pure. */
import { UserRole } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";

/** One or two letters for the round mark beside a name. */
export function initials(name: string): string {
  const words = cleanLine(name).split(" ").filter((word) => /\p{L}|\p{N}/u.test(word));
  const first = (word: string | undefined) => word?.match(/\p{L}|\p{N}/u)?.[0]?.toUpperCase() ?? "";
  return words.length > 1 ? first(words[0]) + first(words[words.length - 1]) : first(words[0]) || "?";
}

export const ROLES: readonly { readonly role: UserRole; readonly name: string; readonly can: string }[] = [
  { role: UserRole.TECHNICIAN, name: "Technician", can: "Holds sessions: asks to see, control and record." },
  { role: UserRole.REVIEWER, name: "Reviewer", can: "Opens recordings, each with a reason." },
  { role: UserRole.ADMIN, name: "Admin", can: "Invites people, sets what users are told. Sees no recording." },
];

/** "Technician, Reviewer". */
export function roleNames(roles: readonly UserRole[]): string {
  return ROLES.filter(({ role }) => roles.includes(role))
    .map(({ name }) => name)
    .join(", ");
}
