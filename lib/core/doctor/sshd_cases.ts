/** Which situations have to be asked about, and what comes of the answers. */
import { allEntries, type ConfigFile, type Directive, SSHD_CONFIG } from "../sshd/config.ts";
import type { Criterion } from "../sshd/criteria.ts";
import type { SshdAnswer } from "../sshd/answer.ts";
import { globalDirectives } from "../sshd/globals.ts";
import { concerns, meets } from "../sshd/matching.ts";
import { readFor, type Reading, winner } from "../sshd/reading.ts";
import type { Circumstances } from "../sshd/situations.ts";
import type { Finding } from "./finding.ts";
import type { Account } from "../unix_account.ts";
import { type Case, isAllowed } from "./sshd_facts.ts";
import { placeOf } from "./text.ts";

/** One class of accounts, in circumstances in which the same `Match` lines hold. */
interface Question {
  readonly accounts: readonly Account[];
  /** For whom sshd is asked. */
  readonly asked: Account;
  readonly reading: Reading;
  /** All that come to the same. */
  readonly circumstances: [Circumstances, ...Circumstances[]];
}

/**
 * With more readings than this, sshd is asked once for all in which the same directives count, and not for
 * each in which other `Match` lines hold: lines for hundreds of accounts, times lines for networks and ports.
 */
const MOST_READINGS = 300;

/** @param classes accounts that nothing tells apart, and one of them that sshd can be asked about */
export function questions(
  config: ConfigFile,
  classes: readonly { readonly accounts: readonly Account[]; readonly asked: Account }[],
  circumstances: readonly Circumstances[],
): Question[] {
  const globals = globalDirectives(config);
  const places = new Places(config, circumstances);
  const all = classes.flatMap(({ accounts, asked }) => places.questions(accounts, asked, globals));
  if (new Set(all.map(({ reading }) => reading.key)).size <= MOST_READINGS) return all;
  return all.map((one) => ({ ...one, reading: { ...one.reading, key: effect(one.reading) } }));
}

/** Tries each criterion once in each of the circumstances, for all accounts. */
class Places {
  readonly #lines: readonly (readonly Criterion[])[];
  readonly #results = new Map<Criterion, string>();

  constructor(
    readonly config: ConfigFile,
    readonly circumstances: readonly Circumstances[],
  ) {
    this.#lines = [...allEntries(config)].flatMap((entry) =>
      entry.kind === "match" ? [entry.criteria] : []
    );
  }

  /** Apart where a line that can hold for them tells them apart. */
  questions(
    accounts: readonly Account[],
    asked: Account,
    globals: readonly Directive[],
  ): Question[] {
    const who = { user: asked.name, groups: asked.groups };
    const tests = new Map(
      this.#lines.filter((criteria) => criteria.length > 0 && concerns(criteria, who))
        .map((criteria) => [criteria, this.#resultsOf(criteria)]),
    );
    const all = new Map<string, Question>();
    for (const [index, one] of this.circumstances.entries()) {
      const key = [...tests.values()].map((each) => each[index]).join("");
      const known = all.get(key);
      if (known !== undefined) {
        known.circumstances.push(one);
        continue;
      }
      const reading = readFor(
        this.config,
        globals,
        (criteria) => tests.get(criteria)?.[index] === "1",
      );
      all.set(key, { accounts, asked, reading, circumstances: [one] });
    }
    return [...all.values()];
  }

  /** Of all but those about users and groups: "1" for each of the circumstances in which they hold. */
  #resultsOf(criteria: readonly Criterion[]): string {
    const each = criteria.filter(({ kind }) => kind !== "user" && kind !== "group")
      .map((criterion) => this.#resultOf(criterion));
    return this.circumstances.map((_, index) => each.every((one) => one[index] === "1") ? "1" : "0")
      .join("");
  }

  #resultOf(criterion: Criterion): string {
    const known = this.#results.get(criterion);
    if (known !== undefined) return known;
    const results = this.circumstances.map((one) =>
      meets([criterion], { user: "", groups: [], ...one }) ? "1" : "0"
    ).join("");
    this.#results.set(criterion, results);
    return results;
  }
}

/** Equal where the same values count, in whatever lines they stand. */
function effect({ directives }: Reading): string {
  return directives.map(({ keyword, text }) => `${keyword} ${text}`).join("\n");
}

/**
 * For what is the same for all connections. Without a connection sshd 9.2 refuses every configuration with
 * `Match LocalPort`, because it takes the port to be asked about.
 */
export const NO_ONE =
  "user=gatehouse-doctor,host=192.0.2.7,addr=192.0.2.7,laddr=192.0.2.1,lport=22";

/** `-C`'s argument (sshd(8)). */
export function connectionOf(account: Account, circumstances: Circumstances): string {
  const { address, host, localAddress, localPort, rdomain } = circumstances;
  const domain = rdomain === undefined ? [] : [`rdomain=${rdomain}`];
  return [
    `user=${account.name}`,
    `host=${host}`,
    `addr=${address}`,
    `laddr=${localAddress}`,
    `lport=${localPort}`,
    ...domain,
  ].join();
}

export function caseOf(question: Question, answer: SshdAnswer): Case {
  const { accounts, asked, reading, circumstances } = question;
  const open = circumstances.find((one) => isAllowed(asked, one, answer));
  return {
    accounts,
    circumstances: open ?? circumstances[0],
    reading,
    answer,
    allowed: open !== undefined,
  };
}

/**
 * Where sshd's answer is not what the directives that were found would give: then places that are named
 * may be wrong ones, and situations may be missing.
 */
export function differences(cases: readonly Case[]): Finding[] {
  for (const { reading, answer } of cases) {
    for (const keyword of ["forcecommand", "authenticationmethods"]) {
      const won = winner(reading, keyword);
      const expected = won === undefined ? DEFAULTS[keyword] : valueOf(won);
      const found = answer.one(keyword);
      if (found === undefined || expected === found) continue;
      return [{
        id: "sshd.read-otherwise",
        severity: "warning",
        where: won?.where ?? { file: SSHD_CONFIG },
        what: `sshd reads ${keyword} otherwise than the doctor does`,
        means: `sshd says "${found}"${
          won === undefined ? "" : `, not what ${placeOf(won.where)} says`
        }. What the doctor proved about sshd may be wrong.`,
        mend: "write the configuration more simply, and tell gatehouse's authors",
      }];
    }
  }
  return [];
}

const DEFAULTS: Readonly<Record<string, string>> = {
  forcecommand: "none",
  authenticationmethods: "any",
};

function valueOf({ keyword, text, values }: Directive): string {
  const value = keyword === "forcecommand" ? text : values.join(" ");
  return value.toLowerCase() === "none" ? "none" : value;
}
