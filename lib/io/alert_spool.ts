/**
 * Alerts that no server could be told of, until `gatehouse sync` can: one file each, in a folder that
 * every account may write into and only root may list, for the gate runs as the account. Whose file it
 * is says whose login it was. An account can take its own back: the log has it all the same.
 */
import {
  isKeptAlertName,
  type KeptAlert,
  keptAlertName,
  MAX_KEPT_ALERT,
  readKeptAlert,
} from "../core/kept_alert.ts";
import { readRegular, writeAllSync } from "./files.ts";

const ALERT_SPOOL = "/var/spool/gatehouse";

/** As /tmp's, but that only root may list it. */
const MODE = 0o1733;
/** Told of one account in one go: what is more is thrown away, for anybody can write it. */
const MOST_OF_ONE = 20;
const KEPT_MS = 30 * 86_400_000;

interface FoundAlerts {
  readonly alerts: readonly { readonly path: string; readonly alert: KeptAlert }[];
  /** How many were no alerts, or too many. */
  readonly dropped: number;
}

/** Root makes the folder. @throws when that is not possible */
export function makeAlertSpool(path = ALERT_SPOOL): void {
  Deno.mkdirSync(path, { recursive: true });
  const info = Deno.lstatSync(path);
  if (!info.isDirectory || info.uid !== 0) throw new Error("not a folder of root's");
  Deno.chmodSync(path, MODE);
}

/** @param random 16 hexadecimal digits @throws when it cannot be written */
export function keepAlert(
  alert: KeptAlert,
  tokenHash: string,
  random: string,
  folder = ALERT_SPOOL,
): void {
  if (Deno.uid() === 0) makeAlertSpool(folder);
  const name = keptAlertName(tokenHash, random);
  const draft = `${folder}/.${name}`;
  {
    using file = Deno.openSync(draft, { createNew: true, write: true, mode: 0o600 });
    writeAllSync(file, new TextEncoder().encode(JSON.stringify(alert)));
    file.syncSync();
  }
  // Half of one would be thrown away by who reads it just now.
  Deno.renameSync(draft, `${folder}/${name}`);
}

/**
 * What waits for the servers of that token, the oldest first. What is none of it is removed.
 * @param nameOf the account of a uid; undefined: there is none
 * @param now milliseconds since the Unix epoch
 */
export function keptAlerts(
  tokenHash: string,
  nameOf: (uid: number) => string | undefined,
  now: number,
  folder = ALERT_SPOOL,
): FoundAlerts {
  const alerts: { path: string; alert: KeptAlert }[] = [];
  const counts = new Map<number, number>();
  let dropped = 0;
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    const info = look(path);
    if (info === undefined) continue;
    if (!isKeptAlertName(name, tokenHash)) {
      forgetOld(path, info, now);
      continue;
    }
    const uid = info.uid ?? 0;
    const count = (counts.get(uid) ?? 0) + 1;
    counts.set(uid, count);
    // Unread: whoever writes many must not keep others' waiting.
    const isOneTooMany = uid !== 0 && count > MOST_OF_ONE;
    const alert = isOneTooMany || !isOurs(info) ? undefined : read(path, nameOf);
    if (alert !== undefined) alerts.push({ path, alert });
    else if (forgetAlert(path)) dropped++;
  }
  alerts.sort((a, b) => Date.parse(a.alert.at) - Date.parse(b.alert.at));
  return { alerts, dropped };
}

/** Not another's file by a second name: linking needs no more than the right to read and write it. */
function isOurs({ isFile, mode, nlink }: Deno.FileInfo): boolean {
  return isFile && nlink === 1 && ((mode ?? 0) & 0o077) === 0;
}

/** None where there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * It has been told, or is none.
 * @returns false where its account was quicker: it is gone, or a folder that is not empty is in its place
 */
export function forgetAlert(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    if (look(path)?.isFile) throw error;
    return false;
  }
}

/** Nobody fetches what is of a token that this host has no more, or was never finished. */
function forgetOld(path: string, { isFile, mtime }: Deno.FileInfo, now: number): void {
  if (isFile && now - (mtime?.getTime() ?? now) > KEPT_MS) forgetAlert(path);
}

/** Undefined: it is gone. */
function look(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function read(
  path: string,
  nameOf: (uid: number) => string | undefined,
): KeptAlert | undefined {
  try {
    const file = readRegular(path, MAX_KEPT_ALERT);
    if (file === undefined) return undefined;
    const owner = file.uid === 0 ? null : nameOf(file.uid);
    if (owner === undefined) return undefined;
    return readKeptAlert(new TextDecoder().decode(file.bytes), owner);
  } catch {
    return undefined;
  }
}
