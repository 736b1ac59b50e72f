/** The reference programs: bare ones compiled as gatehouse is, and SSH2FA's parts in Python. */
import { build, compileEnvironment, compileFlags, OUTPUT } from "../scripts/build.ts";
import { runQuietly } from "../scripts/run.ts";
import { findDenort } from "../scripts/toolchain.ts";
import { Running } from "../tests/support/process.ts";
import type { Scratch } from "../tests/support/scratch.ts";
import { freePort } from "../tests/support/sshd.ts";

const SOURCES = new URL("./reference/", import.meta.url).pathname;
const PYTHON = "/usr/bin/python3";

const BARE = ["line", "request", "exec", "wait", "prompt"] as const;

export type Programs = Readonly<Record<"gatehouse" | typeof BARE[number], string>>;

/** Builds gatehouse, and the bare programs with the same runtime and flags; where they are. */
export async function buildPrograms(
  folder: Scratch,
  say: (what: string) => void,
): Promise<Programs> {
  const target = Deno.build.target;
  await build({ target, output: OUTPUT });
  const gatehouse = `${folder.path}/gatehouse`;
  await Deno.copyFile(OUTPUT, gatehouse);
  const { path } = await findDenort(target, say);
  const environment = { env: compileEnvironment(path), clearEnv: true };
  const compiled = { gatehouse, line: "", request: "", exec: "", wait: "", prompt: "" };
  for (const name of BARE) {
    const output = `${folder.path}/bare-${name}`;
    const flags = [...compileFlags(target), "--target", target, "--output", output];
    await runQuietly(
      [Deno.execPath(), "compile", ...flags, `${SOURCES}${name}.ts`],
      `cannot compile bench/reference/${name}.ts`,
      undefined,
      environment,
    );
    compiled[name] = output;
  }
  return compiled;
}

/** A copy of one of the Python programs that every account can run. */
export async function pythonProgram(folder: Scratch, name: string): Promise<string> {
  const text = await Deno.readTextFile(`${SOURCES}${name}.py`);
  return await folder.file(`${name}.py`, text, 0o755);
}

export interface ReferenceServer extends AsyncDisposable {
  /** "http://127.0.0.1:4567" */
  readonly url: string;
  readonly pid: number;
}

/** What SSH2FA's server does. */
export async function startSsh2fa(): Promise<ReferenceServer> {
  const port = freePort();
  const process = new Running([PYTHON, `${SOURCES}ssh2fa_server.py`, String(port)]);
  const url = `http://127.0.0.1:${port}`;
  await listens(port, process);
  return { url, pid: process.pid, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

export async function startLongPoll(): Promise<ReferenceServer> {
  const process = new Running([
    ...[Deno.execPath(), "run", "--quiet", "--no-config", "--allow-net"],
    `${SOURCES}long_poll_server.ts`,
  ]);
  const [, address] = (await process.out(/listening \S+/)).split(" ");
  const { pid } = process;
  return {
    url: `http://${address}`,
    pid,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** Flask says nothing when it begins to listen, so it is asked. */
async function listens(port: number, process: Running): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await process.kill();
  throw new Error(`Flask does not listen: ${process.errSoFar}`);
}
