/** The host's emergency code on the disk: root's alone, and only its hash (core/emergency_code.ts). */
import { basename, dirname, join } from "node:path";
import {
  EMERGENCY_LN,
  type EmergencyHash,
  formatEmergencyHash,
  HASH_BYTES,
  normalizeEmergencyCode,
  parseEmergencyHash,
  SALT_BYTES,
} from "../core/emergency_code.ts";
import { Exit, Failure } from "../core/errors.ts";
import { octal, printable } from "../core/text.ts";
import type { Random } from "../ports.ts";
import { errnoIn, isThere } from "./files.ts";
import { readTrusted } from "./secure_file.ts";

const MODE = 0o600;
const SET_ANEW = "run: gatehouse emergency set";

export class EmergencyCode {
  private constructor(private readonly path: string, private readonly owner: number) {}

  /** @param owner uid; to whom beside root the file, and the directories above it, may belong */
  static at(path: string, owner = 0): EmergencyCode {
    return new EmergencyCode(path, owner);
  }

  /** False where no code was set. @throws Failure (78) when there is one that cannot be used */
  exists(): boolean {
    return this.#read() !== undefined;
  }

  /** @param typed as it came @throws Failure (78) when there is none that can be used */
  async matches(typed: string): Promise<boolean> {
    const kept = this.#read();
    if (kept === undefined) throw refuse(this.path, "does not exist", SET_ANEW);
    const code = normalizeEmergencyCode(typed);
    if (code === undefined) return false;
    const { timingSafeEqual } = await import("node:crypto");
    return timingSafeEqual(kept.hash, await hashOf(code, kept));
  }

  /** Replaces what is there. @param typed a strong code as it came @throws Failure (78) */
  async set(typed: string, random: Random): Promise<void> {
    const { path } = this;
    const code = normalizeEmergencyCode(typed);
    if (code === undefined) throw new RangeError("not a code");
    const salt = random.bytes(SALT_BYTES);
    const hash = await hashOf(code, { ln: EMERGENCY_LN, salt });
    const text = formatEmergencyHash({ ln: EMERGENCY_LN, salt, hash });
    const { writeDurably } = await import("./durable_file.ts");
    try {
      makeDirectory(dirname(path));
      await writeDurably(path, new TextEncoder().encode(text), {
        temporary: temporary(path),
        mode: MODE,
        place: "replace",
      });
    } catch (error) {
      throw cannot("write", path, error);
    }
    // Written where others could change it, it would be refused at the first need.
    this.#read();
  }

  /** @returns false where there was none @throws Failure (78) */
  async remove(): Promise<boolean> {
    const { path } = this;
    if (!isThere(path)) return false;
    const { removeDurably } = await import("./durable_file.ts");
    try {
      await removeDurably(path, temporary(path));
    } catch (error) {
      throw cannot("remove", path, error);
    }
    return true;
  }

  #read(): EmergencyHash | undefined {
    const { path, owner } = this;
    const text = readPrivate(path, owner);
    if (text === undefined) return undefined;
    const read = parseEmergencyHash(text);
    if (read.ok) return read.value;
    throw refuse(path, read.fault, SET_ANEW);
  }
}

function readPrivate(path: string, owner: number): string | undefined {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw cannot("look at", path, error);
  }
  if (!info.isFile) throw refuse(path, "is not a regular file", `see what it is, then ${SET_ANEW}`);
  const mode = (info.mode ?? 0) & 0o7777;
  if (mode !== MODE) {
    throw refuse(
      path,
      `has mode ${octal(mode)}, not 0600`,
      `if others may have read it, ${SET_ANEW}; else run: chmod 0600 ${printable(path)}`,
    );
  }
  return readTrusted(path, [0, owner]);
}

async function hashOf(
  code: string,
  { ln, salt }: Pick<EmergencyHash, "ln" | "salt">,
): Promise<Uint8Array> {
  const { scrypt } = await import("node:crypto"); // seldom needed, and slow to load
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  // 128 * N * r bytes (RFC 7914, 2), and as much again as the library allows itself.
  const options = { N: 2 ** ln, r: 8, p: 1, maxmem: 2 * 128 * 8 * 2 ** ln };
  scrypt(code, salt, HASH_BYTES, options, (error, hash) => error ? reject(error) : resolve(hash));
  return await promise;
}

/** Beside host.toml, which all accounts read: mkdir(2)'s mode is cut by the umask. */
function makeDirectory(path: string): void {
  if (isThere(path)) return;
  Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
  Deno.chmodSync(path, 0o755);
}

function temporary(path: string): string {
  return join(dirname(path), `.${basename(path)}.new`);
}

function cannot(what: string, path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = `cannot ${what} ${printable(path)}${errnoIn(error)}`;
  return new Failure(Exit.config, message, "check the path, and the free space there");
}

function refuse(path: string, fault: string, hint: string): Failure {
  return new Failure(Exit.config, `${printable(path)} ${fault}`, hint);
}
