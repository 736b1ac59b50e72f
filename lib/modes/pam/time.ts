/** How long this login may wait, and whether what we say is seen at once. */
import { describeAttempt } from "../../core/attempt.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { systemClock } from "../../io/clock.ts";
import { type SshdLimits, sshdLimits } from "../../io/login_grace.ts";
import { syslog } from "../../io/syslog.ts";
import type { PamLogin } from "./login.ts";

/** For our answer to reach sshd, and sshd's to reach the client. */
const SPARE_S = 3;
/** The module's own limit, where its line says no other `timeout`. */
const MODULE_S = 330;

export interface LoginTime {
  /** What the person has for an answer. */
  readonly timeoutMs: number;
  /** When all of it ends, enrolment too; milliseconds since the Unix epoch. */
  readonly endsAt: number;
  /** Texts are shown at once, not only with the next prompt. */
  readonly streams: boolean;
}

/** @throws Failure (77) when sshd would cut the connection before anybody could answer */
export function timeFor(
  { config, options, items, attempt }: Pick<
    PamLogin,
    "config" | "options" | "items" | "attempt"
  >,
  limits: () => SshdLimits = sshdLimits,
): LoginTime {
  const { secondsLeft = Infinity, streams } = items.sshConnection === undefined
    ? { streams: true }
    : limits();
  const { timeoutS = MODULE_S } = options;
  const left = Math.floor(Math.min(secondsLeft, timeoutS)) - SPARE_S;
  const timeoutMs = Math.min(config.timeout, left * 1000);
  if (timeoutMs < config.timeout) {
    const by = secondsLeft < timeoutS ? "LoginGraceTime" : "the module's timeout=";
    const shortened = `${left} s in the place of ${config.timeout / 1000} s: ${by}`;
    if (left < 1) {
      throw new Failure(Exit.denied, "no time is left to log in", "connect again", shortened);
    }
    syslog("notice", `wait shortened ${describeAttempt(attempt)} to ${shortened}`);
  }
  return { timeoutMs, endsAt: systemClock.now() + left * 1000, streams };
}
