/**
 * This machine in a container that systemd starts, with sshd, and that can be started again: what is written
 * goes into memory and stays until the end. Its devices, /tmp, /run, network and processes are its own, and
 * the kernel's settings are read-only (systemd-nspawn(1)).
 */
import { ROOT } from "../../scripts/run.ts";
import { mustRun, type Result, run, type Running, start } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

/**
 * $1: a folder; what is / in there is its `root`, and /mnt its `mail`. $2: name of its cgroup. $3: the
 * checkout, which may be another file system than /. Each line of stdin is a start; when that has ended, the
 * line comes back. With the last one the cgroups go, too: those that the machine has made would outlive it.
 */
const HOST = `
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mkdir "$1/memory" "$1/root"
mount -t tmpfs tmpfs "$1/memory"
mkdir "$1/memory/upper" "$1/memory/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/memory/upper,workdir=$1/memory/work" "$1/root"
mount -t tmpfs tmpfs /run
umount --recursive --lazy /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$2"

cd "$1/root"
rm -rf etc/gatehouse usr/local/bin/gatehouse usr/local/lib/gatehouse var/lib/gatehouse* var/spool/gatehouse
echo 0123456789abcdef0123456789abcdef >etc/machine-id
: >etc/fstab
rm -rf etc/ssh/sshd_config.d etc/ssh/ssh_host_* etc/systemd/system/*gatehouse*
rm -rf etc/systemd/system/*.wants etc/systemd/system/ssh.s* etc/systemd/system/sshd.s*
mkdir etc/ssh/sshd_config.d etc/systemd/system/ssh.service.d
ssh-keygen -q -A -f .
cat >etc/ssh/sshd_config <<'END'
Include /etc/ssh/sshd_config.d/*.conf
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
END
printf '[Service]\nExecStartPre=/bin/sh -c "ls /etc/ssh/sshd_config.d >/run/sshd_config.d"\n' \
  >etc/systemd/system/ssh.service.d/tests.conf
printf '[Unit]\nRequires=basic.target systemd-user-sessions.service ssh.service started.service\n' >etc/systemd/system/tests.target
ln -sf tests.target etc/systemd/system/default.target
printf '[Unit]\nAfter=basic.target systemd-user-sessions.service ssh.service\n[Service]\nType=oneshot\n%s\n' \
  'ExecStart=/bin/sh -c "echo >/mnt/started"' >etc/systemd/system/started.service

echo furnished
while read -r name; do
  (
    sh -c 'echo "$PPID"' >"/sys/fs/cgroup/$2/cgroup.procs"
    exec systemd-nspawn --quiet --register=no --keep-unit --private-network --link-journal=no \
      --resolv-conf=off --timezone=off --console=pipe --machine=tests --bind="$1/mail:/mnt" --bind-ro="$3" \
      --directory="$1/root" --boot </dev/null >>"$1/console" 2>&1
  ) || :
  echo "$name"
done
find "/sys/fs/cgroup/$2" -depth -type d -exec rmdir {} +
`;

export class SystemdMachine implements AsyncDisposable {
  #pid = 0;
  #starts = 0;

  private constructor(private readonly folder: Scratch, private readonly host: Running) {}

  static async start(): Promise<SystemdMachine> {
    const folder = await scratch();
    const below = await folder.dir("machine");
    await mustRun(["mkfifo", `${await folder.dir("machine/mail")}/started`]);
    const host = start([
      ...["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork"],
      ...["--kill-child", "--mount-proc", "sh", "-c", HOST, "sh", below],
      ...[folder.path.slice(folder.path.lastIndexOf("/") + 1), ROOT],
    ], { input: "open" });
    const machine = new SystemdMachine(folder, host);
    await host.out("furnished\n");
    await machine.boot();
    return machine;
  }

  /** Resolves when sshd listens, and all else that is to be started is. */
  async boot(): Promise<void> {
    await this.host.write(`start ${++this.#starts}\n`);
    await using reader = start(["cat", `${this.folder.path}/machine/mail/started`]);
    await Promise.race([
      reader.done,
      this.#ended().then(() => {
        const console = Deno.readTextFileSync(`${this.folder.path}/machine/console`);
        throw new Error(`the machine has not started:\n${console}${this.host.errSoFar}`);
      }),
    ]);
    // unshare, its shell, systemd-nspawn.
    let pid = this.host.pid;
    for (let below = 0; below < 3; below++) {
      pid = Number.parseInt(await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`));
    }
    this.#pid = pid;
  }

  /** Every process is killed at once, as when the power fails. */
  async powerOff(): Promise<void> {
    Deno.kill(this.#pid, "SIGKILL");
    await this.#ended();
  }

  /** As an administrator does it. */
  async restart(): Promise<void> {
    await this.sh("systemctl reboot");
    await this.#ended();
    await this.boot();
  }

  async sh(script: string): Promise<Result> {
    const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const root = `/proc/${this.#pid}/root`;
    return await run([
      ...["nsenter", "--target", String(this.#pid), "--mount", "--pid", "--net", "--ipc", "--uts"],
      ...["--cgroup", `--root=${root}`, `--wd=${root}`, "env", "-i", path, "HOME=/root"],
      ...["sh", "-c", script],
    ]);
  }

  /** @throws when it fails, with what it said */
  async must(script: string): Promise<string> {
    const { code, out, err } = await this.sh(script);
    if (code === 0) return out;
    throw new Error(`${script}: exit ${code}\n${out}${err}`);
  }

  async #ended(): Promise<void> {
    await this.host.out(`start ${this.#starts}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pid !== 0) await this.powerOff().catch(() => {});
    await this.host.closeInput();
    await this.host.done;
    await this.folder[Symbol.asyncDispose]();
  }
}
