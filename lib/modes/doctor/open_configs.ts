/** Whose the files of sshd and PAM are: who can change them needs no way round the factor. */
import type { Finding } from "../../core/doctor/finding.ts";
import { openFinding, openTo } from "../../core/doctor/host_trust.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { passedOnTheWay, trustedOwners } from "./host_files.ts";
import { pamFolders } from "./pam_files.ts";

const SSHD = {
  id: "sshd.config-open",
  name: "sshd's configuration",
  files: ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*", "/usr/etc/ssh/sshd_config"],
};

export function openConfigs(files: SiteTree, root: string): Finding[] {
  const owners = trustedOwners(root);
  const pam = {
    id: "pam.config-open",
    name: "PAM's configuration",
    files: pamFolders(files).services.map((folder) => `${folder}/*`),
  };
  return [SSHD, pam].flatMap(({ id, name, files: patterns }) =>
    patterns.flatMap((pattern) => files.matching(pattern)).flatMap((path) => {
      const open = openTo(passedOnTheWay(files, path) ?? [], owners, true);
      if (open === undefined) return [];
      const means = "Who can change it says who is asked for the factor, and can become root.";
      return [openFinding(open, { id, severity: "critical", name, means })];
    })
  );
}
