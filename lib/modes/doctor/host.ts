/** host.toml and all the rest of a guarded host: files, authenticators, servers, clock. */
import { DEFAULT_HOST_CONFIG, hasServers, type HostConfig } from "../../config/host.ts";
import type { Examined, Finding } from "../../core/doctor/finding.ts";
import { emergencyFindings, type EmergencyLook } from "../../core/doctor/host_emergency.ts";
import { serverless } from "../../core/doctor/host_wiring.ts";
import { people } from "../../core/doctor/pam_gate.ts";
import type { Reliance, SiteTree } from "../../core/doctor/site.ts";
import type { Account } from "../../core/unix_account.ts";
import { Failure } from "../../core/errors.ts";
import { systemClock } from "../../io/clock.ts";
import { EmergencyCode } from "../../io/emergency_file.ts";
import { hostKeyPath } from "../../io/host_key.ts";
import { examineCodes } from "./host_codes.ts";
import { readConfig } from "./host_config.ts";
import { examineFiles } from "./host_files.ts";
import { hostKeyFindings } from "./host_private.ts";
import { openConfigs } from "./open_configs.ts";
import { isService } from "./pam_files.ts";
import { sourcesBesideFiles, type WholeSite } from "./site.ts";
import { readWiring } from "./wiring.ts";

/** @param named host.toml as given with `--config`; undefined: those that sshd and PAM are told of */
export async function examineHost(
  site: WholeSite,
  relied: Reliance,
  named?: string,
): Promise<Examined> {
  const { accounts, files, root } = site;
  // Where all are guarded, daemon and nobody are, too, and need no authenticator.
  const reliance = { ...relied, pam: people(relied.pam), gate: people(relied.gate) };
  const wiring = readWiring(files);
  const isWired = wiring.gates.length + wiring.modules.length > 0;
  const told = [...wiring.gates, ...wiring.modules].map((line) =>
    line.config ?? DEFAULT_HOST_CONFIG
  );
  const paths = named !== undefined ? [named] : isWired ? told : [DEFAULT_HOST_CONFIG];
  const guarded = everyone([...reliance.pam, ...reliance.gate]);
  const findings: Finding[] = [
    ...examineFiles(files, root, wiring),
    ...openConfigs(files, root),
    ...accountSources(files),
  ];
  const proven: string[] = [];
  for (const file of new Set(paths)) {
    const byGate = reliance.gate.length > 0 || wiring.gates.length > 0;
    const byPam = wiring.modules.length > 0;
    const loginDefs = files.text("/etc/login.defs");
    const use = { file, byGate, byPam, guarded, accounts, loginDefs };
    const { config, findings: ofConfig } = readConfig(files, root, use, isWired);
    findings.push(...ofConfig, ...hostKeyFindings(files, root, hostKeyPath(file)));
    if (config === undefined) continue;
    if (!hasServers(config)) {
      const its = wiring.modules.filter(({ config = DEFAULT_HOST_CONFIG, service }) =>
        config === file && isService(service)
      );
      findings.push(...serverless(its));
    }
    const place = { files, root, accounts, reliance, wiring, file, config, now: systemClock.now() };
    const codes = examineCodes(place);
    const path = config.codes.emergency;
    const { lockedOut } = codes;
    const look = await emergencyLook(site, config);
    findings.push(
      ...codes.findings,
      ...emergencyFindings(look, { byPam, hasServers: hasServers(config), lockedOut, path }),
    );
    proven.push(...codes.proven);
    if (root !== "") continue;
    const { examineRunning } = await import("./host_running.ts");
    const running = await examineRunning({ files, file, config, byGate });
    findings.push(...running.findings);
    proven.push(...running.proven);
  }
  return { findings, proven };
}

function everyone(accounts: readonly Account[]): Account[] {
  return [...new Map(accounts.map((one) => [one.name, one])).values()];
}

function accountSources(files: SiteTree): Finding[] {
  const sources = sourcesBesideFiles(files, "passwd");
  if (sources.length === 0) return [];
  return [{
    id: "host.accounts-unlisted",
    severity: "warning",
    where: { file: "/etc/nsswitch.conf" },
    what: `accounts also come from ${sources.join(", ")}, which may not list them all`,
    means: "What is said here of every account holds for those that `getent passwd` lists.",
    mend: "let it list them (enumerate in sssd.conf), or guard by a group that they are all in",
  }];
}

/** Each costs 100 ms; whatever is weak lets nobody in anyhow. */
const FIRST_GUESSES = ["123456", "password", "gatehouse"];

async function emergencyLook(
  { files, root, name }: WholeSite,
  config: HostConfig,
): Promise<EmergencyLook> {
  const path = config.codes.emergency;
  const facts = files.look(path);
  if (facts === undefined) return { state: "missing" };
  const end = files.wayTo(path)?.at(-1);
  if (facts.kind !== "file" || end === undefined) {
    return { state: "unusable", why: "it is not a regular file", facts };
  }
  try {
    const code = EmergencyCode.at(`${root}${end}`, root === "" ? 0 : Deno.uid() ?? 0);
    for (const guess of new Set([...FIRST_GUESSES, config.host ?? name])) {
      if (await code.matches(guess)) return { state: "weak" };
    }
    return { state: "good" };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Paths are as on the machine.
    return { state: "unusable", why: error.message.replace(`${root}${end}`, path), facts };
  }
}
