/** The emergency code of this host, for the front ends that run as root. */
import { hasServers, type HostConfig } from "../config/host.ts";
import { type Attempt, describeAttempt, describeWhy } from "../core/attempt.ts";
import { describeError, Failure } from "../core/errors.ts";
import { isSamePlace } from "../core/path_template.ts";
import { printable } from "../core/text.ts";
import { systemClock } from "../io/clock.ts";
import { ROOTS_OWN } from "../io/code_config.ts";
import { EmergencyCode } from "../io/emergency_file.ts";
import { hostName } from "../io/surroundings.ts";
import { syslog } from "../io/syslog.ts";
import type { Emergency } from "../login/doors.ts";
import { emergencyCode, type Tries } from "../login/emergency.ts";

/** Undefined where none was set, or it cannot be used: the log then says why. */
export function emergencyOf(config: HostConfig, attempt: Attempt): Emergency | undefined {
  const code = EmergencyCode.at(config.codes.emergency);
  if (!isUsable(code)) return undefined;
  return emergencyCode(attempt, {
    matches: (line) => code.matches(line),
    openTries: () => openTries(config),
    names: [...emergencyNames(config), attempt.user],
    clock: systemClock,
    tell: () => tell(config, attempt),
  });
}

/** What an emergency code of this host must not consist of. */
export function emergencyNames({ host }: Pick<HostConfig, "host">): string[] {
  return [hostName(), host ?? ""].flatMap((name) => [name, name.split(".", 1)[0] ?? ""]);
}

function isUsable(code: EmergencyCode): boolean {
  try {
    return code.exists();
  } catch (error) {
    const why = error instanceof Failure ? error.reason : describeError(error);
    syslog("warning", `emergency code unusable ${describeWhy(why)}`);
    return false;
  }
}

/** The whole host's tries are there, so never where each account has a place of its own. */
export function triesFolder({ spent }: HostConfig["codes"]): string {
  return spent !== undefined && isSamePlace(spent) ? spent : ROOTS_OWN.spent;
}

async function openTries({ codes }: HostConfig): Promise<Tries> {
  const [{ CodeMemoryFile }, { EMERGENCY_NAME }] = await Promise.all([
    import("../io/code_memory_file.ts"),
    import("../core/emergency_tries.ts"),
  ]);
  return await CodeMemoryFile.open(triesFolder(codes), { user: EMERGENCY_NAME, uid: 0 });
}

/** The log first, for it cannot fail; then, within two seconds, whoever can be reached. */
async function tell(config: HostConfig, attempt: Attempt): Promise<void> {
  const { user, service, source, requester } = attempt;
  syslog("alert", `emergency code accepted ${describeAttempt(attempt)}`);
  if (!hasServers(config)) return;
  const [{ sendAlert }, { trustSystemRoots }] = await Promise.all([
    import("../io/approval_alert.ts"),
    import("../io/tls_roots.ts"),
  ]);
  trustSystemRoots();
  const why = await sendAlert({ servers: config.servers, token: config.host_token }, {
    kind: "emergency_code",
    user: printable(user),
    service: printable(service, 64),
    source,
    ...(requester === null ? {} : { requester: printable(requester) }),
  });
  if (why === undefined) return;
  syslog("warning", `emergency code alert waits ${describeWhy(why)}`);
  const { keepEmergency } = await import("./untold_alerts.ts");
  await keepEmergency(config, attempt);
}
