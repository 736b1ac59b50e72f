/**
 * `deno task build [--target TARGET] [--output FILE]`: one executable for every mode, and beside it
 * the PAM module, when it is for this machine.
 *
 * The same sources give the same bytes, wherever the checkout is.
 */
import { parseArgs } from "node:util";
import { Exit, Failure } from "../lib/core/errors.ts";
import { LIBC_PATHS } from "../lib/io/libc.ts";
import { bundleSources } from "./bundle.ts";
import { buildPamModule, pamModuleBeside } from "./pam_module.ts";
import { exists, ROOT, runQuietly } from "./run.ts";
import { dim, say, script } from "./say.ts";
import { findDenort, requirePinnedDeno, TOOLCHAIN } from "./toolchain.ts";

export const OUTPUT = `${ROOT}/dist/gatehouse`;

export interface BuildOptions {
  readonly target: string;
  readonly output: string;
}

/**
 * What all modes together need, and no more: of native code the C library alone. Programs are started by
 * the server, where `[[notify]]` names one; the C library could do that anyhow, as it does when the gate
 * becomes a shell, so --allow-run opens nothing that was shut. Without --no-prompt a missing permission would be asked for on the user's terminal;
 * without --no-code-cache the program would read a predictable file in /tmp.
 */
export function compileFlags(target: string): string[] {
  const arch = target.split("-", 1)[0] ?? "";
  const libc = LIBC_PATHS.map((path) => path.replace(Deno.build.arch, arch));
  return [
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env",
    "--allow-sys=uid,userInfo",
    "--allow-run",
    `--allow-ffi=${libc.join(",")}`,
    "--deny-import",
    "--no-prompt",
    "--no-code-cache",
    "--no-check",
    "--no-config",
    "--no-lock",
    "--quiet",
  ];
}

export async function build({ target, output }: BuildOptions): Promise<void> {
  requirePinnedDeno("build");
  const started = performance.now();
  const denort = await findDenort(target, (what) => say("build", what));
  say("build", `runtime: ${denort.source}`);
  const environment = { env: compileEnvironment(denort.path), clearEnv: true };

  say("build", "bundling main.ts");
  const main = await bundleSources(`${TOOLCHAIN}/bundle`, environment);
  const folder = output.slice(0, output.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true });
  // A running gatehouse keeps its old file; nobody finds half a new one.
  const half = unfinished(output, Deno.pid);
  say("build", `compiling for ${target}`);
  await runQuietly(
    [
      ...[Deno.execPath(), "compile", ...compileFlags(target)],
      ...["--target", target, "--output", half, main],
    ],
    "deno compile failed",
    undefined,
    environment,
  );
  await Deno.rename(half, output);
  const { size } = await Deno.stat(output);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say("build", `${output} ${dim(`(${(size / 1e6).toFixed(0)} MB, ${seconds} s)`)}`);
  const module = pamModuleBeside(output);
  if (target === Deno.build.target && await buildPamModule(module)) say("build", module);
}

/** Where that process writes the executable before it takes its place. */
function unfinished(output: string, pid: number): string {
  return `${output}.${pid}`;
}

/** Removes what that process left when it was stopped: its file, or the compiler's own beside it. */
export async function removeUnfinished(output: string, pid: number): Promise<void> {
  const folder = output.slice(0, output.lastIndexOf("/"));
  const half = unfinished(output, pid);
  for (const { name } of await Array.fromAsync(Deno.readDir(folder)).catch(() => [])) {
    const path = `${folder}/${name}`;
    if (path === half || path.startsWith(`${half}.`)) await Deno.remove(path).catch(() => {});
  }
}

/** Whether the executable is newer than everything that it is made of. */
export async function isUpToDate(output: string): Promise<boolean> {
  if (!await exists(output)) return false;
  const built = (await Deno.stat(output)).mtime ?? new Date(0);
  const inputs = [
    "main.ts",
    "commands.ts",
    "lib",
    "pam",
    "server",
    "scripts",
    "deno.json",
    "deno.lock",
    "import_map.json",
  ];
  for (const input of inputs) {
    if (await newest(`${ROOT}/${input}`) > built) return false;
  }
  return true;
}

/** The time of the last change to that file, or below that folder. */
async function newest(path: string): Promise<Date> {
  const { isDirectory, mtime } = await Deno.stat(path);
  let latest = mtime ?? new Date();
  if (!isDirectory) return latest;
  for await (const { name } of Deno.readDir(path)) {
    const inside = await newest(`${path}/${name}`);
    if (inside > latest) latest = inside;
  }
  return latest;
}

/**
 * Some variables of the builder's would become part of the program (OTEL_*, DENO_UNSTABLE_*,
 * DENO_COMPAT), so only those that find and fetch things go through.
 */
export function compileEnvironment(denort: string | undefined): Record<string, string> {
  const through =
    /^(PATH|HOME|TMPDIR|XDG_CACHE_HOME|DENO_DIR|DENO_TLS_CA_STORE|DENO_CERT|SSL_CERT_FILE|(HTTPS?|NO|ALL)_PROXY|NPM_CONFIG_.*)$/i;
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => through.test(name));
  const env: Record<string, string> = { ...Object.fromEntries(kept), DENO_NO_UPDATE_CHECK: "1" };
  return denort === undefined ? env : { ...env, DENORT_BIN: denort };
}

function options(): BuildOptions {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: { target: { type: "string" }, output: { type: "string" } },
    });
    const output = values.output ?? OUTPUT;
    const from = Deno.env.get("INIT_CWD") ?? Deno.cwd();
    return {
      target: values.target ?? Deno.build.target,
      output: output.startsWith("/") ? output : `${from}/${output}`,
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure(
      Exit.usage,
      error.message.split(". ", 1)[0] ?? "",
      "deno task build [--target TARGET] [--output FILE]",
    );
  }
}

if (import.meta.main) {
  await script(async () => {
    await build(options());
    return Exit.ok;
  });
}
