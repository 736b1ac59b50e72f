/** The sshds that run, from what ps(1) and ss(8) print. */
import type { Listening } from "./situations.ts";

/** An sshd that waits for connections. */
export interface Running {
  readonly pid: number;
  /** Of the process: it stays when sshd reads its configuration again. Milliseconds since the epoch. */
  readonly startedAt: number;
  /** With all options: `/usr/sbin/sshd -D -o UsePAM=no`. */
  readonly command: string;
}

/**
 * Those of containers are left out: their processes are numbered in a namespace of their own. So is what is
 * not root's: any account can give a process this name and any arguments.
 * @param text of `ps -ww -eo pid=,ruid=,euid=,etimes=,pidns=,comm=,args=`, which names itself, too
 */
export function readProcesses(text: string, now: number): Running[] {
  const processes = text.split("\n").map((line) =>
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
  );
  const own = processes.find(([, , , , , , name]) => name === "ps")?.[5];
  return processes.flatMap(([, pid, real, effective, age, namespace, name, command = ""]) => {
    const isOurs = (own === undefined || namespace === own) && real === "0" && effective === "0";
    if (name !== "sshd" || !isOurs || !isListener(command) || ASKS.test(command)) return [];
    return [{
      pid: Number(pid),
      startedAt: now - Number(age) * 1_000,
      command: startedWith(command),
    }];
  });
}

/** Since 9.8 a connection has a program of its own, since 10.0 its unprivileged half has one too. */
export function isSshd(program: string): boolean {
  // "(deleted)": replaced by an update, and still running.
  return /(^|\/)sshd(-session|-auth)?( \(deleted\))?$/.test(program);
}

/** @param target of `/proc/PID/exe`; after an upgrade it says that the old one is gone (proc(5)) */
export function isSshdProgram(target: string): boolean {
  return /\/sshd(?: \(deleted\))?$/.test(target);
}

const LISTENER = " [listener] ";

/**
 * Whether the process waits for connections; the others, each for one connection, have a title such
 * as "sshd: alice [priv]".
 * @param commandLine words of /proc/PID/cmdline, with blanks between them
 */
export function isListener(commandLine: string): boolean {
  return commandLine.includes(LISTENER) || !/^[^ /]+: /.test(commandLine);
}

/** Its arguments; a title repeats them: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups". */
export function startedWith(listener: string): string {
  return listener.replace(/^sshd: /, "").split(LISTENER, 1).join().trim();
}

/** It tests a configuration, or serves one connection of inetd(8). */
const ASKS = / -[46Ddeq]*[tTGVi]/;

/** @param text of `ss -Hltnp` */
export function readSockets(text: string): (Listening & { readonly pids: readonly number[] })[] {
  return text.split("\n").flatMap((line) => {
    const [, , , local = ""] = line.trim().split(/\s+/);
    const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(local) ?? [];
    if (port === undefined || !line.includes('("sshd"')) return [];
    const pids = [...line.matchAll(/\("sshd",pid=(\d+)/g)].map(([, pid]) => Number(pid));
    const address = (bracketed ?? plain ?? "").replace(/%.*$/, "");
    return [{ address: address === "*" ? "::" : address, port: Number(port), pids }];
  });
}

/**
 * Options that change what the files say: `-f`, `-o`, `-g`, `-p` and so on, as arguments to ask with. A title
 * holds no word boundaries; but what begins with a dash is an option, as sshd has no else.
 */
export function overriding(command: string): string[] {
  return command.split(/ +-/).slice(1).flatMap((option) => {
    const [, letter = "", value = ""] = /^[46DdeiqrtT]*([fogphucC])\s*(.*)$/.exec(option) ?? [];
    return letter === "" || value === "" ? [] : [`-${letter}`, value.trim()];
  });
}

/** @param options as overriding() gives them */
export function valuesOf(option: string, options: readonly string[]): string[] {
  return options.filter((_, at) => at % 2 === 1 && options[at - 1] === option);
}
