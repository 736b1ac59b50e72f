/**
 * The configuration of another machine, rewritten so that the sshd of this one can be asked about it. Each
 * line stays in its place, so that what sshd says of a line is true of the original.
 */
import { isAddress } from "../address.ts";
import { type ConfigFile, type ConfigFiles, readMainConfig } from "./config.ts";
import { type Criterion, readCriteria } from "./criteria.ts";
import { matchesGroups } from "./patterns.ts";
import { readLine } from "./words.ts";

/** What depends on files of the machine or on how sshd was compiled, and on which nothing here does. */
const LEFT_OUT =
  /^(host(key|dsakey|certificate|keyagent)|ciphers|macs|modulifile|pidfile|securitykeyprovider|(kex|hostkey|casignature|gssapikex|(pubkey|hostbased)accepted)algorithms|(pubkey|hostbased)acceptedkeytypes|requiredrsasize|rsaminsize)$/;

/** No account has it: a negated pattern that matches all. */
const NOBODY = "User !*";

export interface Copied {
  /** File names in a folder of their own, and what is in them. */
  readonly files: ReadonlyMap<string, string>;
  /** Which of them is sshd_config. */
  readonly main: string;
  /** Of a file's name in that folder. */
  original(name: string): string | undefined;
}

interface CopyOptions {
  /** In which the copies are going to be; without blanks. */
  readonly folder: string;
  /** For whom sshd is asked, and the groups that their machine has them in. */
  readonly askedFor: readonly { readonly name: string; readonly groups: readonly string[] }[];
  /** Lines, as `file:line`, that sshd does not know. */
  readonly without: ReadonlySet<string>;
}

/** Undefined when there is no sshd_config. */
export function copyConfig(
  files: ConfigFiles,
  options: CopyOptions,
): Copied | undefined {
  const config = readMainConfig(files);
  if (config === undefined) return undefined;
  const names = new Map<string, string>();
  const nameOf = (path: string) => {
    const name = names.get(path) ?? `${names.size}.conf`;
    names.set(path, name);
    return name;
  };
  const copies = new Map<string, string>();
  const copy = (file: ConfigFile) => {
    const name = nameOf(file.path);
    if (copies.has(name)) return;
    const includes = new Map<number, readonly string[]>();
    for (const entry of file.entries) {
      if (entry.kind !== "include") continue;
      includes.set(
        entry.where.line,
        entry.files.map(({ path }) => `${options.folder}/${nameOf(path)}`),
      );
    }
    const lines = (files.text(file.path) ?? "").split("\n").map((line, index) => {
      if (options.without.has(`${file.path}:${index + 1}`)) return "";
      return rewriteLine(line, includes.get(index + 1), options);
    });
    copies.set(name, lines.join("\n"));
    for (const entry of file.entries) if (entry.kind === "include") entry.files.forEach(copy);
  };
  copy(config);
  const originals = new Map([...names].map(([path, name]) => [name, path]));
  return {
    files: copies,
    main: nameOf(config.path),
    original: (name) => originals.get(name),
  };
}

function rewriteLine(
  line: string,
  included: readonly string[] | undefined,
  { folder, askedFor }: CopyOptions,
): string {
  const { keyword, values, text } = readLine(line);
  if (included !== undefined) {
    // A pattern that matches nothing is no fault; no pattern at all is one, here as there.
    if (values.length === 0) return line;
    return `Include ${included.length > 0 ? included.join(" ") : `${folder}/nothing`}`;
  }
  if (keyword === "match") return rewriteMatch(line, text, askedFor);
  if (keyword === "listenaddress") return rewriteListen(line, values);
  return LEFT_OUT.test(keyword) ? "" : line;
}

/** sshd would look for groups in this machine's group(5). */
function rewriteMatch(line: string, text: string, askedFor: CopyOptions["askedFor"]): string {
  const criteria = readCriteria(text);
  if (!criteria.some((one) => one.kind === "group" || isUndecided(one))) return line;
  const written = criteria.map((one) => {
    if (isUndecided(one)) return NOBODY;
    if (one.kind !== "group") return `${one.kind} ${quoted(one.pattern)}`;
    const members = askedFor.filter(({ groups }) => matchesGroups(groups, one.pattern));
    return members.length === 0 ? NOBODY : `User ${members.map(({ name }) => name).join(",")}`;
  });
  return `Match ${written.join(" ")}`;
}

/** Criteria of other versions, which this machine's sshd may refuse, and what is about no account of theirs. */
function isUndecided({ kind }: Criterion): boolean {
  return kind === "unknown" || kind === "invalid-user";
}

function quoted(pattern: string): string {
  return /[\s=#]/.test(pattern) ? `"${pattern}"` : pattern;
}

/** Names would be looked up, and routing domains be looked for, on this machine. */
function rewriteListen(line: string, [address = ""]: readonly string[]): string {
  const [, bracketed, plain = "", port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (isAddress(address) || isAddress(host)) return `ListenAddress ${address}`;
  if (host === "") return line;
  return `ListenAddress 127.0.0.1${port === undefined ? "" : `:${port}`}`;
}

/** Whether `-C` and a list of `User` take it as it is. */
export function canBeAsked(name: string): boolean {
  return /^[\p{L}\p{N}_.$+@-]+$/u.test(name);
}
