/**
 * The server of the tour: a small company's on an afternoon in January, the same each time. Everybody's
 * time stands still, and what is random comes out of a hash.
 */
import type { AuditEvent } from "../../lib/core/audit.ts";
import { sha256 } from "../../lib/core/hash.ts";
import { newRecoveryCodes, recoveryRow } from "../../lib/core/recovery_code.ts";
import { seedRow } from "../../lib/core/device.ts";
import type { Severity } from "../../lib/core/doctor/finding.ts";
import { base64url } from "../../lib/core/encoding.ts";
import { type HostReport, type ReportedFinding, verdictOf } from "../../lib/core/host_report.ts";
import type { Login } from "../../lib/core/login.ts";
import type { Person } from "../../lib/core/person.ts";
import { auditOf } from "./audit_lines.ts";
import { put, sessionOf } from "./board.ts";
import { aLogin, T0 } from "./logins.ts";
import { aFreeze, aGrant, anAuthenticator, aPasskey, someone } from "./people.ts";
import { TourChannels } from "./page_tour_channels.ts";
import { type AppChanges, readableSealer, TestServer } from "./server_app.ts";
import { RFC_BASE32 } from "./totp.ts";
import { keep } from "./visitor.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Tuesday, the 13th, 14:27:30 UTC: in the middle of a code's step. */
export const NOW = T0 + 12 * DAY + 14 * HOUR + 27 * MINUTE + 30_000;

export const KEYS = {
  alice: "SHA256:7Yq0bP4mJm0dG2m3Vn1T5sVfWvZkq8xQe9uLr6tHcAw",
  deploy: "SHA256:Zc3nN8oQ5hK1xR7yT2uW9vB4mL6jP0sD8fG3aE5iU1k",
};

export const PERSONS = {
  alice: someone("alice", {
    createdAt: NOW - 200 * DAY,
    approves: ["own", "deploy@web*"],
    contacts: { telegram: "318204775", wecom: "AliceLi", mail: "alice@example.com" },
  }),
  bob: someone("bob", {
    createdAt: NOW - 150 * DAY,
    approves: ["own", "postgres@db*"],
    contacts: { mail: "bob@example.com" },
  }),
  carol: someone("carol", {
    createdAt: NOW - 201 * DAY,
    administrator: true,
    contacts: { wecom: "CarolW", telegram: "207731964", mail: "carol@example.com" },
  }),
  erin: someone("erin", {
    createdAt: NOW - 90 * DAY,
    state: "frozen",
    // One that has been set up once, and one of another channel's.
    contacts: { pager: "erin-47", telegram: "@erin", wecom: "ErinZ" },
  }),
  dave: someone("dave", { createdAt: NOW - 180 * DAY, state: "removed" }),
  王芳: someone("王芳", {
    id: "p_wangfang",
    createdAt: NOW - 20 * DAY,
    approves: ["wangfang@*", "deploy@group:web"],
    contacts: { wecom: "WangFang" },
  }),
} satisfies Record<string, Person>;
export type Name = keyof typeof PERSONS;

const GROUPS = new Map([["web", ["web*", "edge1"]]]);

/** Bytes that look like chance, and begin anew for each name. */
function streamOf(name: string): (length: number) => Uint8Array {
  let count = 0;
  const left: number[] = [];
  return (length) => {
    while (left.length < length) {
      const pairs = sha256(`${name} ${count++}`).match(/../g) ?? [];
      left.push(...pairs.map((pair) => parseInt(pair, 16)));
    }
    return Uint8Array.from(left.splice(0, length));
  };
}

export interface World {
  readonly server: TestServer;
  readonly channels: TourChannels;
}

/** @param name what is random depends on it */
export async function makeWorld(name: string, changes: AppChanges = {}): Promise<World> {
  const channels = new TourChannels();
  const bytes = streamOf(name);
  const server = await TestServer.start(
    {
      publicUrl: "https://auth.example.com",
      alerts: new Map([["mail", ["it@example.com"]]]),
      ...changes,
      approval: { require: "person", groups: GROUPS, ...changes.approval },
    },
    channels.all,
    { random: { bytes }, auditReader: auditOf(AUDITED, auditedAt) },
  );
  server.time.advance(NOW - server.time.now());
  await addPeople(server);
  await addHosts(server);
  await addDay(server);
  return { server, channels };
}

async function addPeople(server: TestServer): Promise<void> {
  const device = (id: string, person: Name, added: number, used: number | null) => ({
    id,
    person: PERSONS[person].id,
    createdAt: NOW - added * DAY,
    lastUsedAt: used === null ? null : NOW - used,
  });
  const synced = { backedUp: true, id: "alice1" };
  const app = async (id: string, person: Name, added: number, used: number | null) => ({
    ...device(id, person, added, used),
    seed: await readableSealer.seal(RFC_BASE32, seedRow(id)),
  });
  await put(server, {
    person: Object.values(PERSONS),
    device: [
      aPasskey({ ...device("d_alice1", "alice", 120, 2 * MINUTE), name: "Pixel 9" }, synced),
      aPasskey({ ...device("d_alice2", "alice", 30, 3 * DAY), name: "YubiKey 5C" }, { id: "a2" }),
      anAuthenticator({ ...await app("d_alice3", "alice", 119, 9 * DAY), name: "Aegis" }),
      anAuthenticator({
        ...await app("d_alice4", "alice", 30, null),
        name: "Aegis (hosts)",
        use: "hosts",
      }),
      aPasskey({ ...device("d_bob1", "bob", 150, 5 * HOUR), name: "iPhone" }, { id: "bob1" }),
      aPasskey({ ...device("d_carol1", "carol", 201, 4 * MINUTE), name: "MacBook" }, { id: "c1" }),
      anAuthenticator({ ...await app("d_wang1", "王芳", 20, 26 * HOUR), name: "手机" }),
      aPasskey({ ...device("d_erin1", "erin", 90, 4 * DAY), name: "Pixel 8" }, { id: "erin1" }),
      aPasskey({
        ...device("d_dave1", "dave", 180, 60 * DAY),
        name: "old phone",
        revokedAt: NOW - 58 * DAY,
      }, { id: "dave1" }),
    ],
    grant: [
      aGrant({
        ...{ id: "g_1", host: "web1", key: KEYS.alice, network: "203.0.113.24/32" },
        ...{ createdAt: NOW - 50 * MINUTE, expiresAt: NOW + 7 * HOUR + 10 * MINUTE },
      }),
      aGrant({
        ...{ id: "g_2", user: "deploy", host: "group:web", commands: "transfer" },
        ...{ key: KEYS.deploy, network: "198.51.100.40/32" },
        ...{ createdAt: NOW - 20 * MINUTE, expiresAt: NOW + 40 * MINUTE },
      }),
      aGrant({
        ...{ id: "g_3", user: "postgres", host: "db1", person: "p_bob", by: "person:bob" },
        ...{ key: "", network: "2001:db8:20::/64", commands: "any" },
        ...{ createdAt: NOW - 2 * HOUR, expiresAt: NOW + 6 * HOUR },
      }),
    ],
    freeze: [aFreeze({
      ...{ id: "f_1", user: "erin", since: NOW - 3 * HOUR, by: "person:carol" },
      ...{ why: "administrator" },
    })],
  });
  await recoverable(server, PERSONS.alice);
}

/** Ten codes, three of them used. */
async function recoverable(server: TestServer, person: Person): Promise<void> {
  const codes = Array.from({ length: 10 }, (_, index) => `0000${index}-00000`);
  const key = new Uint8Array(32);
  const sealed = await readableSealer.seal(base64url(key), recoveryRow(person.id));
  const sheet = await newRecoveryCodes(person.id, key, sealed, codes, T0);
  const used = sheet.codes.map((code, index) => index < 3 ? { ...code, usedAt: T0 } : code);
  await keep(server, person, { recovery: [{ ...sheet, codes: used }] });
}

async function addHosts(server: TestServer): Promise<void> {
  // Joined so many days ago, seen so long ago.
  const hosts = [
    ["db1", 160, 26 * HOUR, "0.6.0"],
    ["edge1", 31, 40_000, "0.7.0"],
    ["web1", 198, 12_000, "0.7.0"],
    ["web2", 198, 9 * MINUTE, "0.7.0"],
    ["build1", null, null, null],
    ["backup-old", 190, 70 * DAY, "0.5.2"],
  ] as const;
  for (const [name, joined, seen, version] of hosts) {
    await server.addHost(name, `ghh_${name}`);
    await server.memory.changeHost(name, (host) => ({
      ...host,
      joinedAt: joined === null ? null : NOW - joined * DAY,
      lastSeenAt: seen === null ? null : NOW - seen,
      version,
      revokedAt: name === "backup-old" ? NOW - 69 * DAY : null,
    }));
  }
  const ids = new Map(
    (await server.memory.hosts()).map(({ name, tokenHash }) => [name, tokenHash]),
  );
  await put(server, { report: REPORTS.map((one) => reported(one, ids)) });
}

/** What the doctors of those hosts said, so long ago. */
const REPORTS: readonly (readonly [string, number, readonly ReportedFinding[]])[] = [
  ["db1", 26 * HOUR, []],
  ["edge1", 20 * MINUTE, [{
    id: "sshd.forwarding-open",
    severity: "critical",
    what: "alice, bob can forward ports before the factor is asked for",
  }]],
  ["web1", 12_000, [
    { id: "host.clock-off", severity: "warning", what: "the clock is 41 s behind the server's" },
    { id: "codes.nobody-enrolled", severity: "info", what: "3 accounts have no authenticator" },
  ]],
  ["web2", 9 * MINUTE, []],
];

function reported(
  [name, ago, findings]: typeof REPORTS[number],
  ids: ReadonlyMap<string, string>,
): HostReport {
  const count = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted).length;
  return {
    id: ids.get(name) ?? name,
    key: "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    verdict: verdictOf(findings),
    counts: { critical: count("critical"), warning: count("warning"), info: count("info") },
    findings,
    madeAt: NOW - ago,
    receivedAt: NOW - ago,
  };
}

/** Of a request that waits: half a minute is left. */
export function waiting(id: string, changes: Partial<Login> = {}): Login {
  return aLogin({
    id,
    ticket: `ticket-${id}`.padEnd(16, "-").slice(0, 16),
    service: "sshd",
    source: "203.0.113.24",
    key: KEYS.alice,
    createdAt: NOW - 12_000,
    expiresAt: NOW + 48_000,
    ...changes,
  });
}

/** With a link each, for those that are not alike. */
export async function addLogins(server: TestServer, ...logins: Login[]): Promise<void> {
  for (const login of logins) await server.memory.addLogin(login, () => login);
}

type Ending = Partial<Login>;
const DEPLOY = { user: "deploy", source: "198.51.100.40", key: KEYS.deploy };
const APPROVED = { state: "approved", collected: true, via: "passkey" } as const;
/** Who logs in where, how that ends, and how many minutes later the next one comes. */
const HABITS: readonly (readonly [Ending, number])[] = [
  [{ ...APPROVED, by: "person:alice" }, 17],
  [{
    ...{ ...DEPLOY, state: "approved", collected: true, by: "grant:g_2", via: "grant" },
    command: "rsync --server -logDtpre.iLsfxC --delete . /srv/www/",
  }, 6],
  [{
    ...{ ...DEPLOY, host: "web2", ...APPROVED, by: "person:alice" },
    command: "git-upload-pack 'team/website.git'",
  }, 31],
  [{ ...APPROVED, user: "bob", host: "edge1", source: "198.51.100.7", by: "person:bob" }, 11],
  [{ state: "expired", reason: "timeout", host: "web2" }, 43],
  [{
    ...{ ...APPROVED, user: "postgres", host: "db1", service: "sudo", requester: "bob" },
    ...{ source: "198.51.100.7", by: "person:bob", via: "session", key: null },
  }, 24],
  [{ state: "cancelled", reason: "hung_up", user: "wangfang", source: "2001:db8:20::17" }, 9],
  [
    { ...APPROVED, user: "wangfang", source: "2001:db8:20::17", by: "person:王芳", via: "code" },
    52,
  ],
  [{ state: "cancelled", reason: "code_used", user: "bob", host: "db1" }, 38],
  [{ ...DEPLOY, state: "denied", reason: "wrong_number", by: "person:alice", via: "passkey" }, 13],
];
/** They sleep. */
const NIGHT_FROM = 20 * HOUR;
const NIGHT_TO = 30 * HOUR;

/** What has been since yesterday, from now backwards. */
async function addDay(server: TestServer): Promise<void> {
  const ended: Login[] = [];
  let at = NOW - 3 * MINUTE;
  for (let index = 0; at > NOW - 23 * HOUR; index++) {
    const [ending, pause] = HABITS[index % HABITS.length] ?? [{}, 1];
    const night = at % DAY < NIGHT_TO - DAY || at % DAY > NIGHT_FROM;
    const times = { createdAt: at, expiresAt: at + MINUTE, decidedAt: at + 8_000 };
    ended.push(waiting(`past-${index}`, { ...ending, ...times }));
    at -= (night ? 9 : 1) * pause * MINUTE;
  }
  const attack = { source: "192.0.2.66", state: "denied", reason: "not_me" } as const;
  const times = { createdAt: NOW - 3 * HOUR, expiresAt: NOW, decidedAt: NOW - 3 * HOUR + 9_000 };
  ended.push(waiting("attack", { ...attack, ...times, user: "erin", by: "link", via: "link" }));
  ended.sort((a, b) => a.createdAt - b.createdAt);
  await addLogins(server, ...ended);
}

/** Somebody without a device denied a login, which administrators are told. */
export async function tell({ server }: World): Promise<void> {
  await addLogins(server, waiting("told"));
  await server.press("/l/ticket-told-----/deny", { not_me: "1" });
}

/** A session of the person, as if it had just begun. @param token what the cookie holds */
export async function openSession(
  { server }: World,
  name: Name,
  changes: Partial<ReturnType<typeof sessionOf>> = {},
): Promise<void> {
  const session = sessionOf(PERSONS[name], server);
  await put(server, { session: [{ ...session, device: `d_${name}1`, ...changes }] });
}

const AUDITED: readonly AuditEvent[] = [
  { event: "person.added", person: "p_wangfang", name: "王芳", by: "person:carol" },
  { event: "person.invited", person: "p_wangfang", name: "王芳", by: "person:carol" },
  { event: "device.added", name: "王芳", kind: "authenticator", source: "198.51.100.9" },
  ...["web1", "edge1", "web2"].flatMap((host, index): AuditEvent[] => {
    const login = { login: `l${index}`, user: "alice", host, source: "203.0.113.24" };
    return [
      { event: "login.created", ...login, service: "sshd" },
      { event: "login.approved", ...login, by: "person:alice", via: "passkey" },
      { event: "login.collected", ...login },
    ];
  }),
  { event: "login.denied", login: "l9", user: "erin", host: "web1", reason: "not_me", by: "link" },
  { event: "account.frozen", user: "erin", host: "*", why: "administrator", by: "person:carol" },
  { event: "grant.given", grant: "g_2", user: "deploy", host: "group:web", by: "person:alice" },
];

/** The first some days ago, the last just now. */
function auditedAt(index: number): number {
  const left = AUDITED.length - 1 - index;
  return NOW - left ** 3 * 400_000 - 65_000;
}
