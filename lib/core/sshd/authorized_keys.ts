/** authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT): which keys are there, and what they are tied to. */

export interface AuthorizedKey {
  readonly line: number;
  /** Names in lower case; `command` with its value. */
  readonly options: ReadonlyMap<string, string>;
}

const TYPE = /^(sk-)?(ssh|ecdsa)-[\w@.-]+$/;

/** Lines that are no keys are left out, as sshd does. */
export function readAuthorizedKeys(text: string): AuthorizedKey[] {
  return text.split("\n").flatMap((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return [];
    const [first, ...rest] = fields(line);
    const [type, blob, options] = first !== undefined && TYPE.test(first)
      ? [first, rest[0], ""]
      : [rest[0], rest[1], first ?? ""];
    if (type === undefined || !TYPE.test(type) || !/^[A-Za-z0-9+/=]{16,}$/.test(blob ?? "")) {
      return [];
    }
    return [{ line: index + 1, options: readOptions(options) }];
  });
}

/** Blanks part them, but not within quotes. */
function fields(line: string): string[] {
  return line.match(/(?:"(?:\\"|[^"])*"|[^\s"])+/g) ?? [];
}

function readOptions(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const [part] of text.matchAll(/(?:"(?:\\"|[^"])*"|[^,"])+/g)) {
    const at = part.indexOf("=");
    const name = (at === -1 ? part : part.slice(0, at)).toLowerCase();
    const value = at === -1 ? "" : part.slice(at + 1).replace(/^"(.*)"$/s, "$1");
    options.set(name, value.replaceAll('\\"', '"'));
  }
  return options;
}

/** Paths of AuthorizedKeysFile for an account: with %h, %u, %U and %%, and relative to its home. */
export function keyFiles(
  templates: readonly string[],
  account: { readonly name: string; readonly uid: number; readonly home: string },
): string[] {
  const tokens: Readonly<Record<string, string>> = {
    h: account.home,
    u: account.name,
    U: String(account.uid),
    "%": "%",
  };
  return templates.map((template) => {
    const path = template.replaceAll(/%(.)/g, (whole, token) => tokens[token] ?? whole);
    return path.startsWith("/") ? path : `${account.home}/${path}`;
  });
}
