/** A folder for the rewritten configuration of another machine, which the sshd of this one reads as nobody. */
import { Exit, Failure } from "../core/errors.ts";
import { errnoIn } from "./files.ts";

const NOBODY = 65_534;

export interface SshdCopy extends Disposable {
  readonly path: string;
  /** A host key that nobody uses: without one sshd answers nothing. */
  readonly hostKey: string;
  write(name: string, text: string): void;
}

/** @throws Failure (70) where there is no ssh-keygen */
export async function sshdCopy(): Promise<SshdCopy> {
  const path = await Deno.makeTempDir({ dir: "/tmp", prefix: "gatehouse-doctor-" });
  const hostKey = `${path}/host_key`;
  try {
    const made = await new Deno.Command("ssh-keygen", {
      args: ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", hostKey],
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin:/usr/local/bin" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (!made.success) throw new Failure(Exit.software, "ssh-keygen made no key");
    show(hostKey, 0o640);
    show(path, 0o750);
  } catch (error) {
    await Deno.remove(path, { recursive: true });
    if (error instanceof Failure) throw error;
    throw new Failure(
      Exit.software,
      `cannot run ssh-keygen${errnoIn(error)}`,
      "install OpenSSH's client",
    );
  }
  return {
    path,
    hostKey,
    write: (name, text) => writeShown(`${path}/${name}`, text),
    [Symbol.dispose]: () => remove(path),
  };
}

/** Nobody may read what is here, and change nothing: root writes on below this path. */
function show(path: string, mode: number): void {
  if (Deno.uid() !== 0) return;
  Deno.chownSync(path, 0, NOBODY);
  Deno.chmodSync(path, mode);
}

function writeShown(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { mode: 0o600 });
  show(path, 0o640);
}

function remove(path: string): void {
  Deno.removeSync(path, { recursive: true });
}
