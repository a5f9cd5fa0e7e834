/** The relay's API as typed clients, one for each service. */
import { type Client, type Transport, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AccountService, OrganisationService, PeopleService, RecordingService, SessionService } from "../../gen/beside/v1/api_pb";

/** Everything the pages ask the relay. */
export interface Api {
  readonly account: Client<typeof AccountService>;
  readonly people: Client<typeof PeopleService>;
  readonly organisation: Client<typeof OrganisationService>;
  readonly sessions: Client<typeof SessionService>;
  readonly recordings: Client<typeof RecordingService>;
}

export function createApi(transport: Transport): Api {
  return {
    account: createClient(AccountService, transport),
    people: createClient(PeopleService, transport),
    organisation: createClient(OrganisationService, transport),
    sessions: createClient(SessionService, transport),
    recordings: createClient(RecordingService, transport),
  };
}

/** The API of the relay that served this page. */
export function relayApi(): Api {
  return createApi(createConnectTransport({ baseUrl: "/api/rpc", defaultTimeoutMs: 20_000 }));
}
