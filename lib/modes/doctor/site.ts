/** What the doctor examines: this machine, or a tree below `--root`. */
import { readAccounts } from "../../core/doctor/site_accounts.ts";
import type { Account, Site, SiteTree } from "../../core/doctor/site.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { allAccounts, groupReader } from "../../io/accounts.ts";
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
  if (folder === "") return { root: "", files, accounts: ofThisMachine(), name: hostName() };
  const accounts = readAccounts(files.text("/etc/passwd") ?? "", files.text("/etc/group") ?? "");
  const name = files.text("/etc/hostname")?.trim() || folder;
  return { root: folder, files, accounts, name };
}

/** Its files alone. @param root as given with `--root` @throws Failure (2) where that is no folder */
export function openTree(root: string | undefined): { folder: string; files: SiteTree } {
  const folder = root === undefined ? "" : absolutePath(root).replace(/\/+$/, "");
  const files = siteFiles(folder);
  if (folder !== "" && files.look("/")?.kind !== "folder") {
    throw new Failure(Exit.usage, `there is no folder ${folder}`, "name one with --root");
  }
  return { folder, files };
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
