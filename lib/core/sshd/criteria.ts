/** The criteria of `Match` (sshd_config(5)): read as match_cfg_line() of servconf.c does. */

export const CRITERIA = [
  "user",
  "group",
  "host",
  "address",
  "localaddress",
  "localport",
  "rdomain",
  "all",
  "invalid-user",
] as const;
type CriterionKind = typeof CRITERIA[number];

export type Criterion =
  | { readonly kind: CriterionKind; readonly pattern: string }
  /** Of other versions, or none at all. */
  | { readonly kind: "unknown"; readonly name: string; readonly pattern: string };

/** @param text what stands behind `Match`; what sshd refuses gives what can be read of it */
export function readCriteria(text: string): Criterion[] {
  const words = wordsOf(text);
  const criteria: Criterion[] = [];
  for (let at = 0; at < words.length;) {
    const name = words[at++] ?? "";
    const kind = CRITERIA.find((kind) => kind === name.toLowerCase());
    const pattern = kind === "all" || kind === "invalid-user" ? "" : words[at++] ?? "";
    criteria.push(kind === undefined ? { kind: "unknown", name, pattern } : { kind, pattern });
  }
  return criteria;
}

/** strdelim(): double quotes alone, and one `=` parts like a blank. A remark begins where a name would. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  const word = /[ \t\r\n]*(?:"([^"]*)"|([^ \t\r\n"=]+))(?:[ \t\r\n]*=)?/y;
  for (let found; (found = word.exec(text)) !== null;) {
    const [, quoted, plain = ""] = found;
    if (quoted === undefined && plain.startsWith("#")) break;
    words.push(quoted ?? plain);
  }
  return words;
}
