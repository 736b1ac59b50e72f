/** What `gatehouse join` makes of host.toml. */
import { parse, stringify } from "smol-toml";

/** What a server and its token say of a host. */
interface JoinKeys {
  readonly servers: readonly string[];
  readonly server_keys: readonly string[];
  readonly host: string;
  readonly host_token: string;
  readonly signed_offers: true;
}

const HEADER = "# gatehouse on this host; every key is explained in docs/configuration.md\n";

export function newHostFile(keys: JoinKeys): string {
  return `${HEADER}${stringify(keys)}\n`;
}

/**
 * Fills in the keys of a host that was without servers; all else stays as it is, comments too.
 * @param text valid TOML
 * @returns undefined where those keys are not on lines of their own, so that they cannot be replaced
 */
export function joinedHostFile(text: string, keys: JoinKeys): string | undefined {
  const lines = text.split("\n");
  // An account in [contacts] may be called "host".
  const tables = lines.findIndex((line) => /^\s*\[/.test(line));
  const own = tables < 0 ? lines.length : tables;
  const missing: string[] = [];
  for (const [key, value] of Object.entries(keys)) {
    const at = lines.slice(0, own).findIndex((line) => new RegExp(`^\\s*${key}\\s*=`).test(line));
    const line = stringify({ [key]: value }).trimEnd();
    if (at < 0) missing.push(line);
    else lines[at] = `${line}${commentOf(lines[at] ?? "")}`;
  }
  // Behind the servers, because what follows a table's header belongs to that table.
  const servers = lines.findIndex((line) => /^\s*servers\s*=/.test(line));
  const end = lines[servers]?.endsWith("\r") ? "\r" : "";
  lines.splice(servers + 1, 0, ...missing.map((line) => line + end));
  const joined = lines.join("\n");
  return sameValues(joined, { ...parse(text), ...keys }) ? joined : undefined;
}

/** What follows the value: blanks and a comment, if there is one, and the line's own end. */
function commentOf(line: string): string {
  for (let at = line.indexOf("#"); at >= 0; at = line.indexOf("#", at + 1)) {
    const before = line.slice(0, at).trimEnd();
    if (values(before) !== undefined) return line.slice(before.length);
  }
  return line.endsWith("\r") ? "\r" : "";
}

/** Lines are no parser: in a text of several lines anything can look like a key. */
function sameValues(text: string, expected: object): boolean {
  const found = values(text);
  return found !== undefined && sorted(found) === sorted(expected);
}

function values(text: string): object | undefined {
  try {
    return parse(text);
  } catch {
    return undefined; // the caller has no use for what is wrong with it
  }
}

function sorted(value: object): string {
  return JSON.stringify(
    value,
    (_, inner) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => a < b ? -1 : 1))
        : inner,
  );
}
