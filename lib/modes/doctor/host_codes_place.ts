/** Where authenticators' files are on the machine that is examined. */
import type { HostConfig } from "../../config/host.ts";
import type { FileFacts, Reliance, SiteTree } from "../../core/doctor/site.ts";
import type { Account } from "../../core/unix_account.ts";
import { Failure } from "../../core/errors.ts";
import { folderOfAll } from "../../core/path_template.ts";
import { ROOTS_OWN } from "../../io/code_config.ts";
import type { Wiring } from "./wiring.ts";

/** What the authenticators of a host are examined with. */
export interface CodesPlace {
  readonly files: SiteTree;
  /** "" for this machine. */
  readonly root: string;
  readonly accounts: readonly Account[];
  readonly reliance: Reliance;
  readonly wiring: Wiring;
  /** host.toml: its path, and what it says. */
  readonly file: string;
  readonly config: HostConfig;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The path for PAM, with its variables. */
export function pamSecret({ config, reliance, wiring }: CodesPlace): string {
  const line = wiring.modules.find(({ secret, service }) =>
    service === reliance.service && secret !== undefined
  );
  return line?.secret ?? config.codes.secret ?? ROOTS_OWN.secret;
}

/** Where root keeps them, one file an account; undefined: in the homes alone. */
export function folderOfPam(place: CodesPlace): string | undefined {
  return folderOfAll(pamSecret(place));
}

/** What cannot be looked at is not there. */
export function lookOrNothing(files: SiteTree, path: string): FileFacts | undefined {
  try {
    return files.look(path);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

export function namesOrNone(files: SiteTree, folder: string): readonly string[] {
  try {
    return files.names(folder) ?? [];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
