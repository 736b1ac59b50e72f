/** Findings of a service's `auth` stack: who gets past our module, and who gets in at all. */
import { isGatehouse, readGatehouseLine } from "../pam_stack/gatehouse_line.ts";
import { moduleName } from "../pam_stack/assumptions.ts";
import type { PamStack, PamType } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { lineToBlame } from "./pam_blame.ts";
import { bypasses } from "./pam_bypass.ts";
import { bypassFinding } from "./pam_bypass_finding.ts";
import { type Case, lineText, namesOf, witness } from "./pam_login.ts";
import { explore, type Way } from "./pam_paths.ts";
import type { Account } from "../unix_account.ts";
import { placeOf } from "./text.ts";

interface FactorQuestion {
  readonly stack: PamStack;
  /** Those who are to meet the factor here, unless a gate in front of our line lets them by. */
  readonly guarded: readonly Case[];
  /** sshd's own configuration sends them here. */
  readonly relied: boolean;
  /** Of all who use the stack: those who have shown nothing before. */
  readonly alone: readonly Case[];
  /** Whether the program has let them in already, and only asks again (sudo). */
  readonly inside: boolean;
}

/** Whom our gate lets by, beside the findings. */
interface FactorAnswer {
  readonly findings: readonly Finding[];
  readonly letBy: readonly Account[];
}

export function examineFactor(question: FactorQuestion): FactorAnswer {
  const { stack, guarded, alone } = question;
  const findings: Finding[] = [];
  const letBy: Account[] = [];
  const shutOut: Case[] = [];
  let passes = guarded.length === 0;
  for (const one of guarded) {
    const { ways, complete } = explore(stack, one.outcomes);
    if (!complete) findings.push(tooLarge(stack));
    const enters = !complete || ways.some(({ result }) => result === "success");
    if (enters) passes = true;
    else shutOut.push(one);
    const found = bypasses(stack, one.outcomes);
    if (found.some(({ kind }) => kind === "gate")) letBy.push(...one.accounts);
    else findings.push(...found.map((bypass) => bypassFinding(stack, one, bypass)));
  }
  if (!passes) findings.push(nobodyPasses(stack, guarded));
  else if (shutOut.length > 0) findings.push(someShutOut(question, shutOut));
  for (const one of alone) findings.push(...firstFactor(question, one));
  return { findings, letBy };
}

function tooLarge(stack: PamStack): Finding {
  return {
    id: "pam.stack-unknown",
    severity: "warning",
    ...whereOf(stack),
    what: `the auth stack of ${stack.service} has more ways through it than can be looked at`,
    means: "There may be a way past the factor that was not seen.",
    mend: "make the stack simpler: fewer jumps, fewer substacks",
  };
}

/** Where the stack begins. */
export function whereOf({ service, entries }: PamStack): Pick<Finding, "where"> {
  return { where: entries[0]?.where ?? { file: `/etc/pam.d/${service}` } };
}

function nobodyPasses(stack: PamStack, cases: readonly Case[]): Finding {
  const accounts = cases.flatMap(({ accounts }) => accounts);
  const { way, line } = whyNot(stack, cases);
  return {
    id: "pam.nobody-passes",
    severity: "critical",
    ...whereOf(stack),
    ...(line === undefined ? {} : { where: line.where }),
    what: `nobody can get through the auth stack of ${stack.service}`,
    means: `Whatever is answered, ${namesOf(accounts)} ${stays(accounts)} outside.`,
    mend: line?.kind === "faulty"
      ? `correct this line, which libpam cannot read and takes for one that fails: ${
        placeOf(line.where)
      }`
      : line === undefined
      ? "a stack needs a line that succeeds: `auth required pam_permit.so` behind ours"
      : `look at this line, which fails even for the right answers: ${lineText(line, stack.type)}`,
    ...(way === undefined ? {} : { witness: witness(accounts, way) }),
  };
}

/** Which may be meant: a line such as `requisite pam_succeed_if.so user ingroup staff`. */
function someShutOut({ stack, relied }: FactorQuestion, cases: readonly Case[]): Finding {
  const accounts = cases.flatMap(({ accounts }) => accounts);
  const { way, line } = whyNot(stack, cases);
  return {
    id: "pam.shut-out",
    severity: relied ? "warning" : "info",
    ...whereOf(stack),
    ...(line === undefined ? {} : { where: line.where }),
    what: `${namesOf(accounts)} cannot get through the auth stack of ${stack.service}, others can`,
    means: `Whatever is answered, ${accounts.length === 1 ? "it stays" : "they stay"} outside.`,
    mend: "where that is not meant, look at the conditions in that stack and where they jump",
    ...(way === undefined ? {} : { witness: witness(accounts, way) }),
  };
}

/** The way that shows most of what a person could show, and the line that it fails at. */
function whyNot(stack: PamStack, [first]: readonly Case[]) {
  const way = first && mostProven(explore(stack, first.outcomes).ways);
  const blamed = first && lineToBlame(stack, first.outcomes, way);
  return { way, line: blamed ?? stack.entries.find(({ kind }) => kind === "faulty") };
}

function stays(accounts: readonly Account[]): string {
  return accounts.length === 1 ? "stays" : "stay";
}

function mostProven(ways: readonly Way[]): Way | undefined {
  const shown = ({ facts }: Way) => facts.proofs.length + (facts.passed ? 10 : 0);
  return ways.toSorted((a, b) => shown(b) - shown(a))[0];
}

/** In with neither password nor key: with the factor alone, or with nothing. */
function firstFactor({ stack, inside }: FactorQuestion, one: Case): Finding[] {
  const ways = explore(stack, one.outcomes).ways.filter(({ result, facts }) =>
    result === "success" && facts.proofs.length === 0
  );
  // Under pam_exec an exempt account is a success, too.
  const exec = stack.entries.some((entry) =>
    isGatehouse(entry) && readGatehouseLine(entry).underExec
  );
  const nothing = ways.find(({ facts }) => !facts.passed || exec);
  const way = nothing ?? ways[0];
  if (way === undefined) return [];
  const decides = way.steps.findLast(({ result, action }) =>
    result === "success" && (action === "ok" || action === "done")
  );
  return [{
    id: "pam.no-first-factor",
    severity: nothing === undefined && inside ? "info" : "critical",
    ...whereOf(stack),
    ...(decides === undefined ? {} : { where: decides.entry.where }),
    what: nothing === undefined
      ? `${stack.service} takes the approval alone, without password or key`
      : `${stack.service} lets people in who have shown nothing at all`,
    means: nothing === undefined
      ? "The factor is the only one: an approval by mistake, or a code that was seen, is enough."
      : nothing.facts.agreed
      ? "Whoever is exempt from the factor gets in by knowing the account's name."
      : "Knowing the account's name is enough to get in.",
    mend: nothing === undefined || nothing.facts.agreed
      ? "put `auth requisite pam_unix.so` in front of our line"
      : "have a line in the stack that proves something, such as `auth requisite pam_unix.so`",
    witness: witness(one.accounts, way),
  }];
}

/** Where sshd counts on PAM and our module is not in its stack. */
export function notInStack(
  stack: PamStack,
  elsewhere: readonly { readonly type: PamType; readonly stack: PamStack }[],
  cases: readonly Case[],
): Finding {
  const wrong =
    elsewhere.flatMap(({ type, stack }) =>
      stack.entries.filter(isGatehouse).map((entry) => ({ type, entry }))
    )[0];
  const accounts = cases.flatMap((one) => one.accounts);
  const way = cases[0] && leastProven(explore(stack, cases[0].outcomes).ways);
  const who = namesOf(accounts);
  const file = `/etc/pam.d/${stack.service}`;
  return {
    id: wrong === undefined ? "pam.not-in-stack" : "pam.wrong-type",
    severity: "critical",
    where: wrong?.entry.where ?? { file },
    what: wrong === undefined
      ? `our module is not in the auth stack of ${stack.service}, on which sshd relies`
      : `our module stands in ${wrong.type} of ${stack.service} and not in auth, where it would ask`,
    means: `Nobody asks ${who} for a second factor, although sshd's configuration says so.`,
    mend: `write \`auth required pam_gatehouse.so\` into ${file}`,
    ...(way === undefined ? {} : { witness: witness(accounts, way) }),
  };
}

function leastProven(ways: readonly Way[]): Way | undefined {
  return ways.filter(({ result }) => result === "success")
    .toSorted((a, b) => a.facts.proofs.length - b.facts.proofs.length)[0];
}

/** Whether a line names one of these modules, without `.so`. */
export function hasModule(stack: PamStack, ...names: readonly string[]): boolean {
  return stack.entries.some((entry) =>
    entry.kind === "module" && names.includes(moduleName(entry.module))
  );
}
