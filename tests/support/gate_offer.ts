/** What the gate shows to the person who is to approve, and what that person does then. */
import { BY_LINK, GatehouseServer, startServer } from "./server.ts";
import { type GuardedHost, guardedHost, type HostToml } from "./gate.ts";
import { Running, start, type StartOptions } from "./process.ts";
import { ssh } from "./ssh.ts";
import type { Terminal } from "./terminal.ts";

export interface Offer {
  readonly url: string;
  readonly number: string;
}

/** Waits for the link and the number, on the screen or on stderr. */
export async function offerOn(where: Terminal | Running): Promise<Offer> {
  const text = where instanceof Running
    ? await where.err(/^gatehouse: approve within \d+ s at \S+ with number \d\d$/m)
    : await where.waitFor(/^ +open +http\S+\n +number +\d\d$/m);
  const [, url = "", number = ""] = /(http\S+)\s.*?(\d\d)$/s.exec(text) ?? [];
  return { url, number };
}

/** What the page's forms send (DESIGN.md 5). @throws when the server will not have it */
async function send(offer: Offer, action: string, form: Record<string, string>): Promise<void> {
  const response = await fetch(`${offer.url}/${action}`, {
    method: "POST",
    headers: { origin: new URL(offer.url).origin },
    body: new URLSearchParams(form),
  });
  const page = await response.text();
  if (!response.ok) throw new Error(`${action}: ${response.status} ${page}`);
}

export async function approve(offer: Offer, number = offer.number): Promise<void> {
  await send(offer, "approve", { match: number });
}

export async function deny(offer: Offer, notMe = false): Promise<void> {
  await send(offer, "deny", notMe ? { not_me: "1" } : {});
}

/** Approves what is offered there, and hands it back. */
export async function approved<T extends Terminal | Running>(where: T): Promise<T> {
  await approve(await offerOn(where));
  return where;
}

/** Has the ordinary account approved, lest what was refused before makes it quiet (core/fatigue.ts). */
export async function forgiven({ host }: Pick<Pair, "host">): Promise<void> {
  await (await approved(ssh(host.target(), "true"))).done;
}

/**
 * For what runs over a subsystem: sshd drops its stderr (session.c, CHAN_EXTENDED_IGNORE), so the
 * client sees nothing of ours. Another login that waits meanwhile shows the link for both.
 */
export async function approvedUnseen(
  { host, server }: Pick<Pair, "host" | "server">,
  argv: readonly string[],
  options?: StartOptions,
): Promise<Running> {
  const created = server.log.split('"login created"').length;
  const unseen = start(argv, options);
  await server.logged(new RegExp(`(?:"login created"[^]*){${created}}`));
  const seen = await approved(ssh(host.target(), "true"));
  await seen.done;
  return unseen;
}

/** Another number than the right one. */
export function wrongNumber({ number }: Offer): string {
  return number === "99" ? "98" : String(Number(number) + 1);
}

/** A guarded host with a server that it has joined. */
export interface Pair extends AsyncDisposable {
  readonly host: GuardedHost;
  readonly server: GatehouseServer;
  /** host.toml's lines for that server. */
  readonly joined: HostToml;
}

/** @param lines for sshd_config, before those of the gate @param toml more for server.toml */
export async function guardedPair(lines: readonly string[] = [], toml = ""): Promise<Pair> {
  const host = await guardedHost(lines);
  try {
    const config = await host.folder.file("server.toml", BY_LINK + toml, 0o600);
    const server = await startServer(host.folder, { config });
    const joined = await joinedTo(server);
    await host.configure(joined);
    return {
      host,
      server,
      joined,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

/** Joins a host to it; what its host.toml says then. */
export async function joinedTo(server: GatehouseServer): Promise<HostToml> {
  const token = await server.addHost("web1");
  const response = await fetch(`${server.url}/api/v1/join`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ nonce: "N".repeat(43) }),
  });
  const { server_keys }: { server_keys: string[] } = await response.json();
  return {
    servers: [server.url],
    server_keys,
    host: "web1",
    host_token: token,
    signed_offers: true,
  };
}

/** The id of the login that was created last. */
export function lastLogin(server: GatehouseServer): string {
  const line = server.log.trim().split("\n").findLast((line) => line.includes('"login created"'));
  const { login }: { login?: unknown } = JSON.parse(line ?? "{}");
  return String(login);
}

/** Resolves when the server has logged that about the login. */
export async function loginIs(
  server: GatehouseServer,
  what: "created" | "approved" | "denied" | "expired" | "cancelled" | "collected",
  login: string,
): Promise<void> {
  await server.logged(new RegExp(`^.*"message":"login ${what}".*"login":"${login}".*$`, "m"));
}
