/** What the pages read from the relay, with the keys it is kept under. */
import { QueryClient, queryOptions, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { UserRole, type WhoAmIResponse } from "../../gen/beside/v1/api_pb";
import { useApi } from "../wiring";
import type { Api } from "./client";
import { isSignedOut } from "./words";

export const keys = {
  me: ["me"],
  people: ["people"],
  organisation: ["organisation"],
  sessions: ["sessions"],
  recordings: ["recordings"],
  identity: ["recording-identity"],
} as const;

/** A client that notices, at any answer, that one has been signed out. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: { retry: (count, error) => !isSignedOut(error) && count < 1, staleTime: 10_000, refetchOnWindowFocus: true },
    },
  });
  client.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error" && isSignedOut(event.action.error)) {
      client.setQueryData(keys.me, null);
    }
  });
  return client;
}

/** What an act has changed is read from the relay again; done once it is there. */
export function useRefresh(): (...stale: readonly (keyof typeof keys)[]) => Promise<void> {
  const client = useQueryClient();
  return async (...stale) => {
    await Promise.all(stale.map((name) => client.invalidateQueries({ queryKey: keys[name] })));
  };
}

/** Who is signed in; null when nobody is. */
export function meQuery(api: Api) {
  return queryOptions({
    queryKey: keys.me,
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<WhoAmIResponse | null> => {
      try {
        return await api.account.whoAmI({}, { signal });
      } catch (error) {
        if (isSignedOut(error)) {
          return null;
        }
        throw error;
      }
    },
  });
}

/** The signed-in person. Only below the shell, which waits for the answer. */
export function useMe(): WhoAmIResponse {
  const { data } = useSuspenseQuery(meQuery(useApi()));
  if (data === null) {
    throw new Error("this page is for people who are signed in");
  }
  return data;
}

export function hasRole(me: WhoAmIResponse, role: UserRole): boolean {
  return me.user?.roles.includes(role) ?? false;
}

export function usePeople() {
  const api = useApi();
  return useQuery({ queryKey: keys.people, queryFn: async ({ signal }) => (await api.people.listPeople({}, { signal })).people });
}

export function useOrganisation() {
  const api = useApi();
  return useQuery({
    queryKey: keys.organisation,
    queryFn: async ({ signal }) => (await api.organisation.getOrganisation({}, { signal })).organisation ?? null,
  });
}

/** How many sessions the list asks for: a few weeks of one technician. */
const SESSIONS_SHOWN = 50;

export function useSessions() {
  const api = useApi();
  return useQuery({
    queryKey: keys.sessions,
    queryFn: async ({ signal }) => (await api.sessions.listSessions({ limit: SESSIONS_SHOWN }, { signal })).sessions,
  });
}

export function useRecordings() {
  const api = useApi();
  return useQuery({
    queryKey: keys.recordings,
    queryFn: async ({ signal }) => (await api.recordings.listRecordings({}, { signal })).recordings,
  });
}

export function useRecordingIdentity() {
  const api = useApi();
  return useQuery({
    queryKey: keys.identity,
    queryFn: ({ signal }) => api.organisation.getRecordingIdentity({}, { signal }),
  });
}
