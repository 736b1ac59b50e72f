/** A machine on which accounts enrol: `gatehouse enroll` as root and as an ordinary account. */
import { equal } from "node:assert/strict";
import { parseStateFile, type StateFile } from "../../lib/core/state_file.ts";
import { binary } from "./binary.ts";
import { keyOf } from "./enrollment.ts";
import { hostToml } from "./gate.ts";
import { type Scratch, scratch } from "./scratch.ts";
import { codeOf } from "./totp.ts";
import { createUser, type User } from "./users.ts";

export class EnrollMachine implements AsyncDisposable {
  #places = 0;

  private constructor(
    readonly folder: Scratch,
    /** An ordinary account. */
    readonly user: User,
    /** The executable, where every account can run it. */
    readonly binary: string,
    /** host.toml of a host without servers. */
    readonly config: string,
  ) {}

  static async make(): Promise<EnrollMachine> {
    const folder = await scratch();
    const executable = `${folder.path}/gatehouse`;
    await Deno.copyFile(binary(), executable);
    const config = await folder.file("host.toml", hostToml({ servers: [] }));
    return new EnrollMachine(folder, await createUser(folder), executable, config);
  }

  /** A path where nothing is yet. */
  newPlace(): string {
    return `${this.folder.path}/codes-${this.#places++}`;
  }

  /** The command line. */
  enroll(...options: string[]): string[] {
    return [this.binary, "enroll", "--config", this.config, ...options];
  }

  /** Root's command line; what it remembers of spent codes is forgotten with the machine. */
  async forRoot(): Promise<(...options: string[]) => string[]> {
    const { folder, binary } = this;
    const name = crypto.randomUUID();
    const settings = { servers: [], codes: { spent: `${folder.path}/spent-${name}` } };
    const config = await folder.file(`host-${name}.toml`, hostToml(settings));
    return (...options) => [binary, "enroll", "--config", config, ...options];
  }

  /** The command line, for the ordinary account. */
  asUser(argv: readonly string[]): string[] {
    const { uid, gid } = this.user;
    return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", ...argv];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.user[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** So that every machine's address is as long, whatever its name. */
export const NAMES = ["-l", "alice@web1", "-i", "web1"];

/** What the app shows, once it was given the secret. @param steps from now */
export function appCode(secret: string, steps = 0): string {
  return codeOf(Math.floor(Date.now() / 30_000) + steps, keyOf(secret));
}

/** The file, which must be well-formed. */
export async function stateAt(path: string): Promise<StateFile> {
  const read = parseStateFile(await Deno.readTextFile(path));
  if (!read.ok) throw new Error(read.fault);
  return read.value;
}

/** Whose it is and who may use it, such as "0:0 400". */
export async function rightsOf(path: string): Promise<string> {
  const { uid, gid, mode } = await Deno.stat(path);
  return `${uid}:${gid} ${((mode ?? 0) & 0o7777).toString(8)}`;
}

/** Neither the file is there nor half of it. */
export async function assertAbsent(path: string): Promise<void> {
  const end = path.lastIndexOf("/");
  const names = await Array.fromAsync(Deno.readDir(path.slice(0, end)), ({ name }) => name);
  const name = path.slice(end + 1);
  const left = names.filter((other) => other === name || other.startsWith(`${name}.`));
  equal(left.join(), "");
}
