/** `gatehouse grant list|revoke`, at the server: approvals that are remembered. */
import { Exit, Failure } from "../../core/errors.ts";
import { type Grant, isOpenGrant, revokeGrants } from "../../core/grant.ts";
import { left, table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { count, endedGrants, record } from "./records.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";

export interface RevokeOptions extends CommandOptions {
  /** `--user`: all of that Unix user, also what it was given for other accounts. */
  readonly user?: string;
}

export async function grantList(options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store }) => {
    const now = systemClock.now();
    const open = (await store.find("grant", { all: true })).filter((one) => isOpenGrant(one, now));
    if (options.json) return out.line(jsonLine(open.map(asJson)));
    if (open.length === 0) return out.line("no approval is remembered");
    const rows = open.map((grant) => [
      grant.id,
      account(grant),
      grant.network,
      what(grant),
      left(grant.expiresAt, now) ?? "0 s",
      printable(grant.by),
    ]);
    const heads = ["ID", "ACCOUNT", "FROM", "FOR", "LEFT", "GIVEN BY"];
    for (const line of table([heads, ...rows])) out.line(line);
  });
}

export async function grantRevoke(
  id: string | undefined,
  options: RevokeOptions,
  out: Out,
): Promise<void> {
  const { user } = options;
  if ((id === undefined) === (user === undefined)) {
    throw new Failure(
      Exit.usage,
      id === undefined ? "which grant?" : "ID and --user are two ways to say which",
      "write its ID as listed by: gatehouse grant list; or --user NAME for all of a user",
    );
  }
  await administer(options, async ({ store, audit, by }) => {
    const now = systemClock.now();
    const ended: Grant[] = [];
    const wheres = user === undefined ? [{ id: id ?? "" }] : [{ user }, { requester: user }];
    for (const where of wheres) ended.push(...await store.change(revokeGrants(where, by, now)));
    await record(audit, ...endedGrants(ended));
    if (id !== undefined && ended.length === 0) {
      throw new Failure(
        Exit.usage,
        `there is no grant ${printable(id, 64)} in force`,
        "see: gatehouse grant list",
      );
    }
    if (options.json) return out.line(jsonLine(ended.map(asJson)));
    if (ended.length === 0) {
      return out.line(`no approval is remembered for ${printable(user ?? "", 64)}`);
    }
    for (const grant of ended) {
      out.line(`ended ${account(grant)} from ${grant.network}: ${what(grant)}`);
    }
    if (ended.length > 1) out.line(`${count(ended.length, "grant")} in all`);
  });
}

function account({ user, host }: Grant): string {
  return printable(`${user}@${host}`, 64);
}

function what({ service, requester, commands, key }: Grant): string {
  const parts = [
    printable(service, 32),
    ...requester === null ? [] : [`asked by ${printable(requester, 48)}`],
    ...commands === "any" ? [] : ["transfers only"],
    key === "" ? "without a key" : printable(key, 20),
  ];
  return parts.join(", ");
}

function asJson(grant: Grant) {
  const { id, user, host, service, requester, network, key, commands, by, endedBy } = grant;
  return {
    id,
    user,
    host,
    service,
    requester,
    network,
    key,
    commands,
    by,
    created_at: rfc3339(grant.createdAt),
    expires_at: rfc3339(grant.expiresAt),
    ended_at: rfc3339(grant.endedAt),
    ended_by: endedBy,
  };
}
