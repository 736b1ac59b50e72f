/**
 * One-time codes from the account's files. A code is judged under a lock that also holds between
 * processes, and its use is on the disk before the answer is given (DESIGN.md 2.7).
 */
import { basename, dirname, join } from "node:path";
import type { CodeAnswer, TotpSecret } from "../core/code.ts";
import { EMPTY_CODE_STATE, formatCodeState, parseCodeState } from "../core/code_state.ts";
import { Exit, Failure } from "../core/errors.ts";
import { type Read, readGoogleAuthenticator, readSsh2fa } from "../core/secret_file.ts";
import { printable } from "../core/text.ts";
import type { Codes } from "../login/doors.ts";
import type { Clock } from "../ports.ts";
import { writeAll } from "./files.ts";

export interface CodeFilesConfig {
  readonly user: string;
  readonly uid: number;
  /** google-authenticator's state file. */
  readonly secret: string;
  /** SSH2FA's `user:SECRET` file; "" for none. */
  readonly totpSecrets: string;
  /** Directory for what is remembered of spent codes. */
  readonly spent: string;
  /** The client's address: wrong codes are counted by it. */
  readonly source: string;
}

export class CodeFiles implements Codes {
  #secret: { value: TotpSecret | undefined } | undefined;

  constructor(private readonly config: CodeFilesConfig, private readonly clock: Clock) {}

  enrolled(): boolean {
    return this.#read() !== undefined;
  }

  async check(typed: string): Promise<CodeAnswer> {
    const secret = this.#read();
    if (secret === undefined) return { ok: false, why: "wrong" };
    const [{ judgeCode }, { networkOf }] = await Promise.all([
      import("../core/code.ts"),
      import("../core/cidr.ts"),
    ]);
    const { spent, user } = this.config;
    const source = networkOf(this.config.source);
    try {
      makePrivateDirectory(spent, this.config.uid);
      const path = join(spent, `${encodeURIComponent(user)}.json`);
      using lock = await openLock(`${path}.lock`);
      await lock.file.lock(true);
      const before = await readState(path);
      const { answer, state } = judgeCode(secret, typed, before, source, this.clock.now());
      if (state !== before) await writeDurably(path, formatCodeState(state));
      return answer;
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(
        Exit.denied,
        `cannot remember spent codes in ${printable(spent)}`,
        "no code is accepted that could be used again; check that directory and the free space",
      );
    }
  }

  #read(): TotpSecret | undefined {
    this.#secret ??= { value: this.#find() };
    return this.#secret.value;
  }

  #find(): TotpSecret | undefined {
    const { secret, totpSecrets, user, uid } = this.config;
    const own = readSecretFile(secret, [uid, 0], 0o077);
    if (own !== undefined) return usable(secret, readGoogleAuthenticator(own));
    if (totpSecrets === "") return undefined;
    // SSH2FA's file is shared: it belongs to root, who decides which group may read it.
    const shared = readSecretFile(totpSecrets, [uid, 0], 0o027);
    return shared === undefined ? undefined : usable(totpSecrets, readSsh2fa(shared, user));
  }
}

function usable<T>(path: string, read: Read<T>): T {
  if (read.ok) return read.value;
  throw new Failure(Exit.config, `${printable(path)} ${read.fault}`, "make a new secret");
}

/** Undefined when there is no such file. @throws Failure when it is there but must not be trusted */
function readSecretFile(
  path: string,
  owners: readonly number[],
  forbidden: number,
): string | undefined {
  const refuse = (what: string, hint: string) =>
    new Failure(Exit.config, `${printable(path)} ${what}`, hint);
  try {
    const link = Deno.lstatSync(path);
    if (!link.isFile) throw refuse("is not a regular file", "put the file itself there");
    using file = Deno.openSync(path);
    const info = file.statSync();
    if (info.ino !== link.ino || info.dev !== link.dev) {
      throw refuse("was replaced while it was read", "try again");
    }
    if (!owners.includes(info.uid ?? -1)) {
      throw refuse(`belongs to uid ${info.uid}`, "it must belong to the account or to root");
    }
    if (((info.mode ?? 0) & forbidden) !== 0) {
      throw refuse("can be read or written by others", `run: chmod go= ${printable(path)}`);
    }
    if (info.size > 65_536) throw refuse("is larger than 64 KiB", "make a new secret");
    const bytes = new Uint8Array(info.size);
    const length = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Failure) throw error;
    throw refuse("cannot be read", "check its owner and mode");
  }
}

function makePrivateDirectory(path: string, uid: number): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const info = Deno.lstatSync(path);
  if (!info.isDirectory || info.uid !== uid || ((info.mode ?? 0) & 0o022) !== 0) {
    throw new Failure(
      Exit.denied,
      `${printable(path)} is not a directory that only this account can write`,
      `run: chmod 0700 ${printable(path)}`,
    );
  }
}

async function openLock(path: string): Promise<{ file: Deno.FsFile } & Disposable> {
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  return { file, [Symbol.dispose]: () => file.close() };
}

async function readState(path: string) {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return EMPTY_CODE_STATE;
    throw error;
  }
  const state = parseCodeState(text);
  if (state !== undefined) return state;
  throw new Failure(
    Exit.denied,
    `${printable(path)} is damaged, so spent codes are not known`,
    "remove it after a minute: older codes are no longer valid then",
  );
}

/** Temporary file, fsync, rename, fsync of the directory: whole or not at all, and on the disk. */
async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  await Deno.remove(temporary).catch(() => {}); // left by a crash; we hold the lock
  {
    using file = await Deno.open(temporary, { createNew: true, write: true, mode: 0o600 });
    await writeAll(file, new TextEncoder().encode(text));
    await file.sync();
  }
  await Deno.rename(temporary, path);
  using directory = await Deno.open(dirname(path));
  await directory.sync();
}
