/** Accounts of a tree, from its passwd(5) and group(5). */
import type { Account } from "../unix_account.ts";

/** Lines that are none are left out, as the C library does; the first of a name counts. */
export function readAccounts(passwd: string, group: string): Account[] {
  const groups = readGroups(group);
  const accounts = new Map<string, Account>();
  for (const line of passwd.split("\n")) {
    const [name = "", , uid = "", gid = "", , home, shell] = line.split(":");
    // "+" and "-" begin what nsswitch's "compat" takes from elsewhere.
    if (!/^[^#+-]/.test(name) || home === undefined || !isId(uid) || !isId(gid)) continue;
    if (accounts.has(name)) continue;
    const own = groups.filter((one) => one.gid === Number(gid)).slice(0, 1);
    const others = groups.filter((one) => one.gid !== Number(gid) && one.members.includes(name));
    accounts.set(name, {
      name,
      uid: Number(uid),
      gid: Number(gid),
      home,
      shell: shell || "/bin/sh",
      groups: [...new Set([...own, ...others].map((one) => one.name))],
    });
  }
  return [...accounts.values()];
}

/** Of group(5), with members or without. */
export function groupNames(group: string): string[] {
  return readGroups(group).map(({ name }) => name);
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

function readGroups(text: string): Group[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", , gid = "", members = ""] = line.split(":");
    if (!/^[^#+-]/.test(name) || !isId(gid)) return [];
    return [{ name, gid: Number(gid), members: members.split(",") }];
  });
}

function isId(text: string): boolean {
  return /^[0-9]{1,10}$/.test(text) && Number(text) <= 0xffff_ffff;
}

/**
 * Sources of accounts, or groups, that nsswitch.conf(5) names and that no file lists, such as "ldap"; what is on every
 * machine of some distributions, set up or not, counts only where it is.
 */
export function unlistedSources(
  nsswitch: string | undefined,
  isSetUp: (source: string) => boolean,
  database: "passwd" | "group" = "passwd",
): string[] {
  const lines = { passwd: /^\s*passwd:([^#\n]*)/m, group: /^\s*group:([^#\n]*)/m };
  const [, line = ""] = lines[database].exec(nsswitch ?? "") ?? [];
  const sources = line.replaceAll(/\[[^\]]*\]/g, " ").split(/\s+/).filter((word) => word !== "");
  const listed = new Set(["files", "compat", "db", "systemd", "altfiles", "cache", "mymachines"]);
  return [...new Set(sources)].filter((source) => !listed.has(source) && isSetUp(source));
}
