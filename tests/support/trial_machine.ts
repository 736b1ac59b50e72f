/**
 * A machine of its own to change: /etc, /var/lib and the like are copies on a disk that outlives a restart,
 * its processes, network and /run do not. With the real sshd on port 22 of its own loopback, and three
 * accounts: root and bob, who have a key, and alice, who is in ssh-2fa and has an authenticator too.
 */
import { binary } from "./binary.ts";
import { pamModuleBeside } from "../../scripts/pam_module.ts";
import { hostToml } from "./gate.ts";
import { STATE_FILE } from "./gate_codes.ts";
import { type Result, run, Running, shellQuote, type StartOptions } from "./process.ts";
import { mustRun } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";
import { GUARD_MS } from "./transcript.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;
const STATE = "/var/lib/gatehouse-install";

/** What is the machine's own: those that begin as copies, and those that begin empty. */
const COPIED = [
  "etc",
  "usr/lib/x86_64-linux-gnu/security",
  "usr/share/pam-configs",
  "var/spool",
];
const EMPTY = ["home", "root", "usr/local", "var/lib", "var/log"];

/**
 * Its first process: hides the real folders behind its own, and can write nothing else of the real machine.
 * Then takes in orphans, and waits to be killed.
 */
const FIRST = `
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
for each in ${[...COPIED, ...EMPTY].join(" ")}; do mount --bind "$1/disk/$each" "/$each"; done
mount -t tmpfs -o mode=0755 tmpfs /run
mount -o remount,bind,ro /
mkdir -m 0755 /run/sshd
ip link set lo up
echo started
sleep infinity &
while :; do wait; done
`;

/** Where syslog(3) would be: a line of logger(1)'s each. */
const LOGGER = (log: string) =>
  `#!/bin/sh
while [ $# -gt 1 ]; do shift; done
printf '%s\\n' "$1" >>${shellQuote(log)}
`;

const SSHD_CONFIG = `Include /etc/ssh/sshd_config.d/*.conf
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv LANG LC_*
LogLevel VERBOSE
PrintMotd no
Subsystem sftp internal-sftp
`;

/** What stands for sshd at a minimum; the stock one has modules that need more of a machine. */
const SSHD_PAM = "auth required pam_unix.so\naccount required pam_unix.so\n";

export class TrialMachine implements AsyncDisposable {
  readonly #folder: Scratch;
  #first: Running | undefined;
  #pid = 0;
  #sshd: Running | undefined;
  readonly #sessions: Running[] = [];

  private constructor(folder: Scratch) {
    this.#folder = folder;
  }

  /** @param binary the executable that is to be /usr/local/bin/gatehouse */
  static async make(binary: string): Promise<TrialMachine> {
    const machine = new TrialMachine(await scratch());
    try {
      await machine.#furnish(binary);
      await machine.start();
      await machine.#populate();
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Path outside of what is at that path inside. */
  disk(path: string): string {
    return `${this.#folder.path}/disk${path}`;
  }

  /** Path of the folder that install.sh is run from; the same inside and outside. */
  get kit(): string {
    return `${this.#folder.path}/kit`;
  }

  get log(): string {
    return `${this.#folder.path}/log`;
  }

  /** A command line for sh inside: what trial_change.sh does with these words. */
  change(words: string): string {
    return `HERE=${this.kit} TMPDIR=${this.kit}/tmp sh ${this.kit}/trial_change.sh ${words}`;
  }

  /** A command line for sh inside: what install.sh does with these words. */
  installer(words: string): string {
    return `TMPDIR=${this.kit}/tmp sh ${this.kit}/install.sh ${words}`;
  }

  /** Path of the client's private key. */
  get key(): string {
    return `${this.#folder.path}/key`;
  }

  /** What sshd has said so far. */
  get sshd(): Running {
    if (this.#sshd === undefined) throw new Error("sshd is not running");
    return this.#sshd;
  }

  async #furnish(binary: string): Promise<void> {
    const { path } = this.#folder;
    for (const each of [...COPIED, ...EMPTY]) {
      await Deno.mkdir(`${path}/disk/${each}`, { recursive: true });
    }
    for (const each of COPIED) await mustRun(["cp", "-a", `/${each}/.`, this.disk(`/${each}`)]);
    await this.#folder.dir("kit");
    for (const part of ["install.sh", "install", "share"]) {
      await mustRun(["cp", "-a", `${CHECKOUT}${part}`, this.kit]);
    }
    for (const part of [binary, pamModuleBeside(binary)]) await mustRun(["cp", part, this.kit]);
    await Deno.mkdir(`${this.kit}/tmp`);
    await Deno.copyFile(`${CHECKOUT}tests/support/trial_change.sh`, `${this.kit}/trial_change.sh`);
    await Deno.chmod(this.disk("/root"), 0o700);
    await Deno.mkdir(this.disk("/usr/local/bin"));
    await Deno.copyFile(binary, this.disk("/usr/local/bin/gatehouse"));
    await Deno.mkdir(this.disk("/usr/local/lib"));
    await Deno.copyFile(
      pamModuleBeside(binary),
      this.disk("/usr/local/lib/pam_gatehouse.so"),
    );
    await this.#folder.file("log", "");
    await Deno.writeTextFile(this.disk("/usr/local/bin/logger"), LOGGER(this.log), { mode: 0o755 });
    await mustRun(["sh", "-c", 'rm -rf "$1"/ssh/sshd_config.d/*', "sh", this.disk("/etc")]);
    await Deno.mkdir(this.disk("/etc/ssh/sshd_config.d"), { recursive: true });
    await Deno.writeTextFile(this.disk("/etc/ssh/sshd_config"), SSHD_CONFIG);
    await Deno.writeTextFile(this.disk("/etc/pam.d/sshd"), SSHD_PAM);
    await Deno.mkdir(this.disk("/etc/gatehouse"), { recursive: true });
    const codes = { spent: "${HOME}/.spent" };
    await Deno.writeTextFile(
      this.disk("/etc/gatehouse/host.toml"),
      hostToml({ servers: [], codes }),
    );
    await this.#folder.key("key");
    const askpass = '#!/bin/sh\nprintf "%s\\n" "$LC_GATEHOUSE_CODE"\n';
    await Deno.writeTextFile(`${this.kit}/askpass`, askpass, { mode: 0o755 });
  }

  async #populate(): Promise<void> {
    await this.must(`
      rm -f /etc/ssh/ssh_host_* && ssh-keygen -q -A
      for each in alice bob; do useradd -m -p '*' -s /bin/bash "$each"; done
      groupadd -f -r ssh-2fa && usermod -aG ssh-2fa alice
      for home in /root /home/alice /home/bob; do
        mkdir -m 0700 "$home/.ssh" && cp ${this.key}.pub "$home/.ssh/authorized_keys"
        chown -R --reference="$home" "$home/.ssh"
      done
    `);
    const secret = "/home/alice/.google_authenticator";
    await Deno.writeTextFile(this.disk(secret), STATE_FILE, { mode: 0o400 });
    // Where the gate looks, and PAM.
    await this.must(`
      chown alice: ${secret}
      mkdir -m 0700 /var/lib/gatehouse /var/lib/gatehouse/codes
      install -m 0400 ${secret} /var/lib/gatehouse/codes/alice
    `);
  }

  /** As a machine that knows nothing of gatehouse yet, but for its accounts' authenticators. */
  async removeProgram(): Promise<void> {
    await this.must("rm -r /usr/local/bin/gatehouse /usr/local/lib /etc/gatehouse");
  }

  /** Starts the machine, without sshd. */
  async start(): Promise<void> {
    this.#first = new Running([
      ..."unshare --mount --pid --net --fork --kill-child --mount-proc sh -c".split(" "),
      FIRST,
      "sh",
      this.#folder.path,
    ]);
    await this.#first.out("started\n");
    const { pid } = this.#first;
    this.#pid = Number(await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`));
  }

  async startSshd(): Promise<void> {
    this.#sshd = new Running(this.inside(["/usr/sbin/sshd", "-D", "-e"]));
    await this.#sshd.err("Server listening on :: port 22");
  }

  /** Every process is killed at once, as when the power fails. */
  async powerOff(): Promise<void> {
    await this.#first?.kill();
    for (const session of this.#sessions.splice(0)) await session.done;
    await this.#sshd?.done;
    this.#sshd = undefined;
  }

  /** A command line for outside that runs that one inside. */
  inside(argv: readonly string[]): string[] {
    const path = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    return [
      ...["nsenter", "--target", String(this.#pid), "--mount", "--pid", "--net"],
      ...["--wd=/", "env", "-i", path, "HOME=/root", ...argv],
    ];
  }

  /** A script for sh, as root. */
  begin(script: string, options?: StartOptions): Running {
    const running = new Running(this.inside(["sh", "-c", script]), options);
    this.#sessions.push(running);
    return running;
  }

  async run(script: string): Promise<Result> {
    return await run(this.inside(["sh", "-c", script]));
  }

  async must(script: string): Promise<string> {
    return (await mustRun(this.inside(["sh", "-ec", script]))).out;
  }

  /** A session over a new connection; @param code goes along with it, and is typed when PAM asks */
  ssh(
    user: string,
    command: string,
    { code = "", options = [], input }: {
      readonly code?: string;
      readonly options?: readonly string[];
      readonly input?: StartOptions["input"];
    } = {},
  ): Running {
    const words = [
      ...["env", `LC_GATEHOUSE_CODE=${code}`, `SSH_ASKPASS=${this.kit}/askpass`],
      ...["SSH_ASKPASS_REQUIRE=force", "ssh", "-F", "none", "-i", this.key],
      // On SIGHUP sshd closes its port for a moment.
      ...[
        "ConnectionAttempts=5",
        "IdentitiesOnly=yes",
        "NumberOfPasswordPrompts=1",
        "StrictHostKeyChecking=no",
        "LogLevel=ERROR",
      ]
        .flatMap((each) => ["-o", each]),
      ...["-o", "UserKnownHostsFile=/dev/null", "-o", "SendEnv=LC_GATEHOUSE_CODE"],
      ...options,
      ...[`${user}@127.0.0.1`, "--", command],
    ];
    const session = new Running(this.inside(words), input === undefined ? {} : { input });
    this.#sessions.push(session);
    return session;
  }

  /** Whether that account gets in. */
  async getsIn(user: string, code = ""): Promise<boolean> {
    return (await this.ssh(user, "true", { code }).done).code === 0;
  }

  /** Each file of /etc in a line, and what is in it. */
  async snapshot(): Promise<string> {
    const { out } = await mustRun(["sh", "-c", SNAPSHOT], { cwd: this.disk("/etc") });
    return out;
  }

  async exists(path: string): Promise<boolean> {
    return await Deno.lstat(this.disk(path)).then(() => true, () => false);
  }

  /** Resolves when nothing is on trial any more. */
  async over(): Promise<void> {
    using watcher = Deno.watchFs(this.disk("/var/lib"));
    const guard = setTimeout(() => watcher.close(), GUARD_MS);
    try {
      if (await this.#isOver()) return;
      for await (const _ of watcher) if (await this.#isOver()) return;
    } finally {
      clearTimeout(guard);
    }
    throw new Error("it is still on trial");
  }

  async #isOver(): Promise<boolean> {
    for (const name of ["trial", "trial.gone"]) {
      if (await this.exists(`${STATE}/${name}`)) return false;
    }
    return true;
  }

  async logged(): Promise<string> {
    return await Deno.readTextFile(this.log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const SNAPSHOT = String.raw`
find . ! -type d -printf '%p %y %m %U:%G %l %T@\n' | sort
find . -type d -printf '%p %m %U:%G\n' | sort
find . -type f -exec sha256sum {} + | sort
`;

/** A test on a machine of its own, with its sshd running. */
export function trialTest(name: string, body: (machine: TrialMachine) => Promise<void>): void {
  Deno.test({
    name,
    // What processes print is read all the time, which looks like a leak.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using machine = await TrialMachine.make(binary());
      await machine.startSshd();
      await body(machine);
    },
  });
}
