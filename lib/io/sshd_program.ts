/** The machine's own sshd, asked what a configuration means: `sshd -T` (sshd(8)). */
import { type Asked, readRefusal } from "../core/sshd/refusal.ts";

/** Debian and RHEL, by hand, Arch. */
const PROGRAMS = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"];
const ANSWER_WITHIN_MS = 30_000;
/** "nobody" everywhere but on old systems: whoever may do nothing. */
const NOBODY = 65_534;

/** Undefined where there is none. */
export function sshdProgram(): string | undefined {
  return PROGRAMS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** What it says of its version: "OpenSSH_9.2p1 Debian…"; older ones say it with a complaint. */
export async function sshdVersion(program: string): Promise<string> {
  const { stdout, stderr } = await run(program, ["-V"], false);
  return stdout + stderr;
}

/**
 * @param options before `-C`, such as `-f FILE`
 * @param connection "user=alice,addr=192.0.2.7,…"
 * @param powerless as nobody, where this process is root's: another machine's configuration
 */
export async function askSshd(
  program: string,
  options: readonly string[],
  connection: string,
  powerless: boolean,
): Promise<Asked> {
  const args = ["-T", ...options, "-C", connection];
  let said = await run(program, args, powerless);
  if (said.code !== 0 && makeFolder(said.stderr)) said = await run(program, args, powerless);
  return said.code === 0 ? { answer: said.stdout } : { refusal: readRefusal(said.stderr) };
}

/**
 * What sshd wants to be there even for a look; a unit that nobody has connected to yet has not made it. It
 * stays: by the time that it could go, an sshd may have been started that lets nobody in without it.
 */
function makeFolder(stderr: string): boolean {
  const [, folder] = /^Missing privilege separation directory: (\/run\/\w+)\r?$/m.exec(stderr) ??
    [];
  if (folder === undefined) return false;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    // Whatever the umask is.
    Deno.chmodSync(folder, 0o755);
    return true;
  } catch {
    return false;
  }
}

async function run(program: string, args: readonly string[], powerless: boolean) {
  const command = new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    ...(powerless && Deno.uid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  try {
    const { code, stdout, stderr } = await command.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    return { code: 1, stdout: "", stderr: `${program} cannot be started: ${why}` };
  }
}
