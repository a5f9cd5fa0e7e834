/**
 * A relay in process, for the browser tests: the built application under the very
 * policy that the Go handler serves (policy.txt), and the API over the real Connect
 * protocol, answered from a plain object that a test can change.
 */
import { readFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { Code, ConnectError, type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { universalServerRequestFromFetch, universalServerResponseToFetch } from "@connectrpc/connect/protocol";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  AccountService,
  OrganisationService,
  PeopleService,
  RecordingService,
  type RecordingSummary,
  RecordingSummarySchema,
  SessionService,
  type SessionSummary,
  SessionSummarySchema,
  type User,
  UserRole,
  UserSchema,
} from "../src/gen/beside/v1/api_pb";
import { type Organisation, OrganisationSchema } from "../src/gen/beside/v1/signal_pb";

/** What the relay knows; tests change it between pages. */
export interface World {
  signedIn: boolean;
  me: User;
  organisation: Organisation;
  people: User[];
  sessions: SessionSummary[];
  recordings: RecordingSummary[];
  identity: { recipient: string; wrappedIdentity: string; recoveryRecipient: string };
  /** Tokens of one-time links: what each is for. */
  links: Map<string, { name: string; email: string; direct: boolean }>;
  /** Procedures that fail as if the relay were away. */
  broken: Set<string>;
  /** What the relay answers to whatever is asked, but for who is signed in; empty for none. */
  refusal: string;
  /** What was logged when a recording was opened. */
  openings: { id: string; reason: string; ticket: string }[];
}

const HOUR = 3_600_000;

export function createWorld(now = Date.now()): World {
  const user = (id: string, name: string, roles: UserRole[], daysAgo: number) =>
    create(UserSchema, { id, name, email: `${name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z]+/g, ".")}@acme.example`, roles, created: timestampFromDate(new Date(now - daysAgo * 24 * HOUR)) });
  const me = user("u1", "Ana Pérez", [UserRole.TECHNICIAN, UserRole.REVIEWER, UserRole.ADMIN], 400);
  const session = (id: string, hoursAgo: number, minutes: number, recordingId = "") =>
    create(SessionSummarySchema, {
      id,
      technicianName: "Ana Pérez",
      started: timestampFromDate(new Date(now - hoursAgo * HOUR)),
      ended: timestampFromDate(new Date(now - hoursAgo * HOUR + minutes * 60_000)),
      recordingId,
    });
  const recording = (id: string, name: string, hoursAgo: number, bytes: number, complete: boolean) =>
    create(RecordingSummarySchema, {
      id,
      sessionId: `s-${id}`,
      technicianName: name,
      started: timestampFromDate(new Date(now - hoursAgo * HOUR)),
      bytes: BigInt(bytes),
      segments: 12,
      complete,
      keepUntil: timestampFromDate(new Date(now + (30 * 24 - hoursAgo) * HOUR)),
    });
  return {
    signedIn: true,
    me,
    organisation: create(OrganisationSchema, {
      id: "o1",
      name: "Acme IT Support",
      verified: false,
      controller: "Acme GmbH, Hauptstraße 1, 60311 Frankfurt",
      processor: "Beside Hosting",
      region: "Frankfurt, Germany",
      privacyUrl: "https://acme.example/privacy",
      recordingDays: 30,
      recordingRecipients: [],
    }),
    people: [me, user("u2", "Jonas Weber", [UserRole.TECHNICIAN], 90), user("u3", "Mei Lin", [UserRole.REVIEWER], 33), user("u4", "Oluwaseun Adeyemi-Richardson", [UserRole.TECHNICIAN, UserRole.ADMIN], 2)],
    sessions: [session("s1", 1.2, 14, "0123456789abcdef0123456789abcdef"), session("s2", 26, 6), session("s3", 75, 41)],
    recordings: [recording("0123456789abcdef0123456789abcdef", "Ana Pérez", 1.2, 8_412_000, true), recording("11111111111111111111111111111111", "Jonas Weber", 0.1, 640_000, false)],
    identity: { recipient: "", wrappedIdentity: "", recoveryRecipient: "" },
    links: new Map(),
    broken: new Set(),
    refusal: "",
    openings: [],
  };
}

function routes(world: World): ConnectRouter {
  const linkOf = (token: string) => {
    const link = world.links.get(token);
    if (link === undefined) {
      throw new ConnectError("no such link", Code.NotFound);
    }
    return link;
  };
  return createConnectRouter()
    .service(AccountService, {
      signIn({ password }) {
        if (password !== "correct horse battery") {
          throw new ConnectError("sign-in failed", Code.Unauthenticated);
        }
        world.signedIn = true;
        return { user: world.me };
      },
      signOut() {
        world.signedIn = false;
        return {};
      },
      whoAmI: () => ({ user: world.me, organisation: world.organisation, version: "0.1.0" }),
      inspectLink({ token }) {
        const link = linkOf(token);
        return { organisationName: world.organisation.name, name: link.name, email: link.email, roles: world.me.roles, signsInDirectly: link.direct };
      },
      redeemLink({ token }) {
        linkOf(token);
        world.links.delete(token);
        world.signedIn = true;
        return { user: world.me };
      },
    })
    .service(PeopleService, {
      listPeople: () => ({ people: world.people }),
      invitePerson({ name, email, roles }) {
        world.people.push(create(UserSchema, { id: `u${world.people.length + 1}`, name, email, roles, created: timestampFromDate(new Date()) }));
        return { link: "/link#one-time-token-of-the-invited-person", expires: timestampFromDate(new Date(Date.now() + 48 * HOUR)) };
      },
      setRoles({ userId, roles }) {
        const person = world.people.find(({ id }) => id === userId);
        if (person !== undefined) {
          person.roles = roles;
        }
        return person === undefined ? {} : { user: person };
      },
      removePerson({ userId }) {
        world.people = world.people.filter(({ id }) => id !== userId);
        return {};
      },
    })
    .service(OrganisationService, {
      getOrganisation: () => ({ organisation: world.organisation }),
      updateOrganisation(request) {
        Object.assign(world.organisation, { name: request.name, controller: request.controller, privacyUrl: request.privacyUrl, recordingDays: request.recordingDays });
        return { organisation: world.organisation };
      },
      getRecordingIdentity: () => world.identity,
      setRecordingIdentity({ recipient, wrappedIdentity, recoveryRecipient }) {
        world.identity = { recipient, wrappedIdentity, recoveryRecipient };
        return {};
      },
    })
    .service(SessionService, { listSessions: () => ({ sessions: world.sessions }) })
    .service(RecordingService, {
      listRecordings: () => ({ recordings: world.recordings }),
      openRecording({ id, reason, ticket }) {
        world.openings.push({ id, reason, ticket });
        const recording = world.recordings.find((known) => known.id === id);
        return recording === undefined ? { objects: [] } : { recording, objects: ["key.age", "manifest.jws"] };
      },
    });
}

/** Procedures that work for people who are not signed in. */
const OPEN = ["SignIn", "InspectLink", "RedeemLink"];

const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };

export interface FakeRelay {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves a built application from a folder, and the world's API beside it. `extra` answers
 * further addresses, each with what its function makes of the body.
 */
export async function startFakeRelay(folder: string, world: World, extra: Readonly<Record<string, (body: string) => string>> = {}): Promise<FakeRelay> {
  const policy = readFileSync(new URL("../../policy.txt", import.meta.url), "utf8").trim().split("\n").join("; ");
  const server = createServer((request, response) => {
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    response.setHeader("X-Content-Type-Options", "nosniff");
    const path = new URL(request.url ?? "/", "http://relay").pathname;
    if (path.startsWith("/api/rpc/")) {
      void answer(world, path.slice("/api/rpc".length), request, response);
    } else if (extra[path] !== undefined) {
      void text(request).then((body) => response.end(extra[path]?.(body)));
    } else if (path.startsWith("/api/")) {
      response.writeHead(404).end();
    } else {
      serveFile(folder, path, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function serveFile(folder: string, path: string, response: ServerResponse) {
  const name = extname(path) === "" ? "index.html" : normalize(path).replace(/^(\.\.[/\\])+/, "");
  try {
    const file = readFileSync(join(folder, name));
    const cache = name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-store";
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Cache-Control": cache }).end(file);
  } catch {
    response.writeHead(404).end();
  }
}

async function answer(world: World, path: string, request: IncomingMessage, response: ServerResponse) {
  const procedure = path.split("/").at(-1) ?? "";
  const handler = routes(world).handlers.find(({ requestPath }) => requestPath === path);
  if (handler === undefined || world.broken.has(procedure)) {
    response.writeHead(503, { "Content-Type": "application/json" }).end(JSON.stringify({ code: "unavailable", message: "away" }));
    return;
  }
  if (!world.signedIn && !OPEN.includes(procedure)) {
    response.writeHead(401, { "Content-Type": "application/json" }).end(JSON.stringify({ code: "unauthenticated", message: "not signed in" }));
    return;
  }
  if (world.refusal !== "" && procedure !== "WhoAmI") {
    response.writeHead(400, { "Content-Type": "application/json" }).end(JSON.stringify({ code: "invalid_argument", message: world.refusal }));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const asked = new Request(`http://relay${path}`, { method: "POST", headers: request.headers as Record<string, string>, body: Buffer.concat(chunks) });
  const answered = universalServerResponseToFetch(await handler(universalServerRequestFromFetch(asked, {})));
  response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(Buffer.from(await answered.arrayBuffer()));
}
