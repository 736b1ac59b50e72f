/** The sshds that run, from what ps(1) and ss(8) print. */
import { isListener } from "../sshd_config.ts";
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
      command: command.replace(/^sshd: /, "").replace(/ \[listener\].*$/, "").trim(),
    }];
  });
}

/** @param target of `/proc/PID/exe`; after an upgrade it says that the old one is gone (proc(5)) */
export function isSshdProgram(target: string): boolean {
  return /\/sshd(?: \(deleted\))?$/.test(target);
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

/** Options that change what the files say: `-f`, `-o`, `-g`, `-p` and so on, as arguments to ask with. */
export function overriding(command: string): string[] {
  return command.split(/ +-/).slice(1).flatMap((option) => {
    const [, letter = "", value = ""] = /^[46DdeiqtT]*([fogphucC])\s*(.*)$/.exec(option) ?? [];
    return letter === "" || value === "" ? [] : [`-${letter}`, value.trim()];
  });
}

export function readVersion(text: string): Version | undefined {
  const [, major, minor] = /OpenSSH_(\d{1,3})\.(\d{1,3})/.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

export interface Version {
  readonly major: number;
  readonly minor: number;
}

export function isBefore(version: Version, major: number, minor: number): boolean {
  return version.major < major || (version.major === major && version.minor < minor);
}
