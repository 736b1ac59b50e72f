/** Keys of the accounts: what ties them, and who has none. */
import { printable } from "../text.ts";
import type { AuthorizedKey } from "../sshd/authorized_keys.ts";
import { winner } from "../sshd/reading.ts";
import type { Finding } from "./finding.ts";
import type { Account } from "../unix_account.ts";
import { refusesWork } from "../shells.ts";
import { namesOf, reachable, type SshdFacts } from "./sshd_facts.ts";
import { type Alternative, alternativesOf } from "./sshd_factor.ts";
import { accountsOf, type Judged } from "./sshd_guard.ts";

export interface AccountKeys {
  readonly keys: readonly (AuthorizedKey & { readonly file: string })[];
  /** Files that could not be read, and why. */
  readonly unread: readonly { readonly file: string; readonly why: string }[];
  /** Other programs and authorities know keys, too. */
  readonly elsewhere: readonly string[];
}

export interface Credentials {
  keysOf(account: Account): AccountKeys;
  /** Whether shadow(5) has a password that somebody can type; undefined when that is not known. */
  hasPassword(account: Account): boolean | undefined;
  /** Whether the host has a key of its own at a Kerberos server: else GSSAPI lets nobody in. */
  readonly kerberos: boolean;
}

export function keyFindings(
  facts: SshdFacts,
  judged: readonly Judged[],
  credentials: Credentials,
): Finding[] {
  const guarded = judged.filter(({ blocks }) => blocks.length > 0);
  return [
    ...tied(guarded, credentials),
    ...unread(guarded, credentials),
    ...lax(guarded),
    ...elsewhere(guarded, credentials),
    ...lockedOut(facts, guarded, credentials),
    ...unguarded(facts, judged, credentials),
  ];
}

/** sshd looks at one forced command only, and that of sshd_config goes first (session.c). */
function tied(guarded: readonly Judged[], { keysOf }: Credentials): Finding[] {
  const byGate = accountsOf(guarded.filter(({ factor }) => factor.kind === "gate"));
  const commands = byGate.flatMap((account) =>
    keysOf(account).keys.filter(({ options }) => options.has("command"))
      .map((key): Finding => ({
        id: "sshd.key-command-replaced",
        severity: "warning",
        where: { file: printable(key.file), line: key.line },
        what: `the gate takes the place of command="${
          printable(key.options.get("command") ?? "", 60)
        }" of ${printable(account.name)}'s key`,
        means: "The key was for one command alone. Once approved, it now opens a shell.",
        mend:
          "give that key to an account outside of the Match block, or guard the account inside PAM",
      }))
  );
  const restricted = byGate.filter((account) =>
    keysOf(account).keys.some(({ options }) =>
      ["restrict", "permitopen", "permitlisten"].some((name) => options.has(name))
    )
  );
  if (restricted.length === 0) return commands;
  return [...commands, {
    id: "sshd.key-restricted",
    severity: "info",
    what: `${namesOf(restricted)}: keys with restrict, permitopen or permitlisten`,
    means:
      "restrict is obeyed, so such a key gets no terminal; what permitopen and permitlisten allow is closed by DisableForwarding.",
    mend: "nothing, unless they are used for forwarding",
  }];
}

function unread(guarded: readonly Judged[], { keysOf }: Credentials): Finding[] {
  return accountsOf(guarded).flatMap((account) =>
    keysOf(account).unread.slice(0, 1).map(({ file, why }): Finding => ({
      id: "sshd.keys-unknown",
      severity: "warning",
      where: { file: printable(file) },
      what: `the keys of ${printable(account.name)} were not examined: ${printable(why)}`,
      means: "Whether they are tied to a command, or there are any, is not known.",
      mend: "let it be a regular file that belongs to the account",
    }))
  );
}

function lax(guarded: readonly Judged[]): Finding[] {
  const at = guarded.find(({ one }) => one.answer.is("strictmodes", "no"));
  if (at === undefined) return [];
  const where = winner(at.one.reading, "strictmodes")?.where;
  return [{
    id: "sshd.strict-modes-off",
    severity: "warning",
    ...(where === undefined ? {} : { where }),
    what: "StrictModes is no: sshd takes keys from files that others can write",
    means: "Who can write an account's authorized_keys, or its home, has its first factor.",
    mend: "remove that line, and see whose the files are",
  }];
}

function elsewhere(guarded: readonly Judged[], { keysOf }: Credentials): Finding[] {
  const sources = new Set(
    accountsOf(guarded).slice(0, 1).flatMap((account) => keysOf(account).elsewhere),
  );
  return [...sources].map((source) => ({
    id: "sshd.keys-elsewhere",
    severity: "info",
    what: `keys come from ${printable(source)}, too`,
    means:
      "Those keys were not examined. A forced command of theirs, or of a certificate, is replaced by the gate.",
    mend: "look yourself whether one of them is tied to a command",
  }));
}

function isHuman({ uid, shell }: Account): boolean {
  return !refusesWork(shell) && (uid === 0 || (uid >= 1_000 && uid < 65_534));
}

/** Where sshd looks without being told; another place is the first to blame when no key is found. */
const USUAL_KEYS = /^(%h\/)?\.ssh\/authorized_keys$/;

function lockedOut(
  facts: SshdFacts,
  guarded: readonly Judged[],
  credentials: Credentials,
): Finding[] {
  const meant = accountsOf(guarded.filter(({ factor }) => factor.kind === "pam"));
  const without = meant.filter((account) =>
    isHuman(account) && hasNoKey(account, credentials) &&
    alternativesFor(facts, account).every((one) => one.includes("publickey"))
  );
  if (without.length === 0) return [];
  const all = [...new Set(facts.cases.flatMap(({ accounts }) => accounts))];
  const someone = all.some((account) => isHuman(account) && canLogIn(facts, account, credentials));
  const line = guarded.filter(({ one }) => one.accounts.some((each) => without.includes(each)))
    .map(({ one }) => winner(one.reading, "authorizedkeysfile"))
    .find((each) => each !== undefined && !each.values.some((file) => USUAL_KEYS.test(file)));
  return [{
    id: "sshd.no-key",
    severity: someone ? "warning" : "critical",
    ...(line === undefined ? {} : { where: line.where }),
    what: someone
      ? `${namesOf(without)} cannot log in: a key is asked for, and they have none`
      : `nobody can log in: a key is asked for, and ${namesOf(without)} have none`,
    means: "sshd asks for the key before it asks PAM; without one the login ends there.",
    mend:
      "put their public keys into ~/.ssh/authorized_keys, or guard them with the password first",
  }];
}

function hasNoKey(account: Account, { keysOf }: Credentials): boolean {
  const { keys, unread, elsewhere } = keysOf(account);
  return keys.length === 0 && unread.length === 0 && elsewhere.length === 0;
}

function alternativesFor(facts: SshdFacts, account: Account): Alternative[] {
  return reachable(facts.cases).filter(({ accounts }) => accounts.includes(account))
    .flatMap(({ answer }) => alternativesOf(answer, account.uid));
}

/** As far as sshd's part goes: with a key, or with a password that can be typed. */
function canLogIn(facts: SshdFacts, account: Account, credentials: Credentials): boolean {
  return alternativesFor(facts, account).some((one) =>
    one.every((method, index) => {
      if (method === "publickey") return !hasNoKey(account, credentials);
      if (method.startsWith("gssapi")) return credentials.kerberos;
      // Behind a key PAM may well ask for no password.
      if (index > 0) return true;
      return !/^(password|keyboard)/.test(method) || credentials.hasPassword(account) !== false;
    })
  );
}

function unguarded(
  facts: SshdFacts,
  judged: readonly Judged[],
  credentials: Credentials,
): Finding[] {
  if (facts.blocks.length === 0) return [];
  const open = accountsOf(judged.filter(({ blocks }) => blocks.length === 0))
    .filter((account) => !refusesWork(account.shell) && canLogIn(facts, account, credentials));
  const root = open.filter(({ uid }) => uid === 0);
  const guarded = accountsOf(judged.filter(({ blocks }) => blocks.length > 0));
  const others = open.filter(({ uid }) => uid !== 0);
  const means =
    "Who has the key or the password of such an account gets in without a second factor.";
  const mend =
    "add them to the group or to the Match line of the block, where they should be guarded";
  return [
    ...root.length === 0 ? [] : [{
      id: "sshd.root-unguarded",
      severity: "warning" as const,
      what: `${namesOf(root)} can log in and is not guarded`,
      means,
      mend: "guard root, too, or set: PermitRootLogin no",
    }],
    ...sameUid(others, guarded),
    ...others.length === 0 ? [] : [{
      id: "sshd.unguarded",
      severity: "info" as const,
      what: `${namesOf(others)} can log in and ${others.length === 1 ? "is" : "are"} not guarded`,
      means,
      mend,
    }],
  ];
}

/** To the system an account is its number: who logs in by one of its names can do all that the others can. */
function sameUid(open: readonly Account[], guarded: readonly Account[]): Finding[] {
  return guarded.flatMap((account): Finding[] => {
    const twins = open.filter(({ uid }) => uid === account.uid);
    if (twins.length === 0) return [];
    return [{
      id: "sshd.same-uid",
      severity: "warning",
      where: { file: "/etc/passwd" },
      what: `${namesOf(twins)} can log in unguarded, with the uid of ${
        printable(account.name, 32)
      }, who is guarded`,
      means: "It is one account with two names, and by one of them nobody is asked.",
      mend: "guard each of its names, or give them uids of their own",
    }];
  });
}
