/**
 * What programs say to syslog(3), apart from the machine's own: they see a /dev of their own, whose
 * log is ours.
 */
import { Running } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { type Pattern, Transcript } from "./transcript.ts";

/**
 * Makes /dev anew in the mount namespace that it runs in: an empty folder, the socket. Then waits.
 * The terminals of consoles are left out, there are many.
 */
const PRIVATE_DEV = `
set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
for each in /dev/*; do
  here="$1/\${each##*/}"
  case $each in /dev/log | /dev/tty[0-9]* | /dev/vcs*) continue ;; esac
  if [ -d "$each" ] && [ ! -h "$each" ]; then mkdir "$here"; mount --rbind "$each" "$here"
  else cp -a "$each" "$here"
  fi
done
ln -s "$2" "$1/log"
mount --move "$1" /dev
echo ready
exec sleep infinity
`;

/** What comes from a moment on: called, all of it so far. */
export interface LogSince {
  (): string;
  /** Resolves with what matched once it holds it: a program may end before its last line is read. */
  logged(pattern: Pattern): Promise<string>;
}

export class Syslog implements AsyncDisposable {
  readonly #transcript = new Transcript("the log");
  /** The same, each from a moment on. */
  readonly #since: Transcript[] = [];
  readonly #open = new Set<Deno.Conn>();
  readonly #listening: Promise<void>;

  private constructor(private readonly listener: Deno.UnixListener, readonly holder: Running) {
    this.#listening = this.#listen();
  }

  /** Needs root, and the right to mount. */
  static async open(folder: Scratch): Promise<Syslog> {
    const path = `${folder.path}/log`;
    // glibc asks for a datagram socket first, and takes this one then (misc/syslog.c).
    const listener = Deno.listen({ transport: "unix", path });
    await Deno.chmod(path, 0o666);
    const dev = await folder.dir("dev");
    const argv = ["unshare", "--mount", "sh", "-c", PRIVATE_DEV, "sh", dev, path];
    const log = new Syslog(listener, new Running(argv));
    try {
      await log.holder.out("ready\n");
      return log;
    } catch (error) {
      await log[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The program as it sees that /dev; its folder is /, all else of it is as it was. */
  around(argv: readonly string[]): string[] {
    return ["nsenter", `--mount=/proc/${this.holder.pid}/ns/mnt`, "--", ...argv];
  }

  /** Lines such as "<84>Nov  2 12:00:00 gatehouse: refused …", in the order in which they came. */
  get text(): string {
    return this.#transcript.text;
  }

  /** Resolves with what matched once it holds it. */
  logged(pattern: Pattern): Promise<string> {
    return this.#transcript.waitFor(pattern);
  }

  /** What comes from now on. */
  since(): LogSince {
    const later = new Transcript("the log, since then,");
    this.#since.push(later);
    return Object.assign(() => later.text, {
      logged: (pattern: Pattern) => later.waitFor(pattern),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.holder.kill();
    this.listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#listening;
  }

  async #listen(): Promise<void> {
    const reading: Promise<void>[] = [];
    for await (const connection of this.listener) reading.push(this.#read(connection));
    await Promise.all(reading);
  }

  async #read(connection: Deno.Conn): Promise<void> {
    this.#open.add(connection);
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(16_384);
    let rest = "";
    // Rejects when it is closed here.
    const read = () => connection.read(bytes).catch(() => null);
    for (let size = await read(); size !== null; size = await read()) {
      // A message ends with NUL on such a socket.
      const lines = (rest + decoder.decode(bytes.subarray(0, size), { stream: true })).split("\0");
      rest = lines.pop() ?? "";
      const text = lines.map((line) => `${line}\n`).join("");
      for (const each of [this.#transcript, ...this.#since]) each.append(text);
    }
    if (this.#open.delete(connection)) connection.close();
  }
}
