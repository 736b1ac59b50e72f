/** sshd_config with all that it includes, each directive with its place. Nothing is decided here. */
import { type Criterion, readCriteria } from "./criteria.ts";
import { type Line, readLine } from "./words.ts";

/** `Include` takes names from here; so sshd is compiled everywhere but by hand. */
const SSHD_FOLDER = "/etc/ssh/";
export const SSHD_CONFIG = "/etc/ssh/sshd_config";
/** SUSE's sshd reads it where the other is missing. */
const VENDOR_CONFIG = "/usr/etc/ssh/sshd_config";

export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface Directive extends Line {
  readonly where: Place;
}

export type Entry =
  | Directive & { readonly kind: "set" }
  | Directive & { readonly kind: "match"; readonly criteria: readonly Criterion[] }
  | Directive & { readonly kind: "include"; readonly files: readonly ConfigFile[] };

export interface ConfigFile {
  readonly path: string;
  readonly entries: readonly Entry[];
}

export interface ConfigFiles {
  /** Undefined when it is not there. */
  text(path: string): string | undefined;
  /** glob(3), sorted. */
  matching(pattern: string): readonly string[];
}

/**
 * Undefined when there is no such file.
 * @param above the files that include it: sshd does not start when one of them comes again
 */
export function readConfig(
  path: string,
  files: ConfigFiles,
  above: readonly string[] = [],
): ConfigFile | undefined {
  const text = files.text(path);
  if (text === undefined) return undefined;
  const entries = text.split("\n").flatMap((raw, index): Entry[] => {
    const line = readLine(raw);
    if (line.keyword === "") return [];
    const directive = { ...line, where: { file: path, line: index + 1 } };
    if (line.keyword === "match") {
      return [{ ...directive, kind: "match", criteria: readCriteria(line.text) }];
    }
    if (line.keyword !== "include") return [{ ...directive, kind: "set" }];
    const chain = [...above, path];
    const included = line.values.flatMap((pattern) => files.matching(includePattern(pattern)))
      .filter((found) => !chain.includes(found))
      .map((found) => readConfig(found, files, chain))
      .filter((file) => file !== undefined);
    return [{ ...directive, kind: "include", files: included }];
  });
  return { path, entries };
}

/** What sshd starts from without `-f`; undefined when there is none. */
export function readMainConfig(files: ConfigFiles): ConfigFile | undefined {
  return readConfig(SSHD_CONFIG, files) ?? readConfig(VENDOR_CONFIG, files);
}

function includePattern(pattern: string): string {
  return /^[/~]/.test(pattern) ? pattern : SSHD_FOLDER + pattern;
}

/** All that stands in it and in what it includes, in the order in which it is read. */
export function* allEntries(file: ConfigFile): Generator<Entry> {
  for (const entry of file.entries) {
    yield entry;
    if (entry.kind === "include") { for (const inner of entry.files) yield* allEntries(inner); }
  }
}

/** A directive under the `Match` lines that all have to hold for it: those of the files around it come first. */
export interface Placed {
  readonly directive: Directive;
  readonly under: readonly (readonly Criterion[])[];
}

export function* placed(
  file: ConfigFile,
  around: readonly (readonly Criterion[])[] = [],
): Generator<Placed> {
  let under = around;
  for (const entry of file.entries) {
    if (entry.kind === "match") under = [...around, entry.criteria];
    else if (entry.kind === "set") yield { directive: entry, under };
    else for (const inner of entry.files) yield* placed(inner, under);
  }
}
