/** A tree of a guarded host: a distribution's configuration, an sshd block, a host.toml. */
import { inOrder } from "../../lib/core/doctor/finding.ts";
import { placeOf } from "../../lib/core/doctor/text.ts";
import { examineHost } from "../../lib/modes/doctor/host.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { doctor, type DoctorOptions } from "../../lib/modes/doctor/doctor.ts";
import { CollectedOut } from "./out.ts";
import { mustRun } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

const DEBIAN = new URL("trees/debian-12", import.meta.url).pathname;

export const ALICE = 4201;
const BOB = 4202;
const HOST_TOML = "/etc/gatehouse/host.toml";
/** RFC 6238's secret, in google-authenticator's form. */
export const STATE = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n" TOTP_AUTH\n';

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
alice:x:${ALICE}:${ALICE}::/home/alice:/bin/bash
bob:x:${BOB}:${BOB}::/home/bob:/bin/bash
`;
const GROUP = `root:x:0:
daemon:x:1:
alice:x:${ALICE}:
bob:x:${BOB}:
ssh-2fa:x:4200:alice,bob
`;

export const BLOCK = `Match Group ssh-2fa
    ForceCommand exec /usr/local/bin/gatehouse gate
    DisableForwarding yes
    PermitUserRC no
    ExposeAuthInfo yes
    SetEnv SHLVL=9 BASH_ENV= BASH_FUNC_exec%%= SHELLOPTS= LD_PRELOAD= LD_LIBRARY_PATH= LD_AUDIT= GCONV_PATH= LOCPATH= ZDOTDIR=/nonexistent XDG_CONFIG_HOME=/nonexistent XDG_DATA_HOME=/nonexistent XDG_DATA_DIRS=/nonexistent
`;

const NOTHING = { pam: [], gate: [], emptied: false, pamAlone: [], service: "sshd" } as const;

export class DoctorTree implements AsyncDisposable {
  private constructor(private readonly folder: Scratch) {}

  /** alice and bob are guarded by the gate, and have an authenticator each. */
  static async make(): Promise<DoctorTree> {
    const tree = new DoctorTree(await scratch());
    await mustRun(["cp", "-R", "--no-preserve=ownership", `${DEBIAN}/.`, tree.path]);
    await tree.write("/etc/passwd", PASSWD);
    await tree.write("/etc/group", GROUP);
    await tree.write("/etc/hostname", "web1\n");
    await tree.write(HOST_TOML, "servers = []\n");
    await tree.write("/etc/ssh/sshd_config.d/50-gatehouse.conf", BLOCK);
    await tree.write("/usr/local/bin/gatehouse", "#!/bin/sh\n", 0o755);
    await tree.own("/home/alice", ALICE);
    await tree.own("/home/bob", BOB);
    for (const [name, uid] of [["alice", ALICE], ["bob", BOB]] as const) {
      await tree.write(`/home/${name}/.google_authenticator`, STATE, 0o600, uid);
    }
    return tree;
  }

  get path(): string {
    return this.folder.path;
  }

  /** Also makes the folders above it. */
  async write(path: string, text: string, mode = 0o644, uid = 0): Promise<void> {
    const real = `${this.path}${path}`;
    await mustRun(["mkdir", "-p", real.slice(0, real.lastIndexOf("/"))]);
    await Deno.writeTextFile(real, text);
    await Deno.chown(real, uid, uid);
    await Deno.chmod(real, mode);
  }

  async append(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}${path}`, text, { append: true });
  }

  /** A folder, made if it is missing. */
  async own(path: string, uid: number, mode = 0o755): Promise<void> {
    await mustRun(["mkdir", "-p", `${this.path}${path}`]);
    await Deno.chown(`${this.path}${path}`, uid, uid);
    await Deno.chmod(`${this.path}${path}`, mode);
  }

  async host(toml: string): Promise<void> {
    await this.write(HOST_TOML, toml);
  }

  mode(path: string): number {
    return (Deno.lstatSync(`${this.path}${path}`).mode ?? 0) & 0o7777;
  }

  /** Runs the doctor on it. */
  async doctor(options: DoctorOptions = {}): Promise<{ status: number; text: string }> {
    const out = new CollectedOut();
    const status = await doctor({ root: this.path, ...options }, out);
    return { status, text: out.text };
  }

  /**
   * "critical host.config-open /etc/gatehouse/host.toml": what is found beside sshd and PAM, as if both
   * accounts met the gate, or PAM.
   */
  async found(areas = /./, { by = "gate", config }: { by?: "gate" | "pam"; config?: string } = {}) {
    const site = openSite(this.path);
    const guarded = site.accounts.filter(({ groups }) => groups.includes("ssh-2fa"));
    const reliance = { ...NOTHING, [by]: guarded };
    const { findings } = await examineHost(site, reliance, config);
    return inOrder(findings).filter(({ id }) => areas.test(id)).map(({ id, severity, where }) =>
      `${severity} ${id}${where === undefined ? "" : ` ${placeOf(where)}`}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}
