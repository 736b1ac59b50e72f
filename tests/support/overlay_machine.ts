/**
 * This machine, to be changed at will: all that is written goes into memory and away with it. Its processes
 * and /run are its own; no systemd runs in it.
 */
import { type Result, run, type Running, start } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

/** Its first process. $1: an empty folder. */
const FIRST = `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
for each in dev sys; do mount --rbind "/$each" "$1/root/$each"; done
mount -t proc proc "$1/root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$1/root/run"
mkdir "$1/root/run/sshd" "$1/root/run/lock"
ip link set lo up
exec chroot "$1/root" /bin/sh -c 'echo started; sleep infinity & while :; do wait; done'
`;

export class OverlayMachine implements AsyncDisposable {
  readonly #started: Running[] = [];

  private constructor(
    private readonly folder: Scratch,
    private readonly first: Running,
    private readonly pid: number,
  ) {}

  static async start(): Promise<OverlayMachine> {
    const folder = await scratch();
    const below = await folder.dir("machine");
    const first = start([
      ...["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"],
      ...["sh", "-c", FIRST, "sh", below],
    ]);
    await first.out("started");
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
    const enter = ["nsenter", "--target", String(this.pid), "--mount", "--pid", "--net"];
    return [...enter, "chroot", `${this.folder.path}/machine/root`, "/bin/sh", "-c", script];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.first[Symbol.asyncDispose]();
    await Promise.all(this.#started.map(({ done }) => done));
    await this.folder[Symbol.asyncDispose]();
  }
}
