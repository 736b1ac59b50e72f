/** Findings of single lines of a service, whatever comes of them in the stack. */
import { isGatehouse, readGatehouseLine } from "../pam_stack/gatehouse_line.ts";
import { moduleName } from "../pam_stack/assumptions.ts";
import { proofOf } from "../pam_stack/module_results.ts";
import { PAM_TYPES, type PamEntry, type PamStack, type PamType } from "../pam_stack/stack.ts";
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";
import { lineText, moduleText } from "./pam_login.ts";

export type Stacks = Readonly<Record<PamType, PamStack>>;

/** Of a service that has our module, or on which sshd relies. */
export function lineFindings(stacks: Stacks): Finding[] {
  return [
    ...PAM_TYPES.flatMap((type) => stacks[type].oddities.map((odd) => oddLine(stacks[type], odd))),
    ...ourLines(stacks.auth),
    ...wrongTypes(stacks),
    ...askedTwice(stacks.auth),
    ...permitInFront(stacks.auth),
  ];
}

function oddLine({ entries, service }: PamStack, odd: PamStack["oddities"][number]): Finding {
  const entry = entries.find(({ where }) =>
    where.file === odd.where.file && where.line === odd.where.line
  );
  const faulty = entry?.kind === "faulty";
  const included = faulty && /^@?(include|substack)$/i.test(entry.control);
  return {
    id: included ? "pam.include-missing" : faulty ? "pam.line-faulty" : "pam.control-unknown",
    severity: "warning",
    where: odd.where,
    what: `libpam cannot make sense of a line of ${service}: ${printable(odd.why, 200)}`,
    means: faulty
      ? "Such a line fails for everybody, whatever it was to do."
      : "Such a line does something else than whoever wrote it had in mind.",
    mend: included ? "make the file, or take the line away" : "correct the line, see pam.d(5)",
  };
}

function ourLines(auth: PamStack): Finding[] {
  return auth.entries.flatMap((entry, at) => {
    if (!isGatehouse(entry)) return [];
    const { options, refused } = readGatehouseLine(entry);
    const line = { where: entry.where };
    if (options === undefined) {
      return [{
        id: "pam.options-refused",
        severity: "critical" as const,
        ...line,
        what: `our module refuses its line in ${auth.service}: ${refused ?? ""}`,
        means: "It says no to everybody.",
        mend: "correct the options; docs/pam.md has all of them",
      }];
    }
    const findings: Finding[] = [];
    if (options.nullok) findings.push(oursNullok(auth, entry));
    if (options.forwardPass) findings.push(...forwardPass(auth, entry, at));
    if (options.firstPass === "use" && !asksBefore(auth, at)) {
      findings.push({
        id: "pam.nothing-to-use",
        severity: "warning",
        ...line,
        what: `use_first_pass in ${auth.service}, and nothing in front of it asks for anything`,
        means: "Our module asks nothing then and has nothing to judge: nobody passes by a code.",
        mend: "take use_first_pass away, or put it behind the line that asks",
      });
    }
    return findings;
  });
}

function oursNullok(auth: PamStack, entry: PamEntry): Finding {
  return {
    id: "pam.nullok-ours",
    severity: "warning",
    where: entry.where,
    what: `nullok on our line in ${auth.service}: ${lineText(entry, auth.type)}`,
    means: "Accounts without an authenticator are not asked for a code.",
    mend: "take nullok away once everybody is enrolled",
  };
}

function forwardPass(auth: PamStack, entry: PamEntry, at: number): Finding[] {
  const behind = auth.entries.slice(at + 1).filter((one) => proofOf(one) === "password");
  const used = behind.some(({ args }) =>
    args.includes("use_first_pass") || args.includes("try_first_pass")
  );
  if (used) return [];
  // pam_unix takes a password that is there without being told to (pam_get_authtok(3)).
  const some = behind.some(({ module }) => moduleName(module) === "pam_unix");
  return [{
    id: "pam.forward-pass",
    severity: some ? "info" : "warning",
    where: entry.where,
    what: `forward_pass in ${auth.service}, and no line behind it says use_first_pass`,
    means: behind.length === 0
      ? "The password that people type with their code is not checked by anybody."
      : "People may be asked for the password a second time.",
    mend: "put `auth required pam_unix.so use_first_pass` behind our line",
  }];
}

function asksBefore({ entries }: PamStack, at: number): boolean {
  return entries.slice(0, at).some((entry) => proofOf(entry) !== "none");
}

/** Ours does nothing in the other types, and breaks `password`. */
function wrongTypes(stacks: Stacks): Finding[] {
  const inAuth = stacks.auth.entries.some(isGatehouse);
  return PAM_TYPES.filter((type) => type !== "auth").flatMap((type) =>
    stacks[type].entries.filter(isGatehouse).map((entry): Finding => ({
      id: "pam.wrong-type",
      severity: inAuth && type !== "password" ? "info" : "warning",
      where: entry.where,
      what: `our module stands in ${type} of ${stacks[type].service}: ${lineText(entry, type)}`,
      means: type === "password"
        ? "Nobody can change a password by that service: ours has none to change."
        : "It asks nobody there; only a line in auth asks for the factor.",
      mend: inAuth
        ? "take the line away"
        : "write `auth` in the place of its type, or take the line away",
    }))
  );
}

const ASK_FOR_CODES = ["pam_google_authenticator", "pam_oath"];

function askedTwice({ entries, service, type }: PamStack): Finding[] {
  if (!entries.some(isGatehouse)) return [];
  const others = entries.filter(({ kind, module }) =>
    kind === "module" && ASK_FOR_CODES.includes(moduleName(module))
  );
  return others.map((entry): Finding => ({
    id: "pam.asked-twice",
    severity: "warning",
    where: entry.where,
    what: `${moduleText(entry)} is still in ${service} beside our module: ${lineText(entry, type)}`,
    means: "People are asked for two codes, and a code may count at either.",
    mend: "take that line away; `gatehouse enroll --import` takes its files over",
  }));
}

/** The trap of many guides: success that nobody has earned, waiting for a line that is only optional. */
function permitInFront({ entries, service, type }: PamStack): Finding[] {
  const proving = entries.findIndex((entry) =>
    entry.kind === "module" && ["password", "gatehouse"].includes(proofOf(entry))
  );
  const permits = entries.slice(0, Math.max(proving, 0)).filter(({ kind, module, actions }) =>
    kind === "module" && moduleName(module) === "pam_permit" &&
    (actions.success === "ok" || actions.success === "done")
  );
  return permits.map((entry): Finding => ({
    id: "pam.permit-in-front",
    severity: "warning",
    where: entry.where,
    what: `${service} begins with a success for everybody: ${lineText(entry, type)}`,
    means:
      "As soon as the lines behind it are optional or sufficient, nothing has to be right any more.",
    mend: "take the line away, or put it at the end of the stack",
  }));
}
