/** Alerts of a host that no server could be told of: they are kept, until `gatehouse sync` tells them. */
import { hasServers, type HostConfig, type JoinedHostConfig } from "../config/host.ts";
import { type Admission, type Attempt, describeAttempt, describeWhy } from "../core/attempt.ts";
import { hex, sha256Hex } from "../core/encoding.ts";
import { describeError } from "../core/errors.ts";
import type { KeptAlert } from "../core/kept_alert.ts";
import { printable } from "../core/text.ts";
import { systemClock } from "../io/clock.ts";
import { systemRandom } from "../io/random.ts";
import { syslog } from "../io/syslog.ts";

/** Of logins that nothing was asked of, because host.toml says so. */
const WHY = { "offline-allow": "offline", "unenrolled-allow": "unenrolled" } as const;

/** Of a login that is none of those nothing is kept. Never rejects. */
export async function keepFailOpen(
  config: HostConfig,
  attempt: Attempt,
  { via }: Admission,
): Promise<void> {
  if (!hasServers(config) || via !== "offline-allow" && via !== "unenrolled-allow") return;
  await keep(config, attempt, { kind: "fail_open", why: WHY[via] });
}

/** Of an emergency code that was used. Never rejects. */
export async function keepEmergency(
  config: Pick<JoinedHostConfig, "host_token">,
  attempt: Attempt,
): Promise<void> {
  await keep(config, attempt, { kind: "emergency_code" });
}

async function keep(
  { host_token }: Pick<JoinedHostConfig, "host_token">,
  attempt: Attempt,
  what: Pick<KeptAlert, "kind" | "why">,
): Promise<void> {
  const { requester, service, source, user } = attempt;
  try {
    const { keepAlert } = await import("../io/alert_spool.ts");
    const alert: KeptAlert = {
      ...what,
      user: printable(user),
      service: printable(service, 64),
      source,
      ...(requester === null ? {} : { requester: printable(requester) }),
      at: new Date(systemClock.now()).toISOString(),
    };
    const hash = await sha256Hex(new TextEncoder().encode(host_token));
    keepAlert(alert, hash, hex(systemRandom.bytes(8)));
  } catch (error) {
    const why = describeWhy(describeError(error));
    syslog("warning", `alert not kept ${describeAttempt(attempt)} kind=${what.kind} ${why}`);
  }
}
