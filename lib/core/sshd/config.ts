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
  /** Is told of an Include that is not followed any more: more is included than anybody needs. */
  readonly onTooMuch?: (where: Place) => void;
}

/**
 * sshd counts how deep files include each other, and not how many there are: a file that includes three, and so
 * on, keeps it busy for hours. A host may well have a file for each account.
 */
const MOST_INCLUDED = { files: 5_000, lines: 200_000 };

/** Undefined when there is no such file. */
export function readConfig(path: string, files: ConfigFiles): ConfigFile | undefined {
  return new Reader(files).read(path, []);
}

class Reader {
  #files = 0;
  #lines = 0;

  constructor(private readonly files: ConfigFiles) {}

  /** @param above the files that include it: sshd does not start when one of them comes again */
  read(path: string, above: readonly string[]): ConfigFile | undefined {
    const text = this.files.text(path);
    if (text === undefined) return undefined;
    const lines = text.split("\n");
    this.#files++;
    this.#lines += lines.length;
    const entries = lines.flatMap((raw, index): Entry[] => {
      const line = readLine(raw);
      if (line.keyword === "") return [];
      const directive = { ...line, where: { file: path, line: index + 1 } };
      if (line.keyword === "match") {
        return [{ ...directive, kind: "match", criteria: readCriteria(line.text) }];
      }
      if (line.keyword !== "include") return [{ ...directive, kind: "set" }];
      const included = this.#included(directive, [...above, path]);
      return [{ ...directive, kind: "include", files: included }];
    });
    return { path, entries };
  }

  #included({ values, where }: Directive, chain: readonly string[]): ConfigFile[] {
    const found: ConfigFile[] = [];
    for (const pattern of values) {
      for (const path of this.files.matching(includePattern(pattern))) {
        if (chain.includes(path)) continue;
        if (this.#files > MOST_INCLUDED.files || this.#lines > MOST_INCLUDED.lines) {
          this.files.onTooMuch?.(where);
          return found;
        }
        const file = this.read(path, chain);
        if (file !== undefined) found.push(file);
      }
    }
    return found;
  }
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
