/** Another command of this program, as a process of its own: it may become another user. */

const WITHIN_MS = 60_000;

/** What it prints, whatever it ends with; undefined where it cannot be run. */
export async function outputOf(args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(WITHIN_MS),
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return undefined;
  }
}
