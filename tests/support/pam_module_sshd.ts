/** A real sshd whose PAM service has pam_gatehouse.so, with a helper of the test's in it. */
import { PamModule } from "./pam_module.ts";
import { type Sshd, startSshd } from "./sshd.ts";
import { type Terminal, terminal } from "./terminal.ts";
import { createUser, type User } from "./users.ts";

export interface PamSshd extends AsyncDisposable {
  readonly sshd: Sshd;
  readonly user: User;
  /** Path of the private key that lets the user in. */
  readonly key: string;
  /** The helper of all logins from now on; see PamModule.helper(). Its path. */
  plays(script: string): Promise<string>;
  /** ssh in a terminal. @param user default: the one who exists */
  login(user?: string): Terminal;
}

/**
 * @param lines for sshd_config, before all others
 * @param real the sshd, when it is not the system's
 */
export async function pamSshd(
  module: PamModule,
  lines: readonly string[] = [],
  real = "/usr/sbin/sshd",
): Promise<PamSshd> {
  const things = new AsyncDisposableStack();
  try {
    const link = `${module.folder.path}/helper-link-${crypto.randomUUID().slice(0, 8)}`;
    const service = await module.service([
      `auth required ${module.path} helper=${link}`,
      // As Debian's: without a module in front that answers, ours has to.
      `account required ${module.path}`,
      `session required ${module.path}`,
    ]);
    // sshd's PAM service is called as sshd is.
    const program = `${module.folder.path}/${service}`;
    await Deno.symlink(real, program);
    const user = things.use(await createUser(module.folder));
    const key = await module.folder.key(`key-${service}`);
    const sshd = things.use(
      await startSshd(module.folder, {
        program,
        usePam: true,
        lines: [
          ...lines,
          "KbdInteractiveAuthentication yes",
          "AuthenticationMethods keyboard-interactive:pam",
        ],
      }),
    );
    await sshd.authorize(user.name, key);
    return {
      sshd,
      user,
      key,
      async plays(script) {
        const helper = await module.helper(script);
        await Deno.remove(link).catch(() => {});
        await Deno.symlink(helper, link);
        return helper;
      },
      login: (name = user.name) => terminal(sshArgv(sshd, name, key)),
      [Symbol.asyncDispose]: () => things.disposeAsync(),
    };
  } catch (error) {
    await things.disposeAsync();
    throw error;
  }
}

function sshArgv(sshd: Sshd, user: string, key: string): string[] {
  const settings = Object.entries({
    Port: sshd.port,
    IdentityFile: key,
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    UserKnownHostsFile: sshd.knownHosts,
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    UpdateHostKeys: "no",
    PreferredAuthentications: "publickey,keyboard-interactive",
  });
  const options = settings.flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return ["ssh", "-F", "none", ...options, `${user}@127.0.0.1`];
}
