/** Whose the program and the module are that every login trusts. */
import type { Finding } from "../../core/doctor/finding.ts";
import { openFinding, openTo, type Passed } from "../../core/doctor/host_trust.ts";
import { moduleProtocol, PROGRAM } from "../../core/doctor/host_wiring.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { PAM_PROTOCOL } from "../../core/pam_protocol.ts";
import type { Wiring } from "./wiring.ts";

/** All that is passed on the way to a file, "/" first; undefined where it leads nowhere. */
export function passedOnTheWay(files: SiteTree, path: string): Passed[] | undefined {
  return files.wayTo(path)?.flatMap((at) => {
    const facts = files.look(at);
    return facts === undefined ? [] : [{ path: at, facts }];
  });
}

/** A tree that is made by somebody else than root belongs to them, before it is installed. */
export function trustedOwners(root: string): number[] {
  const us = Deno.uid();
  return root === "" || us === null ? [0] : [0, us];
}

/** The gate's own program is examined with sshd. */
export function examineFiles(files: SiteTree, root: string, wiring: Wiring): Finding[] {
  const gates = wiring.gates.map(({ program }) => program);
  const named = wiring.modules.map(({ program }) => program)
    .filter((program) => !gates.includes(program));
  const programs = gates.length + named.length === 0 && files.wayTo(PROGRAM) !== undefined
    ? [PROGRAM]
    : named;
  return [
    ...[...new Set(programs)].flatMap((path) => ofProgram(files, root, path)),
    ...modulesOf(files, wiring).flatMap((path) => ofModule(files, root, path)),
  ];
}

function ofProgram(files: SiteTree, root: string, path: string): Finding[] {
  const way = passedOnTheWay(files, path);
  const end = way?.at(-1)?.facts;
  if (way === undefined || end?.kind !== "file" || (end.mode & 0o111) === 0) {
    // A tree of configuration alone has no program at all.
    if (files.wayTo("/bin/sh") === undefined) return [];
    return [{
      id: "host.program-missing",
      severity: "critical",
      where: { file: path },
      what: way === undefined ? `there is no ${path}` : `${path} is no program`,
      means: "Every login that needs it is denied.",
      mend: "install gatehouse there: install.sh upgrade",
    }];
  }
  const open = openTo(way, trustedOwners(root), false);
  return open === undefined ? [] : [openFinding(open, {
    id: "host.program-open",
    severity: "critical",
    name: "the program that every login runs",
    means: "Who can change it can let anybody in; pam_gatehouse.so refuses to start it.",
  })];
}

const SECURITY_FOLDERS = ["/lib/security", "/lib/*/security", "/lib64/security"]
  .flatMap((folder) => [folder, `/usr${folder}`]);

/** Without those that only differ in the links on the way. */
function modulesOf(files: SiteTree, { modules }: Wiring): string[] {
  const paths = modules.flatMap(({ module }) => {
    if (module === undefined) return [];
    if (module.startsWith("/")) return [module];
    return SECURITY_FOLDERS.flatMap((folder) => files.matching(`${folder}/${module}`));
  });
  const real = new Map(paths.map((path) => [files.wayTo(path)?.at(-1), path]));
  return [...real].flatMap(([end, path]) => end === undefined ? [] : [path]);
}

function ofModule(files: SiteTree, root: string, path: string): Finding[] {
  const open = openTo(passedOnTheWay(files, path) ?? [], trustedOwners(root), true);
  const findings = open === undefined ? [] : [openFinding(open, {
    id: "host.module-open",
    severity: "critical",
    name: "the module that PAM loads",
    means: "Who can change it can run anything as root, and let anybody in.",
  })];
  const bytes = files.text(path) ?? "";
  const protocol = moduleProtocol(bytes);
  // In a tree of configuration alone an empty file may stand for it.
  const isStandIn = root !== "" && !bytes.startsWith("\x7fELF");
  if (protocol === PAM_PROTOCOL || isStandIn) return findings;
  return [...findings, {
    id: "host.module-version",
    severity: protocol === undefined ? "warning" : "critical",
    where: { file: path },
    what: protocol === undefined
      ? "this is not pam_gatehouse.so, or one of another version"
      : `pam_gatehouse.so speaks version ${protocol}, and gatehouse version ${PAM_PROTOCOL}`,
    means: "If the two do not understand each other, every login is denied.",
    mend: "install both from the same release: install.sh upgrade",
  }];
}
