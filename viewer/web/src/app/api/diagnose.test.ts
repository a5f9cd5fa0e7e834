import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { AccountService, UserRole } from "../../gen/beside/v1/api_pb";
import { createApi } from "./client";
import { diagnose } from "./diagnose";

const relay = (whoAmI: () => { user?: { roles: UserRole[] } }) => createApi(createRouterTransport(({ service }) => service(AccountService, { whoAmI })));

const refused = (code: Code) =>
  relay(() => {
    throw new ConnectError("no", code);
  });

test.each([
  ["nobody signed in", refused(Code.Unauthenticated), { kind: "signed-out" }],
  ["a person who may not hold sessions", relay(() => ({ user: { roles: [UserRole.REVIEWER, UserRole.ADMIN] } })), { kind: "forbidden" }],
  ["a technician", relay(() => ({ user: { roles: [UserRole.TECHNICIAN] } })), null],
  ["a relay that is away", refused(Code.Unavailable), null],
] as const)("%s", async (_name, api, want) => {
  expect(await diagnose(api)).toEqual(want);
});
