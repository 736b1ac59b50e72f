/** The lists' server: who is signed in there, and much to look at. */
import { sha256 } from "../../lib/core/hash.ts";
import type { Login } from "../../lib/core/login.ts";
import type { Person } from "../../lib/core/person.ts";
import type { Kind, Kinds } from "../../lib/core/store_change.ts";
import { sessionHash, type WebSession } from "../../lib/core/web_session.ts";
import { aLogin } from "./logins.ts";
import { aFreeze, aGrant, anAuthenticator, aPasskey, aSession, someone } from "./people.ts";
import type { TestServer } from "./server_app.ts";
import { Visitor } from "./visitor.ts";

/** What that person's cookie holds: always the same. */
export function tokenOf({ id }: Person): string {
  return sha256(`token of ${id}`).slice(0, 43);
}

/** A session of the person, as if it had just begun. */
export function sessionOf(person: Person, server: TestServer): WebSession {
  const now = server.time.now();
  return aSession({
    id: `s_${person.name}`,
    tokenHash: sessionHash(tokenOf(person)),
    person: person.id,
    device: null,
    ...{ createdAt: now, provenAt: now, seenAt: now },
  });
}

/** Adds the person and a session. */
export async function signedIn(
  server: TestServer,
  person: Person,
  changes: Partial<WebSession> = {},
): Promise<Visitor> {
  await put(server, { person: [person], session: [{ ...sessionOf(person, server), ...changes }] });
  const visitor = new Visitor(server);
  visitor.cookie = `__Host-gh=${tokenOf(person)}`;
  return visitor;
}

export function administrator(name = "root"): Person {
  return someone(name, { administrator: true });
}

/** Puts records there, or in the place of those with their ids. */
export async function put(
  server: TestServer,
  records: { readonly [K in RecordKind]?: readonly Kinds[K][] },
): Promise<void> {
  const ids = Object.entries(records).map(([kind, all]) => [kind, all.map(({ id }) => ({ id }))]);
  await server.memory.change({
    wants: Object.fromEntries(ids),
    make: () => ({ answer: undefined, put: records }),
  });
}

/** Those with an id. */
type RecordKind = Exclude<Kind, "challenge">;

/** A login that is there, with an id, a ticket and a time of its own. */
export async function addLogin(
  server: TestServer,
  id: string,
  changes: Partial<Login> = {},
): Promise<Login> {
  const now = server.time.now();
  const ticket = `ticket-${id}`.padEnd(16, "-").slice(0, 16);
  const login = aLogin({ id, ticket, createdAt: now, expiresAt: now + 60_000, ...changes });
  await server.memory.addLogin(login, () => login);
  return login;
}

/** Enough of everything for a look at each page. */
export async function fill(server: TestServer): Promise<void> {
  const now = server.time.now();
  const hour = 3_600_000;
  const persons = [
    someone("alice", { approves: ["own", "deploy@web*"], contacts: { wecom: "AliceLi" } }),
    someone("bob", { state: "frozen" }),
    someone("王小明", { approves: ["own", "deploy@group:web"] }),
    someone("carol", { administrator: true }),
    someone("dave", { state: "removed" }),
  ];
  await put(server, {
    person: persons,
    device: [
      aPasskey({ id: "d_a1", person: "p_alice", name: "Pixel 9", lastUsedAt: now - hour }, {
        id: "a",
      }),
      anAuthenticator({ id: "d_a2", person: "p_alice", name: "Aegis", use: "hosts" }),
      aPasskey({ id: "d_a3", person: "p_alice", name: "old laptop", revokedAt: now }, { id: "b" }),
      aPasskey({ id: "d_c1", person: "p_carol", name: "YubiKey" }, { id: "c" }),
    ],
    grant: [
      aGrant({ expiresAt: now + hour, createdAt: now - 1 }),
      aGrant({
        ...{ id: "g_2", user: "deploy", host: "group:web", commands: "transfer", key: "" },
        ...{ network: "2001:db8:0:1::/64", expiresAt: now + 7 * hour, createdAt: now - 1 },
      }),
      aGrant({
        ...{ id: "g_3", user: "bob", person: "p_bob", by: "person:bob" },
        ...{ expiresAt: now + 2 * hour, createdAt: now - 1 },
      }),
    ],
    freeze: [
      aFreeze({
        ...{ user: "alice", since: now - hour },
        evidence: aLogin({ source: "203.0.113.66", service: "sudo" }),
      }),
      aFreeze({ id: "f_2", user: "mallory", host: "web1", why: "administrator", by: "admin:root" }),
      aFreeze({ id: "f_3", user: "bob", liftedAt: now - hour, liftedBy: "person:carol" }),
    ],
  });
  const versions = ["0.6.0", "0.6.0", null];
  for (const [index, name] of ["edge1", "web1", "web2"].entries()) {
    await server.addHost(name, `ghh_${name}`);
    await server.memory.changeHost(name, (host) => ({
      ...host,
      joinedAt: index === 2 ? null : now - 90 * 24 * hour,
      lastSeenAt: index === 2 ? null : now - index * 26 * hour - 60_000,
      version: versions[index] ?? null,
    }));
  }
  await addLogin(server, "w1", { command: "rsync -a --delete site/ /srv/www/" });
  await addLogin(server, "w2", { user: "deploy", host: "web2", source: "2001:db8::17" });
  await addLogin(server, "w3", { user: "bob", host: "edge1", source: "198.51.100.4" });
  await fillDay(server, 120);
}

/** Logins of the last day, ended in all ways. */
export async function fillDay(server: TestServer, count: number): Promise<void> {
  const now = server.time.now();
  const ends: Partial<Login>[] = [
    { state: "approved", collected: true, by: "person:alice", via: "passkey" },
    { state: "approved", collected: true, by: "grant:g_1", via: "grant" },
    { state: "approved", collected: true, by: "person:carol", via: "session" },
    { state: "expired", reason: "timeout" },
    { state: "denied", reason: "denied", by: "person:alice", via: "code" },
    { state: "denied", reason: "not_me", by: "link", via: "link" },
    { state: "cancelled", reason: "hung_up" },
    { state: "cancelled", reason: "code_used" },
  ];
  const users = ["alice", "alice", "deploy", "bob", "王小明", "backup"];
  const hosts = ["web1", "web2", "edge1"];
  const sources = ["192.0.2.7", "192.0.2.7", "198.51.100.4", "2001:db8::17", "203.0.113.66"];
  const service = ["ssh", "sshd", "sudo"];
  for (let index = 0; index < count; index++) {
    const createdAt = now - Math.floor((index * index % 997) / 997 * 86_000_000) - 1;
    await addLogin(server, `l${index}`, {
      ...(ends[(index * 7) % ends.length] ?? {}),
      user: users[index % users.length] ?? "",
      host: hosts[(index * 5) % hosts.length] ?? "",
      source: index % 23 === 0 ? `203.0.113.${index % 200}` : sources[index % 5] ?? "",
      service: service[index % 3] ?? "",
      command: index % 4 === 0 ? "git-upload-pack 'team/website.git'" : null,
      ...{ createdAt, expiresAt: createdAt + 60_000, decidedAt: createdAt + 5_000 },
    });
  }
}
