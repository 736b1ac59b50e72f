/** Paths in the configuration: `~`, `${HOME}`, `%h`, `${USER}`, `%u` as google-authenticator has them. */
export function expandPath(template: string, account: { name: string; home: string }): string {
  return template
    .replace(/^~(?=\/|$)/, () => account.home)
    .replaceAll(
      /\$\{(HOME|USER)\}|%([hu])/g,
      (_, long, short) => long === "HOME" || short === "h" ? account.home : account.name,
    );
}
