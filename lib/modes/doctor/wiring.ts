/** Where gatehouse is wired in on the machine that is examined. */
import {
  type GateLine,
  gateLines,
  googleSecrets,
  type ModuleLine,
  moduleLines,
} from "../../core/doctor/host_wiring.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { readStack } from "../../core/pam_stack/read.ts";
import { isService, pamFiles, serviceNames } from "./pam_files.ts";

export interface Wiring {
  readonly gates: readonly GateLine[];
  readonly modules: readonly ModuleLine[];
  /** Where google-authenticator's own module reads, with variables. */
  readonly google: readonly string[];
}

const SSHD_FILES = ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*", "/usr/etc/ssh/sshd_config"];

/** What cannot be read is reported where sshd and PAM are examined. */
export function readWiring(files: SiteTree): Wiring {
  const text = (path: string) => orNothing(() => files.text(path));
  const services = orNothing(() => serviceNames(files)) ?? [];
  const gates = SSHD_FILES.flatMap((pattern) => orNothing(() => files.matching(pattern)) ?? [])
    .flatMap((file) => gateLines(text(file) ?? ""));
  const pam = pamFiles(files);
  const stacks = services.flatMap((service) => {
    const stack = orNothing(() => readStack(service, "auth", pam));
    return stack === undefined || "refused" in stack ? [] : [stack];
  });
  return {
    gates,
    modules: stacks.flatMap(({ entries, service }) => moduleLines(service, entries)),
    google: stacks.filter(({ service }) => isService(service))
      .flatMap(({ entries }) => googleSecrets(entries)),
  };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
