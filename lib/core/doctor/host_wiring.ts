/** Where gatehouse is wired into sshd and PAM, as the lines say; whether that guards anybody is for others. */
import { moduleName } from "../pam_stack/assumptions.ts";
import { isGatehouse, readGatehouseLine } from "../pam_stack/gatehouse_line.ts";
import type { PamOptions } from "../pam_options.ts";
import type { PamEntry } from "../pam_stack/stack.ts";
import { printable } from "../text.ts";
import type { Finding } from "./finding.ts";
import { placeOf } from "./text.ts";

/** Where a line that says nothing else finds the program. */
export const PROGRAM = "/usr/local/bin/gatehouse";

export interface GateLine {
  readonly program: string;
  /** Undefined: the usual host.toml. */
  readonly config: string | undefined;
}

/** Of sshd_config and what it may include, in whatever block. */
export function gateLines(text: string): GateLine[] {
  return text.split("\n").flatMap((content) => {
    const [, command = ""] = /^\s*ForceCommand[\s=]+(.*)$/i.exec(content) ?? [];
    const [, program, config] =
      /(?:^|[\s"])(\/[^\s"]*gatehouse)\s+gate(?:\s+--config[\s=]+([^\s"]+))?/.exec(command) ?? [];
    return program === undefined ? [] : [{ program, config }];
  });
}

export interface ModuleLine {
  readonly service: string;
  /** As written; undefined under pam_exec. */
  readonly module: string | undefined;
  readonly program: string;
  readonly config: string | undefined;
  /** The account's authenticator file, where the line itself says it. */
  readonly secret: string | undefined;
  /** Undefined: the line is refused. */
  readonly mode: PamOptions["mode"] | undefined;
  readonly where: PamEntry["where"];
}

/** Of a stack for `auth`. Lines that are refused count: they say where somebody wanted a factor. */
export function moduleLines(service: string, entries: readonly PamEntry[]): ModuleLine[] {
  return entries.filter(isGatehouse).map((entry) => {
    const { options, underExec } = readGatehouseLine(entry);
    const program = underExec
      ? entry.args.find((arg) => /(^|\/)gatehouse$/.test(arg))
      : entry.args.find((arg) => arg.startsWith("helper="))?.slice("helper=".length);
    return {
      service,
      module: underExec ? undefined : entry.module,
      program: program ?? PROGRAM,
      config: options?.config,
      secret: options?.secret,
      mode: options?.mode,
      where: entry.where,
    };
  });
}

/** Lines that ask for what a server alone can give, with a host.toml that names none. */
export function serverless(lines: readonly ModuleLine[]): Finding[] {
  const found = lines.filter(({ mode }) => mode === "approve" || mode === "pin");
  return [...new Map(found.map((line) => [placeOf(line.where), line])).values()]
    .map(({ mode, service, where }): Finding => ({
      id: "host.mode-needs-server",
      severity: "critical",
      where,
      what: `mode=${mode} on our line in ${printable(service, 64)}, and host.toml names no server`,
      means: "Whoever is asked by that line is denied.",
      mend: "gatehouse join URL, or take mode=code",
    }));
}

/** Where google-authenticator's module reads the accounts' files, with variables. */
export function googleSecrets(entries: readonly PamEntry[]): string[] {
  return entries.filter(({ kind, module }) =>
    kind === "module" && moduleName(module) === "pam_google_authenticator"
  ).map(({ args }) =>
    args.findLast((arg) => arg.startsWith("secret="))?.slice("secret=".length) ??
      "${HOME}/.google_authenticator"
  );
}

/** Of the lines that this pam_gatehouse.so speaks; undefined: it is none, or older than that. */
export function moduleProtocol(bytes: string): number | undefined {
  const [, version] = /\bpam_gatehouse protocol ([0-9]{1,4})\0/.exec(bytes) ?? [];
  return version === undefined ? undefined : Number(version);
}
