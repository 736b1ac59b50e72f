/**
 * This machine, to be changed at will: all that is written goes into memory and away with it. Its processes,
 * network and /run are its own.
 */
import { mustRun, type Result, run, type Running, start } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

/** $1: a folder; its `root` becomes what is / in there, its `mail` is /mnt. */
const FURNISH = `
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mkdir "$1/memory" "$1/root"
mount -t tmpfs tmpfs "$1/memory"
mkdir "$1/memory/upper" "$1/memory/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/memory/upper,workdir=$1/memory/work" "$1/root"
mount --bind "$1/mail" "$1/root/mnt"
mount -t proc proc "$1/root/proc"
mount -t sysfs sysfs "$1/root/sys"
mount -t tmpfs -o mode=0755 tmpfs "$1/root/run"
mkdir "$1/root/run/sshd" "$1/root/run/lock"
mount -t tmpfs -o mode=0755 tmpfs "$1/root/dev"
for each in null zero full random urandom tty; do
  touch "$1/root/dev/$each"
  mount --bind "/dev/$each" "$1/root/dev/$each"
done
ln -s /proc/self/fd "$1/root/dev/fd"
mkdir "$1/root/dev/pts" "$1/root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/root/dev/pts"
ln -s pts/ptmx "$1/root/dev/ptmx"
ip link set lo up
`;

/** A first process that does nothing but take in orphans. */
const PLAIN = `
exec chroot "$1/root" /bin/sh -c 'echo >/mnt/started; sleep infinity & while :; do wait; done'
`;

/** Of all its units systemd starts one target alone, which has nothing but what is put there later. */
const SYSTEMD = `
mount -t cgroup2 none "$1/root/sys/fs/cgroup" || :
units="$1/root/etc/systemd/system"
printf '[Unit]\nDefaultDependencies=no\nWants=tests.service\n' >"$units/tests.target"
printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=sh -c "echo >/mnt/started"\n' \
  >"$units/tests.service"
for each in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket \
  systemd-udevd.service systemd-logind.service dbus.socket; do ln -sf /dev/null "$units/$each"; done
echo 0123456789abcdef0123456789abcdef >"$1/root/etc/machine-id"
cd "$1/root"
mkdir -p srv/old
# In a chroot a service could have no namespace for its users.
pivot_root . srv/old
export container=tests
# Shared, as at a real start: what a service mounts for its credentials must reach it.
exec chroot . /bin/sh -c 'umount -l /srv/old; mount --make-rshared /; exec /lib/systemd/systemd \
  --unit=tests.target --log-target=null --show-status=no'
`;

export class OverlayMachine implements AsyncDisposable {
  readonly #started: Running[] = [];

  private constructor(
    private readonly folder: Scratch,
    private readonly first: Running,
    private readonly pid: number,
  ) {}

  /** @param init systemd: the real one, as the first process */
  static async start(init: "none" | "systemd" = "none"): Promise<OverlayMachine> {
    const folder = await scratch();
    const below = await folder.dir("machine");
    const mail = await folder.dir("machine/mail");
    await mustRun(["mkfifo", `${mail}/started`]);
    const boot = FURNISH + (init === "systemd" ? SYSTEMD : PLAIN);
    const first = start([
      ...["unshare", "--mount", "--pid", "--net", "--cgroup", "--fork", "--kill-child"],
      ...["sh", "-c", boot, "sh", below],
    ]);
    await started(first, `${mail}/started`);
    const { out } = await run(["pgrep", "-P", String(first.pid)]);
    return new OverlayMachine(folder, first, Number(out));
  }

  /** What sh makes of it in there. */
  async sh(script: string): Promise<Result> {
    return await run(this.#inside(script));
  }

  /** Runs as long as the machine does: killed by itself, it would leave behind what it has started. */
  start(script: string): Running {
    const running = start(this.#inside(script));
    this.#started.push(running);
    return running;
  }

  /** @throws when it fails, with what it said */
  async must(script: string): Promise<string> {
    const { code, out, err } = await this.sh(script);
    if (code === 0) return out;
    throw new Error(`${script}: exit ${code}\n${out}${err}`);
  }

  #inside(script: string): string[] {
    const root = `/proc/${this.pid}/root`;
    const enter = [
      "nsenter",
      "--target",
      String(this.pid),
      "--mount",
      "--pid",
      "--net",
      "--cgroup",
    ];
    return [...enter, `--root=${root}`, `--wd=${root}`, "/bin/sh", "-c", script];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.first[Symbol.asyncDispose]();
    await Promise.all(this.#started.map(({ done }) => done));
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Until the machine has written to that pipe. @throws when its first process ends before */
async function started(first: Running, pipe: string): Promise<void> {
  await using reader = start(["cat", pipe]);
  const ended = first.done.then(({ out, err }) => {
    throw new Error(`the machine has not started:\n${out}${err}`);
  });
  await Promise.race([reader.done, ended]);
}
