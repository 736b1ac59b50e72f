/** The one key of /etc/login.defs that matters here (login.defs(5)). */

/**
 * Whether users may change their own full name, the first field of GECOS, with chfn(1).
 *
 * The tools that read the file part, quote and comment its lines in different ways, and it may say the
 * key twice. So whatever any of them could take for "f", or for "no", which stands for all fields,
 * counts. Without the key only root may change anything.
 */
export function usersNameThemselves(loginDefs: string): boolean {
  return loginDefs.split("\n").some((line) => {
    const value = /^\s*CHFN_RESTRICT[\s="']+(.*)$/s.exec(line)?.[1] ?? "";
    return value.includes("f") || /^no\b/.test(value);
  });
}
