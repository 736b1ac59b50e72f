/**
 * One-time codes from the account's files. A code is judged under a lock that also holds between
 * processes, and its use is on the disk before the answer is given (DESIGN.md 2.7).
 */
import type { JudgedCode } from "../core/code.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { Read } from "../core/result.ts";
import { readSsh2fa } from "../core/ssh2fa_list.ts";
import { parseStateFile, type StateFile } from "../core/state_file.ts";
import { printable } from "../core/text.ts";
import type { HeldCodes } from "../login/central_codes.ts";
import type { Clock } from "../ports.ts";
import { readPrivateBytes, readStateFile, updateStateFile } from "./state_files.ts";
import type { StatePlace } from "../core/state_place.ts";

export interface CodeFilesConfig {
  readonly user: string;
  readonly uid: number;
  /** google-authenticator's state file. */
  readonly secret: string;
  /** SSH2FA's `user:SECRET` file; "" for none. */
  readonly totpSecrets: string;
  /** Directory for what is remembered of spent codes. */
  readonly spent: string;
  /** The client's address: wrong codes are counted by it, and right ones give it the grace period. */
  readonly source: string;
  /** "file": a TOTP code may be used again unless the state file says DISALLOW_REUSE. */
  readonly reuse: "never" | "file";
  /** These four as options of google-authenticator's PAM module. */
  readonly noskewadj: boolean;
  readonly noIncrementHotp: boolean;
  readonly noStrictOwner: boolean;
  readonly allowedPerm: number;
  /** Milliseconds; 0 for no grace period. */
  readonly graceMs: number;
  /** With whose rights the file at that path is used; the process's own by default. */
  readonly at?: (path: string) => Disposable;
}

/** Where the account's secret was found: in its own file, or in the list that is only read. */
type Enrollment = { own: StatePlace; synced: boolean } | { listed: StateFile };

export class CodeFiles implements HeldCodes {
  #found: { enrollment: Enrollment | undefined } | undefined;

  constructor(private readonly config: CodeFilesConfig, private readonly clock: Clock) {}

  enrolled(): boolean {
    return this.#enrollment() !== undefined;
  }

  fromServer(): boolean {
    const enrollment = this.#enrollment();
    return enrollment !== undefined && "own" in enrollment && enrollment.synced;
  }

  async inGrace(): Promise<boolean> {
    const { graceMs, source } = this.config;
    const enrollment = graceMs === 0 ? undefined : this.#enrollment();
    if (enrollment === undefined || "listed" in enrollment) return false;
    const { countTry, withinGrace } = await import("../core/state_tries.ts");
    const now = this.clock.now();
    const grace = (before: StateFile) => {
      if (!withinGrace(before, source, graceMs / 1000, now)) return { file: before, result: false };
      const { file, retryAt } = countTry(before, now);
      return { file, result: retryAt === undefined };
    };
    return await this.#at(enrollment.own.path, () => updateStateFile(enrollment.own, grace));
  }

  async check(typed: string): Promise<JudgedCode> {
    const enrollment = this.#enrollment();
    if (enrollment === undefined) return { ok: false, why: "wrong" };
    const [{ normalizeCode }, { checkCode, checkLimits }, { CodeMemoryFile }] = await Promise.all([
      import("../core/code.ts"),
      import("../core/code_check.ts"),
      import("./code_memory_file.ts"),
    ]);
    const code = normalizeCode(typed);
    if (code === undefined) return { ok: false, why: "malformed" };
    const { spent, source, graceMs, reuse } = this.config;
    const rules = {
      ...this.config,
      // The list says nothing about reuse.
      reuse: "own" in enrollment ? reuse : "never",
      grace: graceMs > 0,
    };
    using file = await this.#at(spent, () => CodeMemoryFile.open(spent, this.config));
    const attempt = { code, source, now: this.clock.now() };
    const limits = checkLimits(file.value, attempt);
    await this.#at(spent, () => file.write(limits.begun));
    if (limits.answer !== undefined) return limits.answer;
    const judge = (state: StateFile) => {
      const { file, ...result } = checkCode(state, limits.memory, attempt, rules);
      return { file, result };
    };
    const { answer, memory } = "own" in enrollment
      ? await this.#at(enrollment.own.path, () => updateStateFile(enrollment.own, judge))
      : judge(enrollment.listed).result;
    await this.#at(spent, () => file.write(memory));
    return answer;
  }

  async #at<T>(path: string, work: () => T | Promise<T>): Promise<T> {
    using _ = this.config.at?.(path);
    return await work();
  }

  #enrollment(): Enrollment | undefined {
    this.#found ??= { enrollment: this.#find() };
    return this.#found.enrollment;
  }

  #read(own: StatePlace): StateFile | undefined {
    using _ = this.config.at?.(own.path);
    const file = readStateFile(own);
    if (file?.synced === undefined || this.clock.now() < file.synced.until * 1000) return file;
    throw new Failure(
      Exit.config,
      "this host has not asked for this account's codes for too long",
      "run as root: gatehouse sync",
    );
  }

  #find(): Enrollment | undefined {
    const { secret, totpSecrets, user, uid, noStrictOwner, allowedPerm } = this.config;
    const own = { path: secret, owners: noStrictOwner ? undefined : [uid, 0], allowedPerm };
    const file = this.#read(own);
    if (file !== undefined) return { own, synced: file.synced !== undefined };
    if (totpSecrets === "") return undefined;
    // SSH2FA's file is shared: it belongs to root, who decides which group may read it.
    using _ = this.config.at?.(totpSecrets);
    const bytes = readPrivateBytes({ path: totpSecrets, owners: [uid, 0], allowedPerm: 0o640 });
    if (bytes === undefined) return undefined;
    const base32 = usable(totpSecrets, readSsh2fa(new TextDecoder().decode(bytes), user));
    if (base32 === undefined) return undefined;
    return { listed: usable(totpSecrets, parseStateFile(`${base32}\n" TOTP_AUTH\n`)) };
  }
}

/**
 * Marks a time step as if its code had let somebody in: it was typed where others may have seen it.
 * @param used its beginning and length in seconds @throws Failure
 */
export async function spendStep(
  { spent, at, ...account }: Pick<CodeFilesConfig, "user" | "uid" | "spent" | "at">,
  used: { readonly usedStep: number; readonly step: number },
): Promise<void> {
  const [{ afterSpentStep }, { CodeMemoryFile }] = await Promise.all([
    import("../core/code_memory.ts"),
    import("./code_memory_file.ts"),
  ]);
  using _ = at?.(spent);
  using file = await CodeMemoryFile.open(spent, account);
  await file.write(afterSpentStep(file.value, used.usedStep, used.step));
}

function usable<T>(path: string, read: Read<T>): T {
  if (read.ok) return read.value;
  throw new Failure(Exit.config, `${printable(path)} ${read.fault}`, "make a new secret");
}
