/** Tells the server what logins could not tell it. */
import type { JoinedHostConfig } from "../../config/host.ts";
import { describeWhy } from "../../core/attempt.ts";
import { sha256Hex } from "../../core/encoding.ts";
import { describeError } from "../../core/errors.ts";
import { allAccounts } from "../../io/accounts.ts";
import { forgetAlert, keptAlerts } from "../../io/alert_spool.ts";
import { sendAlert } from "../../io/approval_alert.ts";
import { systemClock } from "../../io/clock.ts";
import { syslog } from "../../io/syslog.ts";

/** For one alert: nobody waits here. */
const ALERT_WITHIN_MS = 10_000;

/** What logins could not tell when no server answered. What cannot be told now waits on. */
export async function tellKeptAlerts(
  { host_token: token, servers }: JoinedHostConfig,
): Promise<void> {
  const names = new Map(allAccounts().map(({ name, uid }) => [uid, name]));
  const hash = await sha256Hex(new TextEncoder().encode(token));
  try {
    const { alerts, dropped } = keptAlerts(hash, (uid) => names.get(uid), systemClock.now());
    if (dropped > 0) syslog("warning", `alerts thrown away count=${dropped}`);
    for (const { path, alert } of alerts) {
      const why = await sendAlert({ servers, token }, alert, ALERT_WITHIN_MS);
      if (why !== undefined) {
        return syslog("warning", `alerts wait count=${alerts.length} ${describeWhy(why)}`);
      }
      forgetAlert(path);
    }
  } catch (error) {
    syslog("warning", `alerts cannot be read ${describeWhy(describeError(error))}`);
  }
}
