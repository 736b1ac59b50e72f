/** Which situations have to be asked about, and what comes of the answers. */
import { type ConfigFile, type Directive, SSHD_CONFIG } from "../sshd/config.ts";
import type { SshdAnswer } from "../sshd/answer.ts";
import { globalDirectives, readFor, type Reading, winner } from "../sshd/reading.ts";
import type { Circumstances } from "../sshd/situations.ts";
import type { Finding } from "./finding.ts";
import type { Account } from "./site.ts";
import { type Case, isAllowed, situationOf } from "./sshd_facts.ts";
import { placeOf } from "./text.ts";

/** One class of accounts, in circumstances in which the same `Match` lines hold. */
interface Question {
  readonly accounts: readonly Account[];
  /** For whom sshd is asked. */
  readonly asked: Account;
  readonly reading: Reading;
  /** All that come to the same. */
  readonly circumstances: readonly [Circumstances, ...Circumstances[]];
}

/** @param classes accounts that nothing tells apart, and one of them that sshd can be asked about */
export function questions(
  config: ConfigFile,
  classes: readonly { readonly accounts: readonly Account[]; readonly asked: Account }[],
  circumstances: readonly Circumstances[],
): Question[] {
  const globals = globalDirectives(config);
  return classes.flatMap(({ accounts, asked }) => {
    const byKey = new Map<string, {
      reading: Reading;
      circumstances: [Circumstances, ...Circumstances[]];
    }>();
    for (const one of circumstances) {
      const reading = readFor(config, globals, situationOf(asked, one));
      const known = byKey.get(reading.key);
      if (known === undefined) byKey.set(reading.key, { reading, circumstances: [one] });
      else known.circumstances.push(one);
    }
    return [...byKey.values()].map((one) => ({ accounts, asked, ...one }));
  });
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
