/** pam_access(8): who may log in from where. Where hangs on the client, so it can be either. */
import type { Circumstances } from "./module_results.ts";
import type { PamResult } from "./stack.ts";

const TABLE = "/etc/security/access.conf";
type Matches = "yes" | "no" | "either";

/** @returns undefined when it cannot be told */
export function accessResults(
  args: readonly string[],
  login: Circumstances,
): readonly PamResult[] | undefined {
  const option = (name: string) =>
    args.findLast((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
  const table = option("accessfile");
  const groups = !args.includes("nodefgroup");
  const text = login.files.text(table ?? TABLE);
  // Others of /etc/security/access.d follow the stock table.
  if (text === undefined) return table === undefined ? undefined : ["abort"];
  const [fieldSeparators, listSeparators] = [
    option("fieldsep") ?? ":",
    option("listsep") ?? " \t,",
  ];
  const results = new Set<PamResult>();
  for (const line of text.split("\n").map((line) => line.trimEnd())) {
    if (line === "" || line.startsWith("#")) continue;
    const [sign, users, origins] = fields(line, fieldSeparators);
    if (!/^\s*[+-]/.test(sign) || users === "" || origins === "") continue;
    const words = (list: string) => split(list, listSeparators);
    const who = listMatches(words(users), (word) => isUser(word, login, groups));
    const from = who === "no" ? "no" : listMatches(words(origins), isOrigin);
    if (from === "no") continue;
    results.add(sign.trim().startsWith("+") ? "success" : "perm_denied");
    if (who === "yes" && from === "yes") return [...results];
  }
  if (table === undefined) return undefined;
  return [...results.add("success")];
}

/** Three of them; the last keeps its separators, for IPv6. */
function fields(line: string, separators: string): [string, string, string] {
  const parts: string[] = [];
  let rest = line;
  for (let count = 0; count < 2; count++) {
    const at = [...rest].findIndex((character) => separators.includes(character));
    parts.push(at < 0 ? rest : rest.slice(0, at));
    rest = at < 0 ? "" : rest.slice(at + 1);
  }
  return [parts[0] ?? "", parts[1] ?? "", rest];
}

function split(list: string, separators: string): readonly string[] {
  let words = [list];
  for (const separator of separators) words = words.flatMap((word) => word.split(separator));
  return words.filter((word) => word !== "");
}

/** `a b EXCEPT c`: exceptions may have exceptions. */
function listMatches(words: readonly string[], one: (word: string) => Matches): Matches {
  const at = words.findIndex((word) => word.toLowerCase() === "except");
  const listed = words.slice(0, at < 0 ? words.length : at).map(one);
  const matches = listed.includes("yes") ? "yes" : listed.includes("either") ? "either" : "no";
  if (at < 0 || matches === "no") return matches;
  const excepted = listMatches(words.slice(at + 1), one);
  if (excepted === "yes") return "no";
  return excepted === "either" ? "either" : matches;
}

function isUser(word: string, { account }: Circumstances, groups: boolean): Matches {
  const [, group] = /^\((.+)\)$/.exec(word) ?? [];
  if (group !== undefined) return account.groups.includes(group) ? "yes" : "no";
  // Netgroups, and accounts at hosts.
  if (word.includes("@")) return "either";
  const same = /^all$/i.test(word) || word.toLowerCase() === account.name.toLowerCase();
  return same || (groups && account.groups.includes(word)) ? "yes" : "no";
}

function isOrigin(word: string): Matches {
  return /^all$/i.test(word) ? "yes" : "either";
}
