/** What the examination of sshd reads beside sshd's own configuration. */
import type { SiteTree } from "../../core/doctor/site.ts";
import type { Account } from "../../core/unix_account.ts";
import type { Case } from "../../core/doctor/sshd_facts.ts";
import type { AccountKeys, Credentials } from "../../core/doctor/sshd_keys.ts";
import { Failure } from "../../core/errors.ts";
import type { SshdAnswer } from "../../core/sshd/answer.ts";
import { keyFiles, readAuthorizedKeys } from "../../core/sshd/authorized_keys.ts";
import { DEFAULT_HOST_CONFIG, parseHostConfig } from "../../config/host.ts";
import { readWiring } from "./wiring.ts";

/** Undefined text: it is not there, or, with a reason, it cannot be read. */
export function textOf(files: SiteTree, path: string): { text?: string; why?: string } {
  try {
    const text = files.text(path);
    return text === undefined ? {} : { text };
  } catch (error) {
    if (error instanceof Failure) return { why: error.message };
    throw error;
  }
}

/** Of host.toml, where it says nothing else. */
export const USUAL_TIMEOUT_S = 60;

/** In seconds; undefined where there is no host.toml. What is wrong with it is said elsewhere. */
export function hostTimeout(files: SiteTree, path = DEFAULT_HOST_CONFIG): number | undefined {
  const { text, why } = textOf(files, path);
  if (text === undefined) return why === undefined ? undefined : USUAL_TIMEOUT_S;
  try {
    return parseHostConfig(text, path).timeout / 1_000;
  } catch (error) {
    if (error instanceof Failure) return USUAL_TIMEOUT_S;
    throw error;
  }
}

/** Services of PAM that have our module, themselves or in a file that they include. */
export function pamServices(files: SiteTree): string[] {
  return [...new Set(readWiring(files).modules.map(({ service }) => service))];
}

/** Read when they are asked for, and once. */
export function credentialsOf(
  files: SiteTree,
  global: SshdAnswer,
  cases: readonly Case[],
): Credentials {
  const answers = new Map<Account, SshdAnswer>();
  for (const { accounts, answer } of cases) {
    for (const account of accounts) answers.set(account, answer);
  }
  const known = new Map<Account, AccountKeys>();
  const passwords = shadowOf(files);
  return {
    keysOf(account) {
      const keys = known.get(account) ?? keysOf(files, account, answers.get(account) ?? global);
      known.set(account, keys);
      return keys;
    },
    hasPassword: (account) => passwords.get(account.name),
    kerberos: files.look("/etc/krb5.keytab") !== undefined,
  };
}

/** Without those that it does not list, or all when it cannot be read. */
function shadowOf(files: SiteTree): Map<string, boolean> {
  const { text = "" } = textOf(files, "/etc/shadow");
  return new Map(
    text.split("\n").flatMap((line) => {
      const [name, hash] = line.split(":");
      if (name === undefined || name === "" || hash === undefined) return [];
      // "!" locks, "*" never was one, and sshd takes no empty one.
      return [[name, /^[^!*]/.test(hash)] as const];
    }),
  );
}

function keysOf(files: SiteTree, account: Account, answer: SshdAnswer): AccountKeys {
  const keys: AccountKeys["keys"][number][] = [];
  const unread: { file: string; why: string }[] = [];
  const strict = !answer.is("strictmodes", "no");
  for (const file of keyFiles(answer.words("authorizedkeysfile"), account)) {
    const { text, why } = strict ? ownText(files, file, account) : textOf(files, file);
    if (why !== undefined) unread.push({ file, why });
    for (const key of readAuthorizedKeys(text ?? "")) keys.push({ ...key, file });
  }
  const elsewhere = ["authorizedkeyscommand", "trustedusercakeys"].flatMap((keyword) =>
    answer.words(keyword).slice(0, 1)
  );
  return { keys, unread, elsewhere };
}

/** What root or the account made; sshd takes no other (StrictModes), and no link of theirs leads root out. */
function ownText(
  files: SiteTree,
  path: string,
  { uid, home }: Account,
): { text?: string; why?: string } {
  try {
    const way = files.wayTo(path);
    const facts = files.look(way?.at(-1) ?? path);
    if (way === undefined || facts === undefined) return {};
    if (facts.uid !== 0 && facts.uid !== uid) return { why: `it belongs to uid ${facts.uid}` };
    const open = way.find((one) => one.startsWith(home) && isOpen(files, one));
    if (open !== undefined) {
      return { why: `everybody can write ${open}, so sshd takes no key of it` };
    }
  } catch (error) {
    if (error instanceof Failure) return { why: error.message };
    throw error;
  }
  return textOf(files, path);
}

/** Debian's sshd lets a group write; none lets everybody. */
function isOpen(files: SiteTree, path: string): boolean {
  const facts = files.look(path);
  return facts !== undefined && facts.kind !== "link" && (facts.mode & 0o002) !== 0;
}
