/** The sshd that this process is a part of: how long it still waits, and what it shows meanwhile. */
import type { ConfigFiles } from "../core/sshd/config.ts";
import { loginGraceTime } from "../core/sshd/login_grace.ts";
import { isListener, isSshd } from "../core/sshd/running.ts";
import { showsAtOnce } from "../core/sshd/version.ts";
import { cString, nulTerminated, openLibc } from "./libc.ts";

export interface SshdLimits {
  /** Until sshd ends the login; undefined when it does not, or something else has started us. */
  readonly secondsLeft: number | undefined;
  /** What PAM says is shown at once. Not known is no: what waits for a prompt is seen in any case. */
  readonly streams: boolean;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Path of its program; its short name where the system does not tell (ptrace(2)). */
  readonly program: string;
  /** In seconds after the machine's start. */
  readonly startedAt: number;
  /** Its words with blanks between them, or the title that it has given itself. */
  readonly commandLine: string;
}

/** Of the sshd that this process's parent belongs to. Takes one to three milliseconds. */
export function sshdLimits(): SshdLimits {
  const kernel = new Kernel();
  const parent = kernel.process(Deno.ppid);
  if (parent === undefined) return { secondsLeft: undefined, streams: false };
  if (!isSshd(parent.program)) return { secondsLeft: undefined, streams: true };
  // Nearest first: the one that PAM runs in, the connection's, the one that waits for connections.
  const sshds = [parent];
  for (;;) {
    const next = kernel.process(sshds.at(-1)?.parent ?? 0);
    if (next === undefined || !isSshd(next.program)) break;
    sshds.push(next);
  }
  return {
    secondsLeft: secondsLeft(sshds, kernel),
    streams: sshds.map(({ pid }) => kernel.sshdShowsAtOnce(pid)).find((is) => is !== undefined) ??
      false,
  };
}

function secondsLeft(sshds: readonly Process[], kernel: Kernel): number | undefined {
  const listener = sshds.find(({ commandLine }) => isListener(commandLine));
  // Started when the client connected. Without a listener, as under inetd, it is the topmost.
  const connection = sshds.findLast(({ commandLine }) => !isListener(commandLine));
  const now = kernel.uptime();
  if (connection === undefined || now === undefined) return undefined;
  const grace = loginGraceTime(listener?.commandLine ?? "", sshdFiles);
  const left = grace - (now - connection.startedAt);
  // Where the time is over and we live, sshd does not count it: `sshd -d`.
  return grace === 0 || left <= 0 ? undefined : left;
}

const MAX_PATH = 4_096;

/** The files that sshd reads. */
export const sshdFiles: ConfigFiles = {
  text(path) {
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return undefined;
    }
  },

  matching(pattern) {
    const c = openLibc({
      glob: { parameters: ["buffer", "i32", "usize", "buffer"], result: "i32" },
      globfree: { parameters: ["buffer"], result: "void" },
      memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
    });
    // glob_t: how many, where their addresses are, and what we do not use; 72 bytes.
    const found = new BigUint64Array(9);
    if (c.glob(nulTerminated(pattern), 0, 0n, found) !== 0) return [];
    const [count = 0n, list = 0n] = found;
    const addresses = new BigUint64Array(Number(count));
    c.memcpy(addresses, list, BigInt(addresses.byteLength));
    const paths = Array.from(
      addresses,
      (address) => new TextDecoder().decode(cString(address, MAX_PATH)),
    );
    c.globfree(found);
    return paths;
  },
};

/** USER_HZ, in which /proc counts; the same on all machines that we build for. */
const TICKS_PER_SECOND = 100;
const O_CLOEXEC = 0o2000000;
const PROT_READ = 1;
const MAP_PRIVATE = 2;
/** mmap(2)'s answer when it fails: -1. */
const MAP_FAILED = 2n ** 64n - 1n;
const VERSION_BEGINS = new TextEncoder().encode("OpenSSH_");
/** Longer than a version. */
const VERSION_BYTES = 32;
const MAX_LINE = 16_384;

/** By the C library, for without all of its permissions the runtime opens nothing below /proc. */
class Kernel {
  readonly #c = openLibc({
    open: { parameters: ["buffer", "i32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
    mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "usize" },
    munmap: { parameters: ["usize", "usize"], result: "i32" },
    memmem: { parameters: ["usize", "usize", "buffer", "usize"], result: "usize" },
    memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
  });

  process(pid: number): Process | undefined {
    // The name, in parentheses, may hold anything (proc_pid_stat(5)).
    const [, name = "", rest] = /^\d+ \((.*)\) (.*)/s.exec(this.#text(`/proc/${pid}/stat`)) ?? [];
    if (rest === undefined) return undefined;
    // The fields from the third on: state, parent; the 22nd is when it was started.
    const fields = rest.split(" ");
    return {
      pid,
      parent: Number(fields[1]),
      program: program(pid) ?? name,
      startedAt: Number(fields[19]) / TICKS_PER_SECOND,
      commandLine: this.#text(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim(),
    };
  }

  /** In seconds, on the clock that tells when processes were started. */
  uptime(): number | undefined {
    const seconds = parseFloat(this.#text("/proc/uptime"));
    return Number.isNaN(seconds) ? undefined : seconds;
  }

  /** Undefined when its program cannot be read, or names no version. */
  sshdShowsAtOnce(pid: number): boolean | undefined {
    const path = `/proc/${pid}/exe`;
    const size = sizeOf(path);
    const fd = this.#c.open(nulTerminated(path), O_CLOEXEC);
    // Not read: of a megabyte only few pages are looked at, and none is copied.
    const begin = this.#c.mmap(0n, size, PROT_READ, MAP_PRIVATE, fd, 0n);
    this.#c.close(fd);
    if (begin === MAP_FAILED) return undefined;
    try {
      return this.#firstVersion(begin, begin + size);
    } finally {
      this.#c.munmap(begin, size);
    }
  }

  #firstVersion(begin: bigint, end: bigint): boolean | undefined {
    const c = this.#c;
    const text = new Uint8Array(VERSION_BYTES);
    const length = BigInt(VERSION_BYTES);
    for (let at = begin;; at++) {
      at = c.memmem(at, end - at, VERSION_BEGINS, BigInt(VERSION_BEGINS.length));
      if (at === 0n || end - at < length) return undefined;
      c.memcpy(text, at, length);
      const answer = showsAtOnce(new TextDecoder().decode(text));
      if (answer !== undefined) return answer;
    }
  }

  #text(path: string): string {
    const fd = this.#c.open(nulTerminated(path), O_CLOEXEC);
    const bytes = new Uint8Array(MAX_LINE);
    const length = this.#c.read(fd, bytes, BigInt(MAX_LINE));
    this.#c.close(fd);
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, Number(length))));
  }
}

function sizeOf(path: string): bigint {
  try {
    return BigInt(Deno.statSync(path).size);
  } catch {
    return 0n; // which mmap(2) refuses
  }
}

function program(pid: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}
