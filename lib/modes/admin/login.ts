/** `gatehouse login list|approve|deny`: an administrator decides at the server's terminal. */
import { Exit, Failure } from "../../core/errors.ts";
import { isOpen, type Login, step } from "../../core/login.ts";
import type { ApprovalAnswer, ApprovalRules } from "../../core/approval.ts";
import { approveAtTerminal } from "../../core/person_approval.ts";
import { RECORD_ID_BYTES, recordId } from "../../core/record_id.ts";
import { ago, table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { change, record, recordApproval } from "./login_record.ts";
import { account, asJson, ended, SHOWN_ID, summary, what } from "./login_shown.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { systemRandom } from "../../io/random.ts";
import type { Audit, Store } from "../../ports.ts";

/** How far back a login is looked for: as many as the server holds waiting (DESIGN.md 8). */
const SEARCHED = 10_000;
/** How many of those that have ended are listed. */
const LISTED = 20;
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

/**
 * An administrator at the terminal sees the login itself: there is no number to compare. Where it takes
 * two persons, that is one of them.
 */
export async function loginApprove(
  prefix: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const now = systemClock.now();
    const login = await find(store, prefix, now);
    const grantId = recordId("g", systemRandom.bytes(RECORD_ID_BYTES));
    const rules = await rulesOf(store);
    const answer = await store.change(approveAtTerminal(login, { by, grantId }, rules, now));
    switch (answer.outcome) {
      case "approved":
      case "second_needed": {
        await recordApproval(login, answer, store, audit);
        const after = await store.login(login.id) ?? login;
        if (options.json) return out.line(jsonLine(asJson(after)));
        out.line(`${answer.outcome === "approved" ? "approved" : FIRST} ${summary(login)}`);
        return await tellOfOthers(login, store, out, now);
      }
      case "refused":
      case "denied":
        throw await notApproved(answer, login, store, audit, now);
    }
  });
}

const FIRST = "counted as the first of two approvals, now another person has to approve";

export async function loginDeny(
  prefix: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const now = systemClock.now();
    const { id } = await find(store, prefix, now);
    const denial = { type: "deny", notMe: false, by, via: "terminal" } as const;
    const changed = await change(id, denial, store, now);
    if (changed === undefined) throw ended(await store.login(id), id, now);
    await record(changed, audit);
    if (changed.state !== "denied") throw ended(changed, id, now);
    if (options.json) return out.line(jsonLine(asJson(changed)));
    out.line(`denied ${summary(changed)}`);
    await tellOfOthers(changed, store, out, now);
  });
}

/**
 * On its page a request is decided as a whole, where all of it is read. Here it is one connection, for the
 * others may run something else, and one of them may have joined since the list was looked at.
 */
async function tellOfOthers(
  { id, ticket }: Login,
  store: Store,
  out: Out,
  now: number,
): Promise<void> {
  const others = (await store.loginsByTicket(ticket))
    .filter((other) => other.id !== id && isOpen(other, now));
  if (others.length === 0) return;
  const wait = others.length === 1 ? "connection waits" : "connections wait";
  out.error(
    `${others.length} more ${wait} that joined the same request; for each: ` +
      "gatehouse login approve ID, or deny ID",
  );
  for (const other of others) out.error(`${other.id.slice(0, SHOWN_ID)}  ${what(other, 60)}`);
}

/** What the server approves by. @throws Failure (78) when it has never run */
async function rulesOf(store: Store): Promise<ApprovalRules> {
  const rules = await store.rules();
  if (rules !== undefined) return rules;
  throw new Failure(
    Exit.config,
    "the server has not said yet which accounts take two persons",
    "start it once: gatehouse server",
  );
}

/** Why not; writes down what time alone has done to it. */
async function notApproved(
  answer: Extract<ApprovalAnswer, { outcome: "refused" | "denied" }>,
  login: Login,
  store: Store,
  audit: Audit,
  now: number,
): Promise<Failure> {
  const why = answer.outcome === "refused" ? answer.why : "ended";
  if (why === "frozen") {
    return new Failure(
      Exit.denied,
      `${account(login)} is frozen`,
      "see: gatehouse account list",
    );
  }
  if (why === "not_remembered") {
    return new Failure(
      Exit.denied,
      `${account(login)} asks for a grant that cannot be given`,
      "see grants_max and [[accounts]] in server.toml",
    );
  }
  const expired = await change(login.id, { type: "expire" }, store, now);
  if (expired !== undefined) await record(expired, audit);
  return ended(await store.login(login.id), login.id, now);
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
