/**
 * The state file that `gatehouse sync` makes of what the server has sent of an account. What else the
 * file holds stays: how it was used, and what an administrator has added.
 */
import { DEFAULT_STEP } from "./enrollment.ts";
import { timeStep } from "./otp.ts";
import { OTHER_SECRETS, parseStateFile, type StateFile, SYNCED } from "./state_file.ts";
import { removeOption, replaceSecret, setOption } from "./state_file_change.ts";
import { forgetSkew } from "./time_skew.ts";
import type { CentralAccount } from "./central_set.ts";
import { Exit, Failure } from "./errors.ts";

/** The file is not written anew for a later date alone, but when this much of the time is over. */
const RENEW_AFTER = 1 / 30;
/** Used steps that are older, ten minutes, can be in no window any more. */
const REMEMBERED_STEPS = 20;

interface Sync {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Seconds. */
  readonly validFor: number;
}

export function newCentralFile(account: CentralAccount, sync: Sync): StateFile {
  const [seed = ""] = account.seeds;
  const read = parseStateFile(`${seed}\n" DISALLOW_REUSE\n" TOTP_AUTH\n`);
  if (!read.ok) throw new Failure(Exit.software, `the server's secret ${read.fault}`);
  return synced(withOthers(withUsed(read.value, account, sync), account), sync);
}

/** The same file where nothing has changed and its date is not old. @param before a synced one */
export function renewedCentralFile(
  before: StateFile,
  account: CentralAccount,
  sync: Sync,
): StateFile {
  const [seed = ""] = account.seeds;
  const own = before.secret === seed ? before : forgetSkew(replaceSecret(before, seed));
  const file = withOthers(withUsed(own, account, sync), account);
  return file.text === before.text && !isDue(before, sync) ? before : synced(file, sync);
}

function isDue({ synced }: StateFile, { now, validFor }: Sync): boolean {
  if (synced === undefined || synced.until - synced.at !== validFor) return true;
  const age = now / 1000 - synced.at;
  // Below zero: the clock was set back, and would keep it for too long.
  return age < 0 || age >= validFor * RENEW_AFTER;
}

function synced(file: StateFile, { now, validFor }: Sync): StateFile {
  const at = Math.floor(now / 1000);
  return setOption(file, SYNCED, `${at} ${at + validFor}`);
}

function withOthers(file: StateFile, { seeds }: CentralAccount): StateFile {
  const [, ...others] = seeds;
  if (others.join() === file.otherSecrets.join()) return file;
  return others.length === 0
    ? removeOption(file, OTHER_SECRETS)
    : setOption(file, OTHER_SECRETS, others.join(" "));
}

/** What was used at the server, or here, is used. */
function withUsed(file: StateFile, { used }: CentralAccount, { now }: Sync): StateFile {
  const known = file.usedSteps ?? [];
  const oldest = timeStep(DEFAULT_STEP, now) - REMEMBERED_STEPS;
  const isNew = (step: number) => step >= oldest && !known.includes(step);
  if (file.usedSteps !== undefined && !used.some(isNew)) return file;
  const steps = [...new Set([...known, ...used])].filter((step) => step >= oldest);
  return setOption(file, "DISALLOW_REUSE", steps.sort((a, b) => a - b).join(" "));
}
