/** Paths in the configuration: `~`, `${HOME}`, `%h`, `${USER}`, `%u` as google-authenticator has them. */
export function expandPath(template: string, account: { name: string; home: string }): string {
  return template.replaceAll(
    /^~(?=\/|$)|\$\{HOME\}|%h|(\$\{USER\}|%u)/g,
    (_, user) => user === undefined ? account.home : account.name,
  );
}

/**
 * The folder in which each account has a file of its own name; undefined where the template leads
 * elsewhere, for instance into their homes.
 */
export function folderOfAll(template: string): string | undefined {
  const [, folder] = /^(\/.*)\/(?:\$\{USER\}|%u)$/.exec(template) ?? [];
  return folder !== undefined && isSamePlace(folder) ? folder : undefined;
}

/** Whether it leads every account to the same place. */
export function isSamePlace(template: string): boolean {
  return expandPath(template, { name: "", home: "" }) === template;
}
