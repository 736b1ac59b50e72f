/** Examines PAM: sshd's service, and every other that has our module. */
import type { Finding } from "../../core/doctor/finding.ts";
import type { Stacks } from "../../core/doctor/pam_lines.ts";
import { casesOf, listed, type PamWorld } from "../../core/doctor/pam_login.ts";
import { emptyPasswords } from "../../core/doctor/pam_nullok.ts";
import { otherPermissive } from "../../core/doctor/pam_other.ts";
import {
  examineService,
  examineSshdService,
  type ServiceQuestion,
} from "../../core/doctor/pam_service.ts";
import { twinFindings } from "../../core/doctor/pam_twins.ts";
import type { Reliance, Site, SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { isGatehouse } from "../../core/pam_stack/gatehouse_line.ts";
import { readStack } from "../../core/pam_stack/read.ts";
import { PAM_TYPES, type PamRefusal } from "../../core/pam_stack/stack.ts";
import { printable } from "../../core/text.ts";
import { isService, pamFiles, pamFolders, pamModules, serviceNames } from "./pam_files.ts";
import { examineSudoers } from "./sudoers.ts";

export type PamSite = Site & { readonly files: SiteTree };

/** @param reliance what sshd takes from PAM */
export function examinePam(site: PamSite, reliance: Reliance): Finding[] {
  const machine = new Machine(site);
  const found = [...new Set([reliance.service, ...machine.services()])].flatMap((service) =>
    guarded(service, () => examine(machine, service, reliance), isNeeded(service, reliance))
      .map((finding) => ({ service, finding }))
  );
  return [
    ...merged(found),
    ...twinFindings((service) => machine.hasOurs(service)),
    ...guarded("sudo", () => examineSudoers(site.files)),
    ...guarded("other", () => machine.other()),
  ];
}

/** Whether logins by ssh hang on it. */
function isNeeded(service: string, { pam, pamAlone, ...reliance }: Reliance): boolean {
  return service === reliance.service && (pam.length > 0 || pamAlone.length > 0);
}

/**
 * What cannot be read is a finding, and keeps nothing else from being examined.
 * @param needed a factor hangs on it, so not to know is as bad as its worst
 */
function guarded(service: string, run: () => Finding[], needed = false): Finding[] {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{
      id: "pam.stack-unknown",
      severity: needed ? "critical" : "warning",
      where: { file: `/etc/pam.d/${service}` },
      what: `PAM's service ${printable(service, 64)} cannot be examined: ${error.message}`,
      means: "Whether it asks for the factor is not known.",
      mend: error.hint ?? "see what it is",
    }];
  }
}

function examine(machine: Machine, service: string, reliance: Reliance): Finding[] {
  const isSshd = service === reliance.service;
  const stacks = machine.stacks(service);
  if ("refused" in stacks) {
    return isSshd || machine.mentionsUs(service) ? [refusedFinding(service, stacks)] : [];
  }
  if (isSshd) return examineSshdService(machine.question(stacks), reliance);
  const ours = PAM_TYPES.some((type) => stacks[type].entries.some(isGatehouse));
  return ours ? examineService(machine.question(stacks)) : [];
}

function refusedFinding(service: string, { where, refused }: PamRefusal): Finding {
  return {
    id: "pam.refused",
    severity: "critical",
    where: where.line === 0 ? { file: where.file } : where,
    what: `libpam refuses the configuration of ${printable(service, 64)}: ${
      printable(refused, 200)
    }`,
    means: "Nobody gets in by that service.",
    mend: "correct the file, see pam.d(5); `gatehouse doctor simulate` tries it",
  };
}

/** Reads what is examined, once. */
class Machine {
  readonly #site: PamSite;
  readonly #world: PamWorld;
  readonly #texts = new Map<string, string | undefined>();

  constructor(site: PamSite) {
    this.#site = site;
    const files = pamFiles(site.files);
    const modules = pamModules(site.files);
    const names = this.#localNames();
    this.#world = {
      files: { ...files, text: (path) => this.#text(path, files.text) },
      // libpam puts a folder in the place of $ISA, or nothing.
      isThere: (module) => module.includes("$ISA") ? undefined : modules(module),
      isLocal: (account) => names?.has(account),
      hasGroup: (name) => site.hasGroup(name),
    };
  }

  services(): string[] {
    return serviceNames(this.#site.files).filter(isService);
  }

  stacks(service: string): Stacks | PamRefusal {
    const read = PAM_TYPES.map((type) => readStack(service, type, this.#world.files));
    const [auth, account, password, session] = read.map((one) =>
      "refused" in one ? undefined : one
    );
    const refusal = read.find((one) => "refused" in one);
    if (refusal !== undefined && "refused" in refusal) return refusal;
    if (!auth || !account || !password || !session) throw new Error("a type without a stack");
    return { auth, account, password, session };
  }

  question(stacks: Stacks): ServiceQuestion {
    const text = (path: string) => readable(() => this.#text(path));
    const shadow = text("/etc/shadow");
    const passwd = text("/etc/passwd");
    const empty = emptyPasswords(shadow?.text, passwd?.text ?? "");
    return {
      stacks,
      accounts: this.#site.accounts,
      world: this.#world,
      empty: shadow === undefined ? () => undefined : empty,
    };
  }

  /** Undefined where there is no such service, or it is not known. */
  hasOurs(service: string): boolean | undefined {
    if (!this.services().includes(service)) return undefined;
    const stack = known(() => readStack(service, "auth", this.#world.files));
    return stack === undefined || "refused" in stack ? undefined : stack.entries.some(isGatehouse);
  }

  mentionsUs(service: string): boolean {
    return pamFolders(this.#site.files).services.some((folder) =>
      this.#text(`${folder}/${service}`)?.includes("gatehouse")
    );
  }

  other(): Finding[] {
    const stack = readStack("other", "auth", this.#world.files);
    if ("refused" in stack) return [];
    return otherPermissive(stack, casesOf(stack, this.#site.accounts, this.#world));
  }

  #text(path: string, read = (path: string) => this.#site.files.text(path)): string | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, read(path));
    return this.#texts.get(path);
  }

  #localNames(): ReadonlySet<string> | undefined {
    const text = readable(() => this.#text("/etc/passwd"))?.text;
    return text === undefined
      ? undefined
      : new Set(text.split("\n").map((line) => line.split(":", 1)[0] ?? ""));
  }
}

function readable(read: () => string | undefined): { text: string | undefined } | undefined {
  return known(() => ({ text: read() }));
}

/** Undefined where something cannot be read. */
function known<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** One line that several services include is one finding, however many of them it is told of. */
function merged(found: readonly { service: string; finding: Finding }[]): Finding[] {
  const groups = Map.groupBy(
    found,
    ({ finding: { id, where } }) => JSON.stringify([id, where?.file, where?.line]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group.toSorted((a, b) => rank(a.finding) - rank(b.finding));
    if (first === undefined) return [];
    const others = [...new Set(group.map(({ service }) => service))]
      .filter((service) => service !== first.service).map((service) => printable(service, 64));
    const also = others.length > 4 ? [...others.slice(0, 3), `${others.length - 3} more`] : others;
    const what = also.length === 0
      ? first.finding.what
      : `${first.finding.what} (the same in ${listed(also)})`;
    return [{ ...first.finding, what }];
  });
}

function rank({ severity }: Finding): number {
  return ["critical", "warning", "info"].indexOf(severity);
}
