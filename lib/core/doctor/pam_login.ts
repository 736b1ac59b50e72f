/** Accounts and the stack that they meet: those whom every line answers alike are one case. */
import {
  type Circumstances,
  credentialResults,
  possibleResults,
} from "../pam_stack/module_results.ts";
import type { PamEntry, PamFiles, PamResult, PamStack } from "../pam_stack/stack.ts";
import { printable } from "../text.ts";
import type { Outcomes, Step, Way } from "./pam_paths.ts";
import type { CredentialOutcomes } from "./pam_setcred.ts";
import type { Account } from "../unix_account.ts";

/** What PAM finds on the machine. */
export interface PamWorld {
  readonly files: PamFiles;
  /** Undefined where nobody can see the folder of modules. */
  readonly isThere: (module: string) => boolean | undefined;
  /** Undefined where nobody can see /etc/passwd. */
  readonly isLocal: (account: string) => boolean | undefined;
  /** Undefined where that cannot be known. */
  readonly hasGroup: (name: string) => boolean | undefined;
}

/** Accounts in the same circumstances. */
export interface Case {
  readonly accounts: readonly Account[];
  readonly outcomes: Outcomes;
  readonly credentials: CredentialOutcomes;
}

export function casesOf(stack: PamStack, accounts: readonly Account[], world: PamWorld): Case[] {
  const cases = new Map<string, Case & { accounts: Account[] }>();
  for (const account of accounts) {
    const login = circumstances(stack, account, world);
    const results = stack.entries.map((entry) =>
      entry.kind === "module" ? possibleResults(entry, stack.type, login) : []
    );
    const key = results.join("\n");
    const known = cases.get(key);
    if (known === undefined) {
      cases.set(key, { accounts: [account], ...answers(stack, results, login) });
    } else known.accounts.push(account);
  }
  return [...cases.values()];
}

function circumstances(stack: PamStack, account: Account, world: PamWorld): Circumstances {
  return { ...world, service: stack.service, account, isLocal: world.isLocal(account.name) };
}

function answers(
  stack: PamStack,
  results: readonly (readonly PamResult[])[],
  login: Circumstances,
): Omit<Case, "accounts"> {
  const outcomes = new Map(stack.entries.map((entry, at) => [entry, results[at] ?? []]));
  const first = (entry: PamEntry) => outcomes.get(entry) ?? [];
  return {
    outcomes: first,
    // Who was not asked at first answers as if that had gone well.
    credentials: (entry, before) => credentialResults(entry, before ?? "success", login),
  };
}

/** `alice, bob and 12 more` */
export function namesOf(accounts: readonly Account[], most = 4): string {
  const names = accounts.slice(0, most).map(({ name }) => printable(name, 64));
  const more = accounts.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : listed(names);
}

/** `a`, `a and b`, `a, b and c` */
export function listed(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** The proof of a finding: who, what the lines answer, and what comes of it. */
export function witness(accounts: readonly Account[], { steps, result }: Way): string {
  const said = steps.map(stepText).join(", ");
  return `${namesOf(accounts)}: ${
    said === "" ? "no line is asked" : said
  }: the stack returns ${result}`;
}

function stepText({ entry, result }: Step): string {
  return `${moduleText(entry)}=${result} (${fileText(entry.where.file)}:${entry.where.line})`;
}

export function moduleText({ module }: PamEntry): string {
  return printable(module.slice(module.lastIndexOf("/") + 1).replace(/\.so$/, ""), 64);
}

function fileText(path: string): string {
  return printable(path.slice(path.lastIndexOf("/") + 1), 64);
}

/** The line as it stands there, for people. */
export function lineText({ control, module, args }: PamEntry, type: string): string {
  return printable([type, control, module, ...args].join(" "), 160);
}
