/** The real libpam in a folder of its own (chroot), on whatever configuration is put there. */
import { PAM_RESULTS, type PamResult } from "../../lib/core/pam_stack/stack.ts";
import { mustRun } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

const SOURCE = new URL("libpam_host.c", import.meta.url).pathname;
const MODULES = ["pam_debug.so", "pam_deny.so", "pam_permit.so"];

/** What pam_start(3) and one or two calls returned; a signal's number where libpam did not live to say. */
export type Answer =
  | Readonly<Record<string, readonly (PamResult | "not started")[]>>
  | { readonly signal: number };

export class LibpamHost implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #read = "";

  private constructor(readonly folder: Scratch, program: string) {
    this.#child = new Deno.Command(program, {
      args: [folder.path],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async start(): Promise<LibpamHost> {
    const folder = await scratch();
    const [security = ""] = await securityFolders();
    await Deno.mkdir(`${folder.path}${security}`, { recursive: true });
    for (const name of MODULES) {
      await Deno.copyFile(`${security}/${name}`, `${folder.path}${security}/${name}`);
    }
    const program = `${folder.path}/libpam_host`;
    const flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"];
    await mustRun(["gcc", ...flags, SOURCE, "-o", program, "-lpam"]);
    return new LibpamHost(folder, program);
  }

  /** @param files by their paths on that machine; all of its configuration */
  configure(files: Readonly<Record<string, string>>): void {
    for (const folder of ["etc", "usr"]) remove(`${this.folder.path}/${folder}`);
    for (const [path, text] of Object.entries(files)) {
      const real = `${this.folder.path}${path}`;
      Deno.mkdirSync(real.slice(0, real.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(real, text);
    }
  }

  async ask(service: string): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode(`${service}\n`));
    return answerIn(await this.#line());
  }

  async #line(): Promise<string> {
    let end;
    while ((end = this.#read.indexOf("\n")) === -1) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error("libpam_host has ended");
      this.#read += value;
    }
    const line = this.#read.slice(0, end);
    this.#read = this.#read.slice(end + 1);
    return line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    await this.#output.cancel();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Where this machine has PAM's modules. */
async function securityFolders(): Promise<string[]> {
  const folders: string[] = [];
  for await (const { name } of Deno.readDir("/lib")) {
    const folder = `/lib/${name}/security`;
    if (/^[a-z0-9_]+-linux-gnu/.test(name) && await isThere(`${folder}/pam_debug.so`)) {
      folders.push(folder);
    }
  }
  return folders;
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function answerIn(line: string): Answer {
  const signal = /=signal (\d+)$/.exec(line)?.[1];
  if (signal !== undefined) return { signal: Number(signal) };
  return Object.fromEntries(
    line.split(" ").map((part) => {
      const [name = "", codes = ""] = part.split("=");
      return [name, codes.split(",").map((code) => PAM_RESULTS[Number(code)] ?? "not started")];
    }),
  );
}
