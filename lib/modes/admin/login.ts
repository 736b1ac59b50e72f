/** `gatehouse login list|approve|deny`: an administrator decides at the server's terminal. */
import { loginEvent } from "../../core/audit.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { isOpen, type Login, type LoginEvent, step } from "../../core/login.ts";
import { ago, table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import type { Audit, Store } from "../../ports.ts";

/** How far back a login is looked for: as many as the server holds waiting (DESIGN.md 8). */
const SEARCHED = 10_000;
/** How many of those that have ended are listed. */
const LISTED = 20;
const SHOWN_ID = 8;
/** Shorter ones are too easily right by accident. */
const SHORTEST_ID = 4;

export async function loginList(options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store }) => {
    const now = systemClock.now();
    const recent = (await store.recentLogins(SEARCHED))
      .map((login) => step(login, { type: "expire" }, now).login)
      .filter((login, index) => index < LISTED || isOpen(login, now));
    if (options.json) return out.line(jsonLine(recent.map(asJson)));
    if (recent.length === 0) return out.line("no logins yet");
    const rows = recent.map((login) => [
      login.id.slice(0, SHOWN_ID),
      login.reason ?? login.state,
      ago(login.createdAt, now),
      account(login),
      printable(login.source),
      what(login, 60),
    ]);
    for (const line of table([["ID", "STATE", "AGE", "ACCOUNT", "FROM", "WHAT"], ...rows])) {
      out.line(line);
    }
  });
}

export async function loginApprove(id: string, options: CommandOptions, out: Out): Promise<void> {
  // An administrator at the terminal sees the login itself: there is no number to compare.
  await decide(id, options, out, "approved", (login, by) => ({
    type: "approve",
    match: login.match,
    by,
    via: "terminal",
  }));
}

export async function loginDeny(id: string, options: CommandOptions, out: Out): Promise<void> {
  await decide(id, options, out, "denied", (_, by) => ({
    type: "deny",
    notMe: false,
    by,
    via: "terminal",
  }));
}

async function decide(
  prefix: string,
  options: CommandOptions,
  out: Out,
  wanted: "approved" | "denied",
  event: (login: Login, by: string) => LoginEvent,
): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const now = systemClock.now();
    const { id } = await find(store, prefix, now);
    const changed = await change(id, (login) => event(login, by), store, now);
    if (changed === undefined) throw ended(await store.login(id), id, now);
    await record(changed, store, audit);
    if (changed.state !== wanted) throw ended(changed, id, now);
    if (options.json) return out.line(jsonLine(asJson(changed)));
    out.line(
      `${wanted} ${account(changed)} from ${printable(changed.source)}: ${what(changed, Infinity)}`,
    );
  });
}

/** The login, if the event changed it. */
async function change(
  id: string,
  event: (login: Login) => LoginEvent,
  store: Store,
  now: number,
): Promise<Login | undefined> {
  const [changed] = await store.changeLogins(
    { id },
    (found) =>
      found.map((login) => step(login, event(login), now))
        .filter(({ changed }) => changed).map(({ login }) => login),
  );
  return changed;
}

/** @throws Failure: 77 when an approval was taken back, for without a trace it does not count */
async function record(login: Login, store: Store, audit: Audit): Promise<void> {
  try {
    await audit.append(loginEvent(`login.${login.state}`, login));
  } catch {
    const name = `login ${login.id.slice(0, SHOWN_ID)} of ${account(login)}`;
    const hint = "check the free space, and audit.jsonl in the data directory";
    if (login.state === "approved" && await takeBack(login.id, store, audit)) {
      const why = "the audit log cannot be written";
      throw new Failure(Exit.denied, `${why}, so ${name} is denied`, hint);
    }
    const but = `${name} is ${login.state}, but the audit log does not say so`;
    throw new Failure(Exit.software, but, hint);
  }
}

/** False when that is not possible any more: what is collected has a line of its own. */
async function takeBack(id: string, store: Store, audit: Audit): Promise<boolean> {
  const event = { type: "deny", notMe: false, by: "gatehouse", via: "terminal" } as const;
  const denied = await change(id, () => event, store, systemClock.now()).catch(() => undefined);
  if (denied === undefined) return false;
  await audit.append(loginEvent(`login.${denied.state}`, denied)).catch(() => {});
  return true;
}

/** The one login whose id begins so; one that is still open goes before those that have ended. */
async function find(store: Store, prefix: string, now: number): Promise<Login> {
  const shown = printable(prefix, 64);
  if (prefix.length < SHORTEST_ID) {
    throw new Failure(
      Exit.usage,
      `${JSON.stringify(shown)} is too short for a login's id`,
      `give at least ${SHORTEST_ID} characters; see: gatehouse login list`,
    );
  }
  const recent = await store.recentLogins(SEARCHED);
  const fitting = recent.filter((login) => login.id.startsWith(prefix));
  const open = fitting.filter((login) => isOpen(login, now));
  const [found, second] = open.length > 0 ? open : fitting;
  if (found === undefined) {
    throw new Failure(Exit.usage, `there is no login ${shown}`, "see: gatehouse login list");
  }
  if (second !== undefined) {
    throw new Failure(
      Exit.usage,
      `several logins begin with ${shown}`,
      "give more characters; see: gatehouse login list --json",
    );
  }
  return found;
}

function ended(login: Login | undefined, id: string, now: number): Failure {
  if (login === undefined) return new Failure(Exit.denied, `login ${id} is forgotten`);
  const by = login.by === null ? "" : ` by ${printable(login.by)}`;
  const when = ago(login.decidedAt ?? login.createdAt, now);
  return new Failure(
    Exit.denied,
    `login ${id.slice(0, SHOWN_ID)} of ${account(login)} has ended: ${login.state}${by}, ${when}`,
    "the user can start another one",
  );
}

function account(login: Login): string {
  return printable(`${login.user}@${login.host}`, 48);
}

/** @param max characters of the command: in a table a few, before a decision is reported all */
function what(login: Login, max: number): string {
  const { requester } = login;
  return requester === null
    ? runs(login, max)
    : `${runs(login, max)}, asked by ${printable(requester, 48)}`;
}

function runs({ command, commandWhole, service, tty }: Login, max: number): string {
  if (command !== null) {
    return `${printable(command, max)}${commandWhole ? "" : " (not the whole command)"}`;
  }
  if (!commandWhole) return `login by ${printable(service, 48)}`;
  return tty ? "interactive shell" : "shell without terminal";
}

function asJson(login: Login) {
  const { id, state, reason, host, user, service, source, requester } = login;
  const { key, tty, command, by, via } = login;
  return {
    id,
    state,
    reason,
    host,
    user,
    service,
    source,
    requester,
    key,
    tty,
    command,
    command_whole: login.commandWhole,
    by,
    via,
    created_at: rfc3339(login.createdAt),
    expires_at: rfc3339(login.expiresAt),
    decided_at: rfc3339(login.decidedAt),
  };
}
