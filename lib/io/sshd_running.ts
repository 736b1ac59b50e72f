/** The sshds that run on this machine. Without all permissions the runtime opens nothing below /proc. */
import { isSshdProgram, readProcesses, readSockets, type Running } from "../core/sshd/running.ts";
import type { Listening } from "../core/sshd/situations.ts";

interface RunningSshds {
  /** Undefined where ps(1) cannot say. */
  readonly listeners: readonly Running[] | undefined;
  readonly listening: readonly (Listening & { readonly pids: readonly number[] })[];
}

export async function runningSshds(): Promise<RunningSshds> {
  const now = Date.now();
  const processes = await output("ps", [
    "-ww",
    "-eo",
    "pid=,ruid=,euid=,etimes=,pidns=,comm=,args=",
  ]);
  const sockets = await output("ss", ["-Hltnp"]);
  return {
    listeners: processes === undefined
      ? undefined
      : await withProgram(readProcesses(processes, now)),
    listening: readSockets(sockets ?? ""),
  };
}

/**
 * A program that is set-user-ID root runs under the name that whoever starts it likes. What runs can be told
 * by root alone; for others the owner has to do.
 */
async function withProgram(listeners: readonly Running[]): Promise<Running[]> {
  if (Deno.uid() !== 0) return [...listeners];
  const kept: Running[] = [];
  for (const one of listeners) {
    const target = await output("readlink", [`/proc/${one.pid}/exe`]);
    if (target !== undefined && isSshdProgram(target.trim())) kept.push(one);
  }
  return kept;
}

async function output(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined; // not installed
  }
}
