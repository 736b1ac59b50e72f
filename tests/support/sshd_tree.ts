/** A tree with an sshd_config, as `doctor --root` examines it; nothing of this machine is in it. */
import type { Finding } from "../../lib/core/doctor/finding.ts";
import { type ExaminedSshd, examineSshd } from "../../lib/modes/doctor/sshd.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { mustRun } from "./process.ts";
import { scratch } from "./scratch.ts";

/** Files by their paths on the machine. */
export type TreeFiles = Readonly<Record<string, string>>;

export const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl someone";

/** The block of docs/sshd.md. */
export const GATE_BLOCK = `Match Group ssh-2fa
    ForceCommand exec /usr/local/bin/gatehouse gate
    DisableForwarding yes
    PermitUserRC no
    ExposeAuthInfo yes
    SetEnv SHLVL=9 BASH_ENV= BASH_FUNC_exec%%= SHELLOPTS= LD_PRELOAD= LD_LIBRARY_PATH= LD_AUDIT= GCONV_PATH= LOCPATH= ZDOTDIR=/nonexistent XDG_CONFIG_HOME=/nonexistent XDG_DATA_HOME=/nonexistent XDG_DATA_DIRS=/nonexistent
`;

/** What `install.sh host --mode pam` writes. */
export const PAM_BLOCK = `Match Group ssh-2fa
    AuthenticationMethods publickey,keyboard-interactive:pam
    KbdInteractiveAuthentication yes
`;

export const DROP_IN = "/etc/ssh/sshd_config.d/50-gatehouse.conf";

/** Debian's, without its remarks. */
export const DEBIAN_CONFIG = `Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
`;

/** alice and bob have keys; alice is in the group. Nobody has a password. */
const BASE: TreeFiles = {
  "/etc/passwd": `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:5001:5001::/home/alice:/bin/bash
bob:x:5002:5002::/home/bob:/bin/bash
`,
  "/etc/group": "root:x:0:\nalice:x:5001:\nbob:x:5002:\nssh-2fa:x:5100:alice\n",
  "/etc/shadow": "root:*:1::::::\nalice:!:1::::::\nbob:!:1::::::\n",
  "/etc/ssh/sshd_config": DEBIAN_CONFIG,
  "/etc/gatehouse/host.toml": "",
  "/etc/pam.d/sshd": "auth required pam_unix.so\n",
  "/usr/local/bin/gatehouse": "#!/bin/sh\n",
  "/home/alice/.ssh/authorized_keys": `${KEY}\n`,
  "/home/bob/.ssh/authorized_keys": `${KEY}\n`,
};

/** @param files beside a Debian's; @param change what cannot be said by files alone @param config `--config` */
export async function examineTree(
  files: TreeFiles,
  change: (root: string) => Promise<void> = () => Promise.resolve(),
  config?: string,
): Promise<ExaminedSshd> {
  await using folder = await scratch();
  for (const [path, text] of Object.entries({ ...BASE, ...files })) {
    const real = `${folder.path}${path}`;
    await Deno.mkdir(real.slice(0, real.lastIndexOf("/")), { recursive: true, mode: 0o755 });
    await Deno.writeTextFile(real, text);
    await Deno.chmod(real, path.startsWith("/usr/local/bin/") ? 0o755 : 0o644);
  }
  for (const [name, id] of [["alice", "5001"], ["bob", "5002"]]) {
    await mustRun(["chown", "-R", `${id}:${id}`, `${folder.path}/home/${name}`]);
  }
  await change(folder.path);
  return await examineSshd(openSite(folder.path), config);
}

/** "critical sshd.factor-missing /etc/ssh/sshd_config:3", without what every old sshd has. */
export function briefly({ findings }: { readonly findings: readonly Finding[] }): string[] {
  return findings.filter(({ id }) => !id.startsWith("sshd.version-"))
    .map(({ severity, id, where }) =>
      [severity, id, where === undefined ? "" : `${where.file}:${where.line ?? ""}`].join(" ")
        .trim()
    );
}

export function only({ findings }: { readonly findings: readonly Finding[] }, id: string): Finding {
  const found = findings.filter((one) => one.id === id);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(
      `${found.length} × ${id} among: ${findings.map((one) => one.id + " " + one.what).join(", ")}`,
    );
  }
  return first;
}
