/** Examines sshd: is everybody guarded who is to be, wherever they come from, and will they get in? */
import type { Examined, Finding } from "../../core/doctor/finding.ts";
import type { Reliance, Site, SiteTree } from "../../core/doctor/site.ts";
import {
  caseOf,
  connectionOf,
  differences,
  NO_ONE,
  questions,
} from "../../core/doctor/sshd_cases.ts";
import { namesOf, type SshdFacts } from "../../core/doctor/sshd_facts.ts";
import { gateFindings } from "../../core/doctor/sshd_gate.ts";
import { accountsOf, guardFindings, judge } from "../../core/doctor/sshd_guard.ts";
import { keyFindings } from "../../core/doctor/sshd_keys.ts";
import { namesFindings } from "../../core/doctor/sshd_names.ts";
import { pamFindings } from "../../core/doctor/sshd_pam.ts";
import {
  NOTHING_KNOWN,
  relianceOf,
  servicesOf,
  severalServices,
} from "../../core/doctor/sshd_reliance.ts";
import {
  type RunningFacts,
  runningFindings,
  versionFindings,
} from "../../core/doctor/sshd_running.ts";
import {
  criteriaFindings,
  includeFindings,
  nobodyFindings,
  programFindings,
} from "../../core/doctor/sshd_setting.ts";
import {
  needsRoot,
  nobodyToAsk,
  noConfig,
  notReached,
  oddNames,
  tooMany,
  tooMuch,
  unreadable,
} from "../../core/doctor/sshd_unexamined.ts";
import { canBeAsked } from "../../core/sshd/copy.ts";
import { listeningOf } from "../../core/sshd/listening.ts";
import { overriding } from "../../core/sshd/running.ts";
import { readVersion } from "../../core/sshd/version.ts";
import { circumstancesOf, classesOf, unreached } from "../../core/sshd/situations.ts";
import { sshdProgram, sshdVersion } from "../../io/sshd_program.ts";
import { runningSshds } from "../../io/sshd_running.ts";
import { passedOnTheWay } from "./host_files.ts";
import { isRootless } from "./rootless.ts";
import { Asker } from "./sshd_asking.ts";
import { lastChanged, readSshdConfig } from "./sshd_config_files.ts";
import { namedConfig, notRoots } from "./sshd_main.ts";
import { credentialsOf, hostTimeout, pamServices, USUAL_TIMEOUT_S } from "./sshd_files.ts";

export interface ExaminedSshd extends Examined {
  readonly reliance: Reliance;
}

/** More than any real configuration needs; each costs a process of ten milliseconds. */
const MOST_QUESTIONS = 4_000;

/** @param named host.toml as given with `--config`; undefined: the usual one */
export async function examineSshd(
  site: Site & { readonly files: SiteTree },
  named?: string,
): Promise<ExaminedSshd> {
  const findings: Finding[] = [];
  const give = (reliance = NOTHING_KNOWN, proven: readonly string[] = []) => ({
    findings,
    proven,
    reliance,
  });
  const { files } = site;
  const running = site.root === "" ? await runningSshds() : undefined;
  const options = overriding(running?.listeners?.[0]?.command ?? "");
  const main = namedConfig(options);
  const stranger = main === undefined ? undefined : notRoots(main, files);
  if (stranger !== undefined) {
    findings.push(stranger);
    return give();
  }
  const rootless = isRootless(site);
  const read = readSshdConfig(files, main, (path, why) => {
    findings.push(rootless ? needsRoot(why, path) : unreadable(path, why));
  });
  if (rootless && findings.length > 0) return give();
  const timeout = hostTimeout(files, named);
  if (read === undefined) {
    findings.push(noConfig(timeout !== undefined));
    return give();
  }
  if (read.tooMuch !== undefined) {
    findings.push(tooMuch(read.tooMuch));
    return give();
  }
  const { blocks, config, strays } = read;

  const program = sshdProgram();
  if (program === undefined) {
    findings.push(nobodyToAsk());
    return give();
  }
  const classes = classesOf(site.accounts, [config, ...strays], ({ uid }) => [uid === 0])
    .flatMap((accounts) => {
      const asked = accounts.find(({ name }) => canBeAsked(name));
      if (asked !== undefined) return [{ accounts, asked }];
      findings.push(oddNames(namesOf(accounts)));
      return [];
    });
  await using asker = await Asker.open(program, site, read.files, options, classes);
  const global = await asker.ask(NO_ONE);
  findings.push(...asker.findings);
  const saidBefore = asker.findings.length;
  if (global === undefined) return give();

  const waiting = [
    ...listeningOf(global),
    ...running?.listening.filter(({ pids }) =>
      running.listeners?.some(({ pid }) => pids.includes(pid))
    ) ?? [],
  ];
  const circumstances = circumstancesOf(config, waiting, global.is("usedns", "yes"));
  const missed = unreached(config, global.is("usedns", "yes"));
  findings.push(...missed.map(notReached));
  const all = questions(config, classes, circumstances);
  const distinct = new Map(all.map((one) => [one.reading.key, one]));
  if (distinct.size > MOST_QUESTIONS) {
    findings.push(tooMany(distinct.size));
    return give();
  }
  const answers = await asker.askAll(
    [...distinct].map(([key, { asked, circumstances: [first] }]) =>
      [key, connectionOf(asked, first)] as const
    ),
  );
  const cases = all.flatMap((question) => {
    const answer = answers.get(question.reading.key);
    return answer === undefined ? [] : [caseOf(question, answer)];
  });
  findings.push(...asker.findings.slice(saidBefore));

  const facts: SshdFacts = { config, cases, blocks, global };
  const judged = judge(facts);
  const services = servicesOf(judged);
  const shutOut = namesFindings(facts);
  const unknown = shutOut.length > 0;
  const reliance = { ...relianceOf(judged, services[0]), ...unknown ? { unknown } : {} };
  if (options.length === 0) findings.push(...differences(cases));
  findings.push(
    ...nobodyFindings(facts, site.accounts, timeout !== undefined, pamServices(files)),
    ...includeFindings(facts),
    ...criteriaFindings(facts),
    ...severalServices(services),
    ...shutOut,
    ...guardFindings(judged),
    ...gateFindings(judged),
    ...gatePrograms(facts, judged, site),
    ...pamFindings(facts, judged, timeout ?? USUAL_TIMEOUT_S),
    ...keyFindings(facts, judged, credentialsOf(files, global, cases)),
    ...versionFindings(readVersion(await sshdVersion(program)), {
      gate: reliance.gate.length > 0,
      pam: reliance.pam.length > 0,
    }),
  );
  if (running !== undefined) {
    const facts: RunningFacts = {
      listeners: running.listeners,
      pidFileAt: files.look(global.one("pidfile") ?? "")?.changedAt,
      changed: lastChanged(files, read.included),
    };
    findings.push(...runningFindings(facts));
  }
  const guarded = accountsOf(judged.filter((one) => one.blocks.length > 0));
  const isProven = guarded.length > 0 && missed.length === 0 &&
    !findings.some(({ id }) => id === "sshd.factor-missing");
  return give(
    reliance,
    isProven
      ? [
        `${
          namesOf(guarded)
        }: the factor is asked for in each of ${circumstances.length} kinds of connection`,
      ]
      : [],
  );
}

function gatePrograms(
  { blocks }: SshdFacts,
  judged: ReturnType<typeof judge>,
  site: Site & { readonly files: SiteTree },
): Finding[] {
  const programs = new Set(
    judged.flatMap(({ factor }) => factor.kind === "gate" ? [factor.gate.program] : []),
  );
  return [...programs].flatMap((path) => {
    const block = blocks.find(({ directive }) => directive.text.includes(path));
    return programFindings(path, passedOnTheWay(site.files, path), block?.directive.where);
  });
}
