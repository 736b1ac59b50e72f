/** What the doctor examines: this machine, or a tree below `--root`. */
import { groupNames, readAccounts, unlistedSources } from "../../core/doctor/site_accounts.ts";
import type { Site, SiteTree } from "../../core/doctor/site.ts";
import type { Account } from "../../core/unix_account.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { allAccounts, groupExists, groupReader } from "../../io/accounts.ts";
import { siteFiles } from "../../io/site_files.ts";
import { absolutePath, hostName } from "../../io/surroundings.ts";

export interface WholeSite extends Site {
  readonly files: SiteTree;
  /** What people call the machine. */
  readonly name: string;
}

/** @param root as given with `--root` @throws Failure (2) where that is no folder; (78) */
export function openSite(root: string | undefined): WholeSite {
  const { folder, files } = openTree(root);
  if (folder === "") {
    const accounts = ofThisMachine();
    return { root: "", files, accounts, hasGroup: groupExists, name: hostName() };
  }
  const group = files.text("/etc/group") ?? "";
  const accounts = readAccounts(files.text("/etc/passwd") ?? "", group);
  const name = files.text("/etc/hostname")?.trim() || folder;
  return { root: folder, files, accounts, hasGroup: groupsOfTree(files, group), name };
}

/** Its files alone. @param root as given with `--root` @throws Failure (2) where that is no folder */
export function openTree(root: string | undefined): { folder: string; files: SiteTree } {
  if (root === "") throw new Failure(Exit.usage, "--root is empty", "name a folder with --root");
  const folder = root === undefined ? "" : absolutePath(root).replace(/\/+$/, "");
  const files = siteFiles(folder);
  if (folder !== "" && files.look("/")?.kind !== "folder") {
    throw new Failure(Exit.usage, `there is no folder ${folder}`, "name one with --root");
  }
  return { folder, files };
}

/** What nsswitch.conf(5) takes from elsewhere; SSSD is named on machines that have none, too. */
export function sourcesBesideFiles(files: SiteTree, database: "passwd" | "group"): string[] {
  const isSetUp = (source: string) =>
    source !== "sss" || files.matching("/etc/sssd/sssd.conf").length > 0 ||
    files.matching("/etc/sssd/conf.d/*.conf").length > 0;
  return unlistedSources(files.text("/etc/nsswitch.conf"), isSetUp, database);
}

function groupsOfTree(files: SiteTree, group: string): Site["hasGroup"] {
  const names = new Set(groupNames(group));
  const isAll = sourcesBesideFiles(files, "group").length === 0;
  return (name) => names.has(name) || (isAll ? false : undefined);
}

function ofThisMachine(): Account[] {
  const accounts = new Map<string, Account>();
  const groupsOf = groupReader();
  for (const { name, uid, gid, home, shell } of allAccounts()) {
    if (accounts.has(name)) continue;
    accounts.set(name, { name, uid, gid, home, shell, groups: groupsOf({ name, gid }) });
  }
  return [...accounts.values()];
}
