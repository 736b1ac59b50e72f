/** What keeps the factor inside PAM from being asked as it should be, or people from answering. */
import type { SshdAnswer } from "../sshd/answer.ts";
import { allEntries } from "../sshd/config.ts";
import { winner } from "../sshd/reading.ts";
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";
import { namesOf, type SshdFacts, witnessOf } from "./sshd_facts.ts";
import { accountsOf, type Judged } from "./sshd_guard.ts";

/** What PAM and the person need beside the wait itself: to reach for the phone, and back. */
const MARGIN_S = 10;

/**
 * @param judged all, of which those count whom sshd guards by PAM
 * @param timeoutS how long host.toml has a login wait
 */
export function pamFindings(
  facts: SshdFacts,
  judged: readonly Judged[],
  timeoutS: number,
): Finding[] {
  const meant = judged.filter(({ blocks }) => blocks.some(({ kind }) => kind === "pam"));
  if (meant.length === 0) return [];
  return [
    ...switches(meant),
    ...limits(facts.global, meant, timeoutS),
    ...root(meant),
    ...order(meant),
    ...passwords(meant),
    ...oldNames(facts),
  ];
}

/** Where the lists of methods are left with nothing, `sshd.no-method-left` says that nobody gets in. */
function switches(meant: readonly Judged[]): Finding[] {
  const findings: Finding[] = [];
  const noPam = meant.find(({ one }) => one.answer.is("usepam", "no"));
  if (noPam !== undefined) {
    findings.push({
      id: "sshd.pam-off",
      severity: "critical",
      ...place(noPam, "usepam"),
      what: "UsePAM is no, but the factor is to be asked inside PAM",
      means:
        "sshd never calls PAM: keyboard-interactive fails, and what else is allowed asks for no factor.",
      mend: "set in sshd_config, outside of every Match: UsePAM yes",
      witness: witnessOf(noPam.one),
    });
  }
  // Where no list has it that holds there, the block is at fault, and `sshd.factor-missing` says so.
  const noPrompts = meant.find(({ one: { answer } }) =>
    answer.is("kbdinteractiveauthentication", "no") &&
    answer.words("authenticationmethods").some((list) => list.includes("keyboard-interactive"))
  );
  if (noPrompts !== undefined) {
    findings.push({
      id: "sshd.prompts-off",
      severity: "critical",
      ...place(noPrompts, "kbdinteractiveauthentication", "challengeresponseauthentication"),
      what: "KbdInteractiveAuthentication is no, but the factor is asked by it",
      means:
        "sshd leaves out every list of AuthenticationMethods that has it, and lets nobody in by those.",
      mend: "set where the factor is asked for: KbdInteractiveAuthentication yes",
      witness: witnessOf(noPrompts.one),
    });
  }
  const keysOff = meant.find(({ one, factor }) =>
    one.answer.is("pubkeyauthentication", "no") && factor.kind === "shut"
  );
  if (keysOff !== undefined) {
    findings.push({
      id: "sshd.keys-off",
      severity: "critical",
      ...place(keysOff, "pubkeyauthentication"),
      what: "PubkeyAuthentication is no, but AuthenticationMethods wants a key",
      means: "No list of AuthenticationMethods is left, so the login is refused.",
      mend: "set PubkeyAuthentication yes, or: AuthenticationMethods keyboard-interactive:pam",
      witness: witnessOf(keysOff.one),
    });
  }
  return findings;
}

function place({ one }: Judged, ...keywords: string[]): Pick<Finding, "where"> {
  const where = winner(one.reading, ...keywords)?.where;
  return where === undefined ? {} : { where };
}

function limits(global: SshdAnswer, meant: readonly Judged[], timeoutS: number): Finding[] {
  const findings: Finding[] = [];
  const [first] = meant;
  if (first === undefined) return [];
  const grace = Number(global.one("logingracetime") ?? 120);
  if (grace > 0 && grace < timeoutS + MARGIN_S) {
    findings.push({
      id: "sshd.grace-too-short",
      severity: "warning",
      ...place(first, "logingracetime"),
      what: `LoginGraceTime is ${grace} s, and a login waits ${timeoutS} s`,
      means:
        "sshd ends logins before people have approved them; gatehouse shortens its wait to fit.",
      mend: `set LoginGraceTime to ${2 * timeoutS} or more, or timeout in host.toml to less`,
    });
  }
  const [begin = 100] = (global.one("maxstartups") ?? "").split(":").map(Number);
  if (begin <= 10) {
    findings.push({
      id: "sshd.few-startups",
      // 10 is sshd's own; with less, a few who wait keep all others out.
      severity: begin < 10 ? "warning" : "info",
      ...place(first, "maxstartups"),
      what: `MaxStartups begins to refuse connections at ${begin} that are not logged in yet`,
      means:
        "Who waits for an approval holds such a place, and so does every scanner that keeps a connection open.",
      mend: "set: MaxStartups 50:30:200",
    });
  }
  const few = meant.find(({ one }) => Number(one.answer.one("maxauthtries") ?? 6) < 3);
  if (few !== undefined) {
    findings.push({
      id: "sshd.few-tries",
      severity: "warning",
      ...place(few, "maxauthtries"),
      what: `MaxAuthTries is ${printable(few.one.answer.one("maxauthtries") ?? "")}`,
      means:
        "Each key that a client offers in vain counts: who has several is refused before the factor is asked.",
      mend: "set: MaxAuthTries 6",
      witness: witnessOf(few.one),
    });
  }
  return findings;
}

/** sshd ends the connection when PAM says yes to root (sshpam_query() in auth-pam.c). */
function root(meant: readonly Judged[]): Finding[] {
  const at = meant.find(({ one, factor }) =>
    one.accounts.some(({ uid }) => uid === 0) && factor.kind === "shut" &&
    !one.answer.is("permitrootlogin", "yes")
  );
  if (at === undefined) return [];
  const value = printable(at.one.answer.one("permitrootlogin") ?? "");
  return [{
    id: "sshd.root-shut-out",
    severity: accountsOf(meant).every(({ uid }) => uid === 0) ? "critical" : "warning",
    ...place(at, "permitrootlogin"),
    what: `root is asked inside PAM, and PermitRootLogin is ${value}`,
    means: "sshd refuses root whatever PAM answers, so root cannot log in by ssh.",
    mend:
      "set PermitRootLogin yes in the block (the factor and AuthenticationMethods still count), or let root use the gate",
    witness: witnessOf(at.one),
  }];
}

/** Who has neither key nor password makes phones ring. */
function order(meant: readonly Judged[]): Finding[] {
  const at = meant.find(({ factor }) =>
    factor.kind === "pam" &&
    factor.alternatives.some((one) =>
      one.length > 1 && one.slice(0, -1).some((method) => method.startsWith("keyboard-interactive"))
    )
  );
  if (at === undefined) return [];
  return [{
    id: "sshd.asked-too-early",
    severity: "warning",
    ...place(at, "authenticationmethods"),
    what: "AuthenticationMethods asks for the factor before the key",
    means:
      "Anybody who knows an account's name makes its owner's phone ring, or uses up its codes' tries.",
    mend: "write: AuthenticationMethods publickey,keyboard-interactive:pam",
    witness: witnessOf(at.one),
  }];
}

function passwords(meant: readonly Judged[]): Finding[] {
  const at = meant.filter(({ factor }) =>
    factor.kind === "pam" && factor.alternatives.some((one) => one.join() === "password")
  );
  const [first] = at;
  if (first === undefined) return [];
  return [{
    id: "sshd.password-alternative",
    severity: "warning",
    ...place(first, "authenticationmethods", "passwordauthentication"),
    what: `${
      namesOf(accountsOf(at))
    } may also use PasswordAuthentication, which asks PAM with one prompt only`,
    means:
      "No key is asked for that way, and a second prompt cannot be shown: whether PAM still asks for both is in /etc/pam.d.",
    mend: "set where the factor is asked for: PasswordAuthentication no",
    witness: witnessOf(first.one),
  }];
}

function oldNames({ config }: SshdFacts): Finding[] {
  for (const entry of allEntries(config)) {
    if (!/^(challengeresponse|skey)authentication$/.test(entry.keyword)) continue;
    return [{
      id: "sshd.old-name",
      severity: "info",
      where: entry.where,
      what: "ChallengeResponseAuthentication is the old name of KbdInteractiveAuthentication",
      means: "The first of both that is read counts, which is easily overlooked.",
      mend: "write KbdInteractiveAuthentication in its place",
    }];
  }
  return [];
}
