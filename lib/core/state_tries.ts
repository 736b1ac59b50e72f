/** What the state file says of tries and logins: RATE_LIMIT, and the grace period's LAST0 to LAST9. */
import { LOGIN_HOST, type StateFile } from "./state_file.ts";
import { setOption } from "./state_file_change.ts";

/**
 * Counts a try, right or wrong, a refused one too: google-authenticator's rule.
 * @param now milliseconds since the epoch
 * @returns `retryAt` (milliseconds) when there were too many
 */
export function countTry(file: StateFile, now: number): { file: StateFile; retryAt?: number } {
  if (file.rateLimit === undefined) return { file };
  const { attempts, interval, times } = file.rateLimit;
  const second = Math.floor(now / 1000);
  const recent = [...times, second].toSorted((a, b) => a - b)
    .filter((time) => time >= second - interval && time <= second);
  const kept = recent.slice(-attempts);
  const counted = setOption(file, "RATE_LIMIT", [attempts, interval, ...kept].join(" "));
  if (recent.length <= attempts) return { file: counted };
  return { file: counted, retryAt: ((kept[0] ?? second) + interval + 1) * 1000 };
}

/** Whether the last right code from there is less than `seconds` old. @param now milliseconds */
export function withinGrace(
  file: StateFile,
  host: string,
  seconds: number,
  now: number,
): boolean {
  const second = Math.floor(now / 1000);
  // A login of the future, wherever from, is a clock that was set back: how old the others are is not
  // known then.
  if (file.logins.some((login) => login.at > second)) return false;
  const login = file.logins.find((login) => login.host === host);
  return login !== undefined && login.at + seconds > second;
}

/** In the host's own slot, else the first free one, else the oldest. @param now milliseconds */
export function rememberLogin(file: StateFile, host: string, now: number): StateFile {
  if (!new RegExp(`^${LOGIN_HOST}$`).test(host)) return file;
  const slots = Array.from({ length: 10 }, (_, slot) => slot);
  const taken = file.logins;
  const free = slots.find((slot) => taken.every((login) => login.slot !== slot));
  const own = taken.find((login) => login.host === host)?.slot;
  const [oldest] = taken.toSorted((a, b) => a.at - b.at);
  const slot = own ?? free ?? oldest?.slot ?? 0;
  return setOption(file, `LAST${slot}`, `${host} ${Math.floor(now / 1000)}`);
}
