/** sshd's configuration: the files that it reads, and those beside them that it does not. */
import type { SiteTree } from "../../core/doctor/site.ts";
import type { FactorBlock } from "../../core/doctor/sshd_facts.ts";
import { factorBlocks, isSshdFile } from "../../core/doctor/sshd_intent.ts";
import type { RunningFacts } from "../../core/doctor/sshd_running.ts";
import {
  type ConfigFile,
  type ConfigFiles,
  type Place,
  readConfig,
  readMainConfig,
} from "../../core/sshd/config.ts";
import { textOf } from "./sshd_files.ts";

export interface SshdConfig {
  readonly config: ConfigFile;
  /** Below /etc/ssh, and not included by anything. */
  readonly strays: readonly ConfigFile[];
  /** Of both. */
  readonly blocks: readonly FactorBlock[];
  /** Paths of what `config` is made of. */
  readonly included: ReadonlySet<string>;
  /** To read them again. */
  readonly files: ConfigFiles;
  /** An Include that was not followed, for too much was included before. */
  readonly tooMuch: Place | undefined;
}

/**
 * Undefined where there is none.
 * @param main what `-f` names
 * @param report takes what cannot be read
 */
export function readSshdConfig(
  files: SiteTree,
  main: string | undefined,
  report: (path: string, why: string) => void,
): SshdConfig | undefined {
  const read = new Set<string>();
  let tooMuch: Place | undefined;
  const readable = {
    text: (path: string) => {
      const { text, why } = textOf(files, path);
      if (why !== undefined) report(path, why);
      if (text !== undefined) read.add(path);
      return text;
    },
    matching: (pattern: string) => files.matching(pattern),
    onTooMuch: (where: Place) => tooMuch ??= where,
  };
  const config = main === undefined ? readMainConfig(readable) : readConfig(main, readable);
  if (config === undefined) return undefined;
  const included = new Set(read);
  const strays = [...files.matching("/etc/ssh/*"), ...files.matching("/etc/ssh/*/*")]
    .filter((path) => !included.has(path) && isSshdFile(path) && files.look(path)?.kind === "file")
    .map((path) => readConfig(path, { ...readable, matching: () => [] }))
    .filter((file) => file !== undefined);
  const blocks = [
    ...factorBlocks(config, true),
    ...strays.flatMap((file) => factorBlocks(file, false)),
  ];
  return { config, strays, blocks, included, files: readable, tooMuch };
}

/** The one that was changed last. */
export function lastChanged(files: SiteTree, paths: ReadonlySet<string>): RunningFacts["changed"] {
  const times = [...paths].map((file) => ({
    file,
    at: files.look(files.wayTo(file)?.at(-1) ?? file)?.changedAt ?? 0,
  }));
  return times.toSorted((a, b) => b.at - a.at)[0];
}
