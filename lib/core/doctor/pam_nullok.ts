/** Accounts without a password, where the password is the first factor. */
import { moduleName } from "../pam_stack/assumptions.ts";
import type { PamEntry, PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import { lineText, namesOf } from "./pam_login.ts";
import type { Account } from "../unix_account.ts";

/** Whether the account's password is empty; undefined where that may not be looked at. */
export type Empty = (account: Account) => boolean | undefined;

/**
 * @param accounts those whose first factor is that password
 * @param refuses the program itself refuses empty passwords, as sshd does (PermitEmptyPasswords)
 */
export function nullokFindings(
  stack: PamStack,
  accounts: readonly Account[],
  empty: Empty,
  refuses: boolean,
): Finding[] {
  const lines = stack.entries.filter(isNullok);
  if (accounts.length === 0) return [];
  const without = accounts.filter((account) => empty(account) === true);
  const unknown = accounts.some((account) => empty(account) === undefined);
  const danger = !refuses && without.length > 0;
  return lines.map((entry): Finding => ({
    id: "pam.nullok",
    severity: danger ? "critical" : without.length > 0 || unknown ? "warning" : "info",
    where: entry.where,
    what: `nullok in ${stack.service}, where the password is the first factor: ${
      lineText(entry, stack.type)
    }`,
    means: without.length > 0
      ? `${namesOf(without)}: the password is empty, so the factor is the only one.`
      : "An account whose password were empty would have the second factor alone.",
    mend: without.length > 0
      ? "lock them with `passwd -l`, or give them a password; and take nullok away"
      : "take nullok away where no account needs it",
    ...(without.length > 0
      ? { witness: `${namesOf(without)}: pam_unix=success for no password` }
      : {}),
  }));
}

function isNullok({ kind, module, args }: PamEntry): boolean {
  return kind === "module" && moduleName(module) === "pam_unix" &&
    args.some((arg) => arg === "nullok" || arg === "nullok_secure");
}

/**
 * Without /etc/shadow nobody has a password that is kept there.
 * @param shadow undefined: there is none
 */
export function emptyPasswords(shadow: string | undefined, passwd: string): Empty {
  const fields = new Map<string, string>();
  for (const line of [...passwd.split("\n"), ...(shadow ?? "").split("\n")]) {
    const [name = "", password] = line.split(":");
    if (password !== undefined) fields.set(name, password);
  }
  return ({ name }) => fields.get(name) === "";
}
