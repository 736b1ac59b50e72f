/** What the doctor says: findings as data. */

/**
 * critical: somebody gets in past the factor, or nobody gets in. warning: it may come to that, or a choice
 * that somebody should know of. info: good to know.
 */
export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = typeof SEVERITIES[number];

export interface Finding {
  /** `area.what-is-wrong`, such as `sshd.forwarding-open`; one thing has one id for ever. */
  readonly id: string;
  readonly severity: Severity;
  /** Undefined where no file is to blame. The path is as on the machine, without `--root`. */
  readonly where?: { readonly file: string; readonly line?: number };
  /** One line, lower case, no full stop: what was found. */
  readonly what: string;
  /** What it means for a person, in a sentence or two. */
  readonly means: string;
  /** What to do about it, as concretely as possible: the line to write, the command to run. */
  readonly mend: string;
  /** The proof: an account and its circumstances, or module results that let somebody through. */
  readonly witness?: string;
  /** How `--fix` mends it by itself, where that is safe. */
  readonly fix?: Fix | readonly Fix[];
}

/** What came of an examination. */
export interface Examined {
  readonly findings: readonly Finding[];
  /** What was shown to be as it should, each in one line as `what` above. */
  readonly proven: readonly string[];
}

/** Only what takes rights away and locks nobody out. */
export type Fix =
  | { readonly kind: "mode"; readonly path: string; readonly mode: number }
  | { readonly kind: "owner"; readonly path: string; readonly uid: number; readonly gid: number }
  | { readonly kind: "remove"; readonly path: string };

export function fixesOf({ fix }: Finding): readonly Fix[] {
  if (fix === undefined) return [];
  return "kind" in fix ? [fix] : fix;
}

/** The worst first; those of one severity as they were found, without what was found twice. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  const unique = findings.filter(({ id, where, what }) => {
    const key = JSON.stringify([id, where?.file, where?.line, what]);
    return !seen.has(key) && seen.add(key);
  });
  return SEVERITIES.flatMap((severity) => unique.filter((one) => one.severity === severity));
}
