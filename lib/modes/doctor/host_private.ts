/** What must be root's alone: folders of secrets, the key that codes are sealed to. */
import type { Finding } from "../../core/doctor/finding.ts";
import { octal } from "../../core/text.ts";
import { openFinding, openTo } from "../../core/doctor/host_trust.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { passedOnTheWay, trustedOwners } from "./host_files.ts";

const OTHERS = 0o077;

/** @param folder undefined: there is none of the kind */
export function privateFolder(
  files: SiteTree,
  root: string,
  folder: string | undefined,
  { id, means, name }: { readonly id: string; readonly means: string; readonly name: string },
): Finding[] {
  const way = folder === undefined ? undefined : passedOnTheWay(files, folder);
  const end = way?.at(-1);
  if (way === undefined || end === undefined) return [];
  const open = openTo(way, trustedOwners(root), true);
  if (open !== undefined) return [openFinding(open, { id, severity: "critical", name, means })];
  if ((end.facts.mode & OTHERS) === 0) return [];
  return [{
    id,
    severity: "info",
    where: { file: end.path },
    what: `${name}: others may look into it (mode ${octal(end.facts.mode)})`,
    means: "They see who has an authenticator, or logged in when; secrets they cannot read.",
    mend: `chmod 0700 ${end.path}`,
    fix: { kind: "mode", path: end.path, mode: end.facts.mode & 0o700 },
  }];
}

/** @param path of the key that codes are sealed to */
export function hostKeyFindings(files: SiteTree, root: string, path: string): Finding[] {
  const facts = files.look(path);
  if (facts === undefined) return [];
  const where = { file: path };
  const means = "`gatehouse sync` refuses it: codes are not fetched, and alerts not told.";
  if (facts.kind !== "file" || !trustedOwners(root).includes(facts.uid)) {
    return [{
      id: "host.key-unusable",
      severity: "warning",
      where,
      what: "this host's key is not a file of root's",
      means,
      mend: "remove it, and let this host join anew: docs/codes.md, codes from the server",
    }];
  }
  if ((facts.mode & OTHERS) === 0) return [];
  return [{
    id: "host.key-open",
    severity: "critical",
    where,
    what: `this host's key is open to others (mode ${octal(facts.mode)})`,
    means: "Who has read it can open all codes that this host fetches.",
    mend: `if others log in here, remove it and let this host join anew; else chmod 0600 ${path}`,
    fix: { kind: "mode", path, mode: facts.mode & 0o600 },
  }];
}
