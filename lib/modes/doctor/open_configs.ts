/** Whose the files of sshd and PAM are: who can change them needs no way round the factor. */
import type { Finding } from "../../core/doctor/finding.ts";
import { openFinding, openTo } from "../../core/doctor/host_trust.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { readStack } from "../../core/pam_stack/read.ts";
import { passedOnTheWay, trustedOwners } from "./host_files.ts";
import { isService, pamFiles, pamFolders, serviceNames } from "./pam_files.ts";
import { readSshdConfig } from "./sshd_config_files.ts";

const SSHD_FILES = [
  "/etc/ssh/sshd_config",
  "/etc/ssh/sshd_config.d/*",
  "/usr/etc/ssh/sshd_config",
];

/** With what they include, wherever it is. */
export function openConfigs(files: SiteTree, root: string): Finding[] {
  const owners = trustedOwners(root);
  const matching = (patterns: readonly string[]) =>
    patterns.flatMap((pattern) => files.matching(pattern));
  const sshd = {
    id: "sshd.config-open",
    name: "sshd's configuration",
    paths: [...matching(SSHD_FILES), ...includedBySshd(files)],
  };
  const pam = {
    id: "pam.config-open",
    name: "PAM's configuration",
    paths: [
      ...matching(pamFolders(files).services.map((folder) => `${folder}/*`)),
      ...includedByPam(files),
    ],
  };
  return [sshd, pam].flatMap(({ id, name, paths }) =>
    [...new Set(paths)].flatMap((path) => {
      const open = openTo(passedOnTheWay(files, path) ?? [], owners, true);
      if (open === undefined) return [];
      const means = "Who can change it says who is asked for the factor, and can become root.";
      return [openFinding(open, { id, severity: "critical", name, means })];
    })
  );
}

/** What cannot be read is reported where sshd is examined. */
function includedBySshd(files: SiteTree): readonly string[] {
  return [...readSshdConfig(files, undefined, () => {})?.included ?? []];
}

function includedByPam(files: SiteTree): readonly string[] {
  const read = new Set<string>();
  const pam = pamFiles(files);
  const text = (path: string) => {
    const found = pam.text(path);
    if (found !== undefined) read.add(path);
    return found;
  };
  for (const service of serviceNames(files).filter(isService)) {
    try {
      readStack(service, "auth", { ...pam, text });
    } catch (error) {
      // Reported where PAM is examined.
      if (!(error instanceof Failure)) throw error;
    }
  }
  return [...read];
}
