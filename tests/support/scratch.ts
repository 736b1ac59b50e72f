/** A temporary folder that only its owner can write, as sshd and our own trust checks want it. */
import { mustRun } from "./process.ts";

export class Scratch implements AsyncDisposable {
  constructor(readonly path: string) {}

  /** The path of a new folder in it. */
  async dir(name: string, mode = 0o755): Promise<string> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path);
    await Deno.chmod(path, mode);
    return path;
  }

  /** The path of a file in it. */
  async file(name: string, text: string, mode = 0o644): Promise<string> {
    const path = `${this.path}/${name}`;
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
    return path;
  }

  /** An SSH key pair without a passphrase; the path of the private half, `.pub` the other. */
  async key(name: string): Promise<string> {
    const path = `${this.path}/${name}`;
    await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Removed when disposed: `await using folder = await scratch()`. */
export async function scratch(): Promise<Scratch> {
  const path = await Deno.makeTempDir({ dir: "/tmp", prefix: "gatehouse-" });
  await Deno.chmod(path, 0o755);
  return new Scratch(path);
}
