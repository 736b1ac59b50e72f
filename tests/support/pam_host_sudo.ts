/** sudo for one account, with a PAM service of its own, in a shell in a terminal. */
import type { PamHost, Stack } from "./pam_host.ts";
import { mustRun } from "./process.ts";
import { type Terminal, terminal } from "./terminal.ts";
import type { User } from "./users.ts";

export interface Sudoer extends AsyncDisposable {
  readonly user: User;
  readonly service: string;
  /** A shell of that account's, whose prompt is "$". */
  shell(): Terminal;
}

/** @param timestampMinutes how long sudo remembers; 0: not at all */
export async function sudoer(
  host: PamHost,
  stack: Stack,
  timestampMinutes: number,
): Promise<Sudoer> {
  const user = await host.addUser();
  const service = await host.module.service([]);
  await host.guard(service, stack);
  const rules = `/etc/sudoers.d/${service}`;
  await Deno.writeTextFile(
    rules,
    `Defaults:${user.name} pam_service=${service}, timestamp_timeout=${timestampMinutes}, !lecture\n` +
      `${user.name} ALL=(ALL) ALL\n`,
    { mode: 0o440 },
  );
  // umask(2) may have taken bits of it, and sudo wants exactly these.
  await Deno.chmod(rules, 0o440);
  const dispose = async () => {
    await Deno.remove(rules);
    await Deno.remove(`/run/sudo/ts/${user.name}`).catch(() => {});
  };
  try {
    await mustRun(["visudo", "--check", "--quiet", "--file", rules]);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { user, service, shell: () => shellOf(host, user), [Symbol.asyncDispose]: dispose };
}

/** A shell of that account's, at home. */
function shellOf(host: PamHost, user: User): Terminal {
  const { uid, gid, home, name } = user;
  const become = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups"];
  return terminal(
    host.log.around([...become, "sh", "-c", `cd "$HOME" && PS1='$ ' exec sh`]),
    { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: home, USER: name, LANG: "C.UTF-8" } },
  );
}
