/** Where gatehouse is wired in on the machine that is examined. */
import {
  type GateLine,
  gateLines,
  type ModuleLine,
  moduleLines,
} from "../../core/doctor/host_wiring.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { readStack } from "../../core/pam_stack/read.ts";
import { pamFiles, serviceNames } from "./pam_files.ts";

export interface Wiring {
  readonly gates: readonly GateLine[];
  readonly modules: readonly ModuleLine[];
}

const SSHD_FILES = ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*", "/usr/etc/ssh/sshd_config"];

/** What cannot be read is reported where sshd and PAM are examined. */
export function readWiring(files: SiteTree): Wiring {
  const text = (path: string) => orNothing(() => files.text(path));
  const services = orNothing(() => serviceNames(files)) ?? [];
  const gates = SSHD_FILES.flatMap((pattern) => orNothing(() => files.matching(pattern)) ?? [])
    .flatMap((file) => gateLines(text(file) ?? ""));
  const pam = pamFiles(files);
  const modules = services.flatMap((service) => {
    const stack = orNothing(() => readStack(service, "auth", pam));
    return stack === undefined || "refused" in stack ? [] : moduleLines(service, stack.entries);
  });
  return { gates, modules };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
