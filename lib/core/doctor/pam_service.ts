/** All findings of one service that has our module, or on which sshd relies. */
import { isGatehouse } from "../pam_stack/gatehouse_line.ts";
import { PAM_TYPES, type PamType } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { bypasses } from "./pam_bypass.ts";
import { examineFactor, notInStack, whereOf } from "./pam_factor.ts";
import { groupFindings, letByFindings, notSentFindings, people } from "./pam_gate.ts";
import { lineFindings, type Stacks } from "./pam_lines.ts";
import { type Case, casesOf, type PamWorld } from "./pam_login.ts";
import { missingModules } from "./pam_modules.ts";
import { type Empty, nullokFindings } from "./pam_nullok.ts";
import { orderFinding } from "./pam_order.ts";
import { alwaysFails, credentialsFail, nologinMissing, userEnvironment } from "./pam_session.ts";
import { gateTooFindings, twiceFindings } from "./pam_twice.ts";
import type { Reliance } from "./site.ts";
import type { Account } from "../unix_account.ts";

export interface ServiceQuestion {
  readonly stacks: Stacks;
  /** All of the machine. */
  readonly accounts: readonly Account[];
  readonly world: PamWorld;
  readonly empty: Empty;
}

/** Programs that ask somebody who is logged in as that account. */
const INSIDE = ["sudo", "sudo-i", "doas"];

const SSHD = { relied: true, inside: false };

/** sudo, su, login and their like: whoever the gate in front of our line does not let by is guarded. */
export function examineService(question: ServiceQuestion): Finding[] {
  const { stacks, accounts, world, empty } = question;
  const { auth } = stacks;
  const findings = [...lineFindings(stacks), ...modulesMissing(stacks, world)];
  if (!auth.entries.some(isGatehouse)) return findings;
  const cases = casesOf(auth, people(accounts), world);
  const inside = INSIDE.includes(auth.service);
  const factor = examineFactor({
    stack: auth,
    guarded: cases,
    alone: cases,
    relied: false,
    inside,
  });
  const letBy = namesIn(factor.letBy);
  const asked = people(accounts).filter(({ name }) => !letBy.has(name));
  return withoutEcho([
    ...findings,
    ...factor.findings,
    ...twiceFindings(auth, cases),
    ...groupFindings(auth, cases, world, inside ? "warning" : "critical"),
    ...nullokFindings(auth, asked, empty, false),
    ...fails(question, people(accounts), ["account"]),
  ]);
}

export function examineSshdService(question: ServiceQuestion, reliance: Reliance): Finding[] {
  const { stacks, accounts, world, empty } = question;
  const { auth, account, session } = stacks;
  const alone = accounts.filter(({ name }) => reliance.pamAlone.includes(name));
  const meant = namesIn([...reliance.pam, ...reliance.gate]);
  const guarded = alone.filter(({ name }) => meant.has(name));
  const byPam = namesIn([...reliance.pam, ...alone]);
  const comers = accounts.filter(({ name }) => meant.has(name) || byPam.has(name));
  const findings = [
    ...lineFindings(stacks),
    ...modulesMissing(stacks, world),
    ...guardOfSshd(question, reliance, alone),
    ...nullokFindings(auth, guarded, empty, true),
    ...twiceFindings(auth, casesOf(auth, people(accounts), world)),
    ...gateTooFindings(
      auth,
      casesOf(auth, people(reliance.gate).filter(isIn(reliance.gateAfterPam)), world),
    ),
  ];
  if (comers.length === 0) return withoutEcho(findings);
  const passing = comers.filter(({ name }) => byPam.has(name));
  const closed = credentialsFail(auth, casesOf(auth, passing, world));
  const nologin = nologinMissing(auth, account);
  return withoutEcho([
    ...findings,
    ...(closed === undefined ? [] : [closed]),
    ...(nologin === undefined ? [] : [nologin]),
    ...fails(question, comers, ["account", "session"]),
    ...(reliance.gate.length > 0 ? userEnvironment(session, reliance.emptied) : []),
  ]);
}

function guardOfSshd(
  { stacks, accounts, world }: ServiceQuestion,
  reliance: Reliance,
  alone: readonly Account[],
): Finding[] {
  const { auth } = stacks;
  const has = auth.entries.some(isGatehouse);
  const aloneCases = casesOf(auth, alone, world);
  if (!has || reliance.pam.length === 0) {
    const open = examineFactor({ stack: auth, guarded: [], alone: aloneCases, ...SSHD });
    if (has) {
      return [
        ...open.findings,
        ...groupFindings(auth, casesOf(auth, people(accounts), world), world, "critical"),
        ...reliance.unknown ? [] : [notAsked(auth, reliance)],
      ];
    }
    if (reliance.pam.length === 0) return [...open.findings];
    return [missing(stacks, casesOf(auth, reliance.pam, world)), ...open.findings];
  }
  const cases = casesOf(auth, reliance.pam, world);
  const factor = examineFactor({ stack: auth, guarded: cases, alone: aloneCases, ...SSHD });
  const groupless = groupFindings(auth, casesOf(auth, people(accounts), world), world, "critical");
  const relied = namesIn(reliance.pam);
  const both = alone.filter(({ name }) => relied.has(name));
  const unguarded = accounts.filter(({ name }) => reliance.unguarded?.includes(name));
  const order = casesOf(auth, both, world).flatMap((one) => orderFinding(auth, one) ?? []);
  return [
    ...factor.findings,
    ...groupless.length > 0 ? groupless : letByFindings(auth, factor.letBy, reliance, accounts),
    ...notSentFindings(auth, pickedByPam(auth, unguarded, world)),
    ...order.slice(0, 1),
  ];
}

/** Those whom our line would ask; nobody where it would ask all of them. */
function pickedByPam(
  auth: Stacks["auth"],
  accounts: readonly Account[],
  world: PamWorld,
): Account[] {
  const passes = ({ outcomes }: Case) =>
    bypasses(auth, outcomes).some(({ kind }) => kind === "gate");
  const cases = casesOf(auth, people(accounts), world);
  const asked = cases.filter((one) => !passes(one));
  return asked.length < cases.length ? asked.flatMap((one) => one.accounts) : [];
}

function isIn(names: readonly string[] = []): (account: Account) => boolean {
  return ({ name }) => names.includes(name);
}

function namesIn(accounts: readonly Account[]): ReadonlySet<string> {
  return new Set(accounts.map(({ name }) => name));
}

function missing(stacks: Stacks, cases: readonly Case[]): Finding {
  const elsewhere = PAM_TYPES.filter((type) => type !== "auth")
    .map((type) => ({ type, stack: stacks[type] }));
  return notInStack(stacks.auth, elsewhere, cases);
}

function notAsked(auth: Stacks["auth"], reliance: Reliance): Finding {
  const ours = auth.entries.find(isGatehouse);
  return {
    id: "pam.not-asked",
    severity: reliance.gate.length > 0 ? "info" : "warning",
    ...(ours === undefined ? whereOf(auth) : { where: ours.where }),
    what: `our module stands in ${auth.service}, and sshd requires PAM's answer of nobody`,
    means: "Logins by key never come to that line: it guards nobody who has one.",
    mend:
      "write `AuthenticationMethods publickey,keyboard-interactive:pam` into sshd's configuration",
  };
}

function modulesMissing(stacks: Stacks, world: PamWorld): Finding[] {
  return PAM_TYPES.flatMap((type) => missingModules(stacks[type], world.isThere));
}

function fails(
  { stacks, world }: ServiceQuestion,
  accounts: readonly Account[],
  types: readonly PamType[],
): Finding[] {
  return types.flatMap((type) =>
    alwaysFails(stacks[type], casesOf(stacks[type], accounts, world)) ?? []
  );
}

/** Reasons why nobody passes, which say more than that. */
const REASONS = ["pam.options-refused", "pam.module-not-there"];

/** One fault, one finding. */
function withoutEcho(findings: readonly Finding[]): Finding[] {
  const explained = findings.some(({ id, severity }) =>
    REASONS.includes(id) && severity === "critical"
  );
  // What came of the wrong type is said by the critical one.
  const wrong = findings.find(({ id, severity }) =>
    id === "pam.wrong-type" && severity === "critical"
  );
  return findings.filter((finding) => {
    if (explained && finding.id === "pam.nobody-passes") return false;
    return wrong === undefined || finding === wrong || finding.id !== "pam.wrong-type";
  });
}
