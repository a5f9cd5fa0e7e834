/**
 * Why the relay refused a session's WebSocket: the browser does not say, so the relay is
 * asked who is signed in.
 */
import { UserRole } from "../../gen/beside/v1/api_pb";
import type { Problem } from "../../session/session";
import type { Api } from "./client";
import { isSignedOut } from "./words";

/** The reason, or null when signing in and roles are in order. */
export async function diagnose({ account }: Pick<Api, "account">): Promise<Problem | null> {
  try {
    const { user } = await account.whoAmI({});
    return user?.roles.includes(UserRole.TECHNICIAN) === true ? null : { kind: "forbidden" };
  } catch (error) {
    return isSignedOut(error) ? { kind: "signed-out" } : null;
  }
}
