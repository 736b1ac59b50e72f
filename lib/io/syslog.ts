/** syslog(3), facility LOG_AUTHPRIV: where administrators and fail2ban look for logins. */
import { base, nulTerminated } from "./libc.ts";

const LOG_AUTHPRIV = 10 << 3;
const LEVEL = { alert: 1, warning: 4, notice: 5, info: 6 } as const;

/**
 * One line, under the executable's name; the caller has made its parts printable. Lost silently where
 * no syslog runs.
 */
export function syslog(level: keyof typeof LEVEL, line: string): void {
  base().syslog(LOG_AUTHPRIV | LEVEL[level], nulTerminated("%s"), nulTerminated(line));
}
