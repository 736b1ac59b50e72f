/** An account's authenticator, for logins through the gate. */
import type { GuardedHost, HostToml } from "./gate.ts";
import { codeOf, RFC_BASE32 } from "./totp.ts";

/** What the gate asks for a code with when no server answers. */
export const PROMPT = "Code from your authenticator app:";

/** google-authenticator's state file with the secret of totp(). */
export const STATE_FILE = stateFile(["WINDOW_SIZE 3", "TOTP_AUTH"]);

/** Another one, with the same secret. */
export function stateFile(
  options: readonly string[],
  scratchCodes: readonly string[] = [],
): string {
  const lines = [RFC_BASE32, ...options.map((option) => `" ${option}`), ...scratchCodes];
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * What the authenticator app shows.
 * @param steps from now: -1 and 1 are within the window of three
 */
export function totp(steps = 0): string {
  return codeOf(Math.floor(Date.now() / 30_000) + steps);
}

/** Six digits that no step near now has. */
export function wrongCode(): string {
  const near = [-2, -1, 0, 1, 2, 3].map(totp);
  return ["000000", "111111", "222222", "333333", "444444", "555555", "666666"]
    .find((code) => !near.includes(code)) ?? "";
}

/** Gives the ordinary account a code file, of which nothing is remembered yet; its path. */
export async function enroll(
  host: GuardedHost,
  settings: HostToml = {},
  text = STATE_FILE,
): Promise<string> {
  await forget(host, settings);
  return await host.homeFile(".google_authenticator", text, 0o400);
}

/** Takes the code file away again, if there is one. */
export async function unenroll({ user }: GuardedHost): Promise<void> {
  await Deno.remove(`${user.home}/.google_authenticator`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

let memories = 0;

/** host.toml with nothing remembered of earlier codes. */
export async function forget(host: GuardedHost, settings: HostToml = {}): Promise<void> {
  const spent = `\${HOME}/spent-${memories++}`;
  await host.configure({ ...settings, codes: { spent, ...settings.codes } });
}

/** How many wrong codes are remembered of the ordinary account. */
export async function wrongCodesRemembered({ user }: GuardedHost): Promise<number> {
  const path = `${user.home}/spent-${memories - 1}/${user.name}.json`;
  const { failures }: { failures: unknown[] } = JSON.parse(await Deno.readTextFile(path));
  return failures.length;
}
