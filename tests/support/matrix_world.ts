/** A server with something of everybody's on it, for asking every route as everybody. */
import { seedRow } from "../../lib/core/device.ts";
import { base64url, sha256Hex } from "../../lib/core/encoding.ts";
import { invitationHash } from "../../lib/core/invitation.ts";
import type { Login } from "../../lib/core/login.ts";
import type { Person } from "../../lib/core/person.ts";
import type { Kind } from "../../lib/core/store_change.ts";
import type { WebSession } from "../../lib/core/web_session.ts";
import { type ReportRequest } from "../../lib/core/host_report.ts";
import { signReport } from "../../lib/core/host_report_signing.ts";
import { reportKey } from "../../lib/io/report_key.ts";
import { makeHostKey, publicHostKey } from "../../lib/io/host_key.ts";
import type { Store } from "../../lib/ports.ts";
import { addLogin, put, sessionOf, tokenOf } from "./board.ts";
import { aFreeze, aGrant, anAuthenticator, anInvitation, aPasskey, someone } from "./people.ts";
import { FakeNotifier } from "./pins.ts";
import { type AppChanges, HOST_TOKEN, readableSealer, TestServer } from "./server_app.ts";
import { RFC_BASE32 } from "./totp.ts";

/** Whose things the requests name. */
const AMELIA = someone("amelia", { contacts: { wecom: "chat-of-amelia" } });
const BERTRAM = someone("bertram", { contacts: { wecom: "chat-of-bertram" } });
export const CORDULA = someone("cordula", { administrator: true });
export const DIETRICH = someone("dietrich", { state: "frozen" });
/** Has an invitation, and nothing yet. */
export const EMIL = someone("emil");

const OTHER_TOKEN = "ghh_test-token-of-web2";
const TEN_MINUTES = 600_000;

/** How somebody comes, in the order of the columns of docs/roles.md. */
export interface Role {
  readonly name: string;
  /** Whose session it is. */
  readonly person?: Person;
  readonly session?: (now: number) => Partial<WebSession>;
  /** What a host sends with requests for logins, and about a login of its own. */
  readonly host?: { readonly token: string; readonly secret: string };
}

const tooOld = (now: number) => ({ createdAt: now - TEN_MINUTES, provenAt: now - TEN_MINUTES });

export const NOBODY: Role = { name: "nobody" };
export const PERSON: Role = { name: "person", person: AMELIA };
export const OTHER: Role = { name: "other", person: BERTRAM };
export const ADMINISTRATOR: Role = { name: "administrator", person: CORDULA };
export const HOST: Role = {
  name: "host",
  host: { token: HOST_TOKEN, secret: "secret-of-amelia" },
};

export const ROLES: readonly Role[] = [
  ...[NOBODY, PERSON, OTHER],
  { name: "person, old proof", person: AMELIA, session: tooOld },
  {
    name: "recovering",
    person: AMELIA,
    session: () => ({ via: "recovery_code", device: null }),
  },
  { name: "frozen", person: DIETRICH },
  ADMINISTRATOR,
  { name: "administrator, old proof", person: CORDULA, session: tooOld },
  HOST,
  { name: "other host", host: { token: OTHER_TOKEN, secret: "secret-of-bertram" } },
];

/** Of one person everything, found by name. */
export interface Belongings {
  readonly person: Person;
  readonly login: Login;
  /** Words that are on no page but those that show this person, or what belongs to them. */
  readonly words: readonly string[];
}

export interface World {
  readonly server: TestServer;
  readonly amelia: Belongings;
  readonly bertram: Belongings;
  readonly invitation: string;
  /** Of web1's doctor. */
  readonly report: ReportRequest;
}

export async function aWorld(changes: AppChanges = {}): Promise<World> {
  const server = await TestServer.start({
    ssh2fa: true,
    ...changes,
    approval: { require: "person", ...changes.approval },
    // Nothing but tests is sent.
  }, new FakeNotifier({ name: "robot", reach: "group", sends: [] }));
  await server.addHost("web2", OTHER_TOKEN);
  const codesKey = publicHostKey(await makeHostKey());
  for (const host of ["web1", "web2"]) {
    await server.memory.changeHost(host, (one) => ({ ...one, codesKey }));
  }
  const invitation = "T".repeat(32);
  await put(server, {
    person: [AMELIA, BERTRAM, CORDULA, DIETRICH, EMIL],
    device: (await Promise.all([AMELIA, BERTRAM, CORDULA, DIETRICH].map(devicesOf))).flat(),
    invitation: [anInvitation({
      id: "i_emil",
      tokenHash: invitationHash(invitation),
      person: EMIL.id,
    })],
  });
  return {
    server,
    amelia: await belongings(server, AMELIA, "web1", "192.0.2.71"),
    bertram: await belongings(server, BERTRAM, "web2", "192.0.2.72"),
    invitation,
    report: await signReport([], "web1", await reportKey(await makeHostKey()), server.time.now()),
  };
}

/** Begins that role's session. @returns what its requests bring along, beside a host's token */
export async function comeAs(
  { person, session }: Role,
  server: TestServer,
): Promise<Record<string, string>> {
  if (person === undefined) return {};
  const now = server.time.now();
  const own = { device: `d_key-${person.name}`, ...session?.(now) };
  await put(server, { session: [{ ...sessionOf(person, server), ...own }] });
  return { cookie: `__Host-gh=${tokenOf(person)}` };
}

async function devicesOf({ id, name }: Person) {
  const app = `d_app-${name}`;
  const codes = `d_codes-${name}`;
  const seed = (device: string) => readableSealer.seal(RFC_BASE32, seedRow(device));
  const own = { person: id };
  return [
    aPasskey({ ...own, id: `d_key-${name}`, name: `phone of ${name}` }, {
      id: credentialOf(name),
    }),
    anAuthenticator({ ...own, id: app, name: `app of ${name}`, seed: await seed(app) }),
    anAuthenticator({ ...own, id: codes, use: "hosts", seed: await seed(codes) }),
  ];
}

function credentialOf(name: string): string {
  return base64url(new TextEncoder().encode(`credential ${name}`));
}

/** A login that waits, one that is over, a grant, and an account that is frozen on another host. */
async function belongings(
  server: TestServer,
  person: Person,
  host: string,
  source: string,
): Promise<Belongings> {
  const now = server.time.now();
  const { id, name } = person;
  const key = `SHA256:key-of-${name}`;
  const account = { user: name, host, source, key };
  const login = await addLogin(server, `waiting-${name}`, {
    ...account,
    ticket: `ticket-${name}`.padEnd(16, "-").slice(0, 16),
    secretHash: await sha256Hex(`secret-of-${name}`),
    command: `make-${name}`,
  });
  await addLogin(server, `over-${name}`, {
    ...account,
    ticket: `over-${name}`.padEnd(16, "-"),
    ...{ createdAt: now - 2_000, decidedAt: now - 1_000, expiresAt: now + 58_000 },
    ...{ state: "denied", reason: "denied", by: `person:${name}`, via: "code" },
  });
  const by = `person:${name}`;
  await put(server, {
    grant: [aGrant({ ...account, id: `g_${name}`, person: id, by, network: `${source}/32` })],
    freeze: [aFreeze({ id: `f_${name}`, user: name, host: "edge1", by })],
  });
  const words = [
    ...[id, name, `chat-of-${name}`, `phone of ${name}`, credentialOf(name)],
    ...[base64url(new TextEncoder().encode(id)), `d_key-${name}`, `g_${name}`, `f_${name}`],
    ...[source, key, login.id, login.ticket, `make-${name}`],
  ];
  return { person, login, words };
}

const KINDS: readonly Kind[] = [
  ...["person", "device", "recovery", "tries", "invitation"] as const,
  ...["session", "challenge", "grant", "freeze", "approval"] as const,
];

/** All that a store holds, as text: whether something has changed it. */
export async function contentsOf(store: Store): Promise<string> {
  const records = await Promise.all(KINDS.map((kind) => store.find(kind, { all: true })));
  const times = [...await store.timesUnder("")];
  return JSON.stringify([records, await store.recentLogins(1_000), await store.hosts(), times]);
}
