/** `gatehouse account freeze|unfreeze|list`, at the server: accounts that nobody gets in to. */
import { type Account, splitAccount } from "../../core/account_pattern.ts";
import { loginEvent } from "../../core/audit.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { ALL_HOSTS, type Freeze, freezeAccount, liftFreeze } from "../../core/freeze.ts";
import { accountFrozen, accountUnfrozen } from "../../core/people_events.ts";
import { RECORD_ID_BYTES, recordId } from "../../core/record_id.ts";
import { ago, table } from "../../core/table.ts";
import { isPrintable, jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { leave } from "./errands.ts";
import { endedGrants, record, whatEnded } from "./records.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { systemRandom } from "../../io/random.ts";
import type { Store } from "../../ports.ts";

export async function accountFreeze(
  named: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const account = await accountNamed(store, named);
    const id = recordId("f", systemRandom.bytes(RECORD_ID_BYTES));
    const { freeze, isNew, grants, logins } = await store.change(
      freezeAccount({ id, ...account, by }, systemClock.now()),
    );
    if (isNew) await leave(store, ["freeze", freeze.id]);
    await record(
      audit,
      ...(isNew ? [accountFrozen(freeze)] : []),
      ...endedGrants(grants),
      ...logins.map((login) => loginEvent(`login.${login.state}`, login)),
    );
    if (options.json) {
      const ended = { grants: grants.length, logins: logins.length };
      return out.line(jsonLine({ ...asJson(freeze), ended }));
    }
    const already = isNew ? "" : `, since ${ago(freeze.since, systemClock.now())}`;
    out.line(`${shown(freeze)} is frozen${already}; nobody can approve a login to it`);
    const ended = whatEnded([[grants.length, "grant"], [logins.length, "waiting login"]]);
    if (ended !== undefined) out.line(ended);
  });
}

/** Of a user without a host every freeze: then the user gets in again. */
export async function accountUnfreeze(
  named: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const account = await accountNamed(store, named);
    const open = await store.find("freeze", { user: account.user });
    const meant = open.filter(({ host }) => account.host === ALL_HOSTS || host === account.host);
    if (meant.length === 0) throw notFrozen(account, open);
    const lifted: Freeze[] = [];
    for (const { id } of meant) {
      const freeze = await store.change(liftFreeze(id, by, systemClock.now()));
      if (freeze === undefined) continue;
      await record(audit, accountUnfrozen(freeze));
      lifted.push(freeze);
    }
    if (options.json) return out.line(jsonLine(lifted.map(asJson)));
    for (const freeze of lifted) out.line(`${shown(freeze)} is not frozen any more`);
  });
}

export async function accountList(options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store }) => {
    const all = await store.find("freeze", { all: true });
    const open = all.filter(({ liftedAt }) => liftedAt === null);
    if (options.json) return out.line(jsonLine(open.map(asJson)));
    if (open.length === 0) return out.line("no account is frozen");
    const now = systemClock.now();
    const rows = open.map((freeze) => [
      shown(freeze),
      ago(freeze.since, now),
      printable(freeze.by),
      reason(freeze),
    ]);
    for (const line of table([["ACCOUNT", "SINCE", "BY", "WHY"], ...rows])) out.line(line);
  });
}

function reason({ why, evidence }: Freeze): string {
  if (why === "administrator") return "by hand";
  if (evidence === null) return "not me";
  const { id, host, service, source } = evidence;
  return `not me: ${printable(service, 32)} on ${printable(host)} from ${printable(source)}, ` +
    `login ${id.slice(0, 8)}`;
}

/**
 * `USER`, on all hosts, or `USER@HOST`. The host must be one we know: of two that differ in a letter
 * only one would be kept safe.
 * @throws Failure (2)
 */
async function accountNamed(store: Store, named: string): Promise<Account> {
  const account = named.includes("@") ? splitAccount(named) : { user: named, host: ALL_HOSTS };
  const shown = printable(named, 80);
  if (account.user === "" || account.host === "" || !isPrintable(named) || /\s/.test(named)) {
    throw new Failure(
      Exit.usage,
      `${JSON.stringify(shown)} is no account`,
      "write USER for all hosts, or USER@HOST",
    );
  }
  if (account.host === ALL_HOSTS) return account;
  const hosts = (await store.hosts()).filter(({ revokedAt }) => revokedAt === null);
  if (hosts.some(({ name }) => name === account.host)) return account;
  throw new Failure(
    Exit.usage,
    `there is no host ${printable(account.host, 80)}`,
    `see: gatehouse host list; where the user's name holds an @, write ${shown}@*`,
  );
}

function notFrozen({ user, host }: Account, open: readonly Freeze[]): Failure {
  const elsewhere = open.map(shown).join(", ");
  return new Failure(
    Exit.usage,
    `${shown({ user, host })} is not frozen`,
    elsewhere === "" ? "see: gatehouse account list" : `what is frozen: ${elsewhere}`,
  );
}

function shown({ user, host }: Account): string {
  return host === ALL_HOSTS
    ? `${printable(user, 64)} on all hosts`
    : `${printable(user, 64)}@${printable(host, 64)}`;
}

function asJson(freeze: Freeze) {
  const { id, user, host, by, why, evidence, liftedBy } = freeze;
  return {
    id,
    user,
    host,
    by,
    why,
    since: rfc3339(freeze.since),
    evidence: evidence === null ? null : {
      login: evidence.id,
      host: evidence.host,
      user: evidence.user,
      service: evidence.service,
      source: evidence.source,
      requester: evidence.requester,
      key: evidence.key,
      command: evidence.command,
      created_at: rfc3339(evidence.createdAt),
    },
    lifted_at: rfc3339(freeze.liftedAt),
    lifted_by: liftedBy,
  };
}
