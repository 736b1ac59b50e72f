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

export const ALERT_SPOOL = "/var/spool/gatehouse";

/** As /tmp's, but that only root may list it. */
const MODE = 0o1733;
/** Looked at in one go, and told of one account: what is more is thrown away, for anybody can write it. */
const MOST = 10_000;
const MOST_OF_ONE = 20;
const KEPT_MS = 30 * 86_400_000;

export interface FoundAlerts {
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
  const path = `${folder}/${keptAlertName(tokenHash, random)}`;
  using file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  writeAllSync(file, new TextEncoder().encode(JSON.stringify(alert)));
  file.syncSync();
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
  const found: { path: string; uid: number; alert: KeptAlert }[] = [];
  let dropped = 0;
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    if (!isKeptAlertName(name, tokenHash)) {
      forgetOld(path, now);
      continue;
    }
    // What cannot be removed does not count: it must not hide what others keep.
    if (found.length + dropped >= MOST) break;
    const kept = read(path, nameOf);
    if (kept !== undefined) found.push({ path, ...kept });
    else if (forgetAlert(path)) dropped++;
  }
  found.sort((a, b) => Date.parse(a.alert.at) - Date.parse(b.alert.at));
  const [told, more] = [[], []] as [typeof found, typeof found];
  for (const one of found) {
    const theirs = told.filter(({ uid }) => uid === one.uid);
    (one.uid !== 0 && theirs.length >= MOST_OF_ONE ? more : told).push(one);
  }
  for (const { path } of more) forgetAlert(path);
  return { alerts: told, dropped: dropped + more.length };
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

/** Nobody fetches what is of a token that this host has no more. */
function forgetOld(path: string, now: number): void {
  const found = look(path);
  const at = found?.mtime?.getTime() ?? now;
  if (found?.isFile && now - at > KEPT_MS) forgetAlert(path);
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
): { uid: number; alert: KeptAlert } | undefined {
  try {
    const file = readRegular(path, MAX_KEPT_ALERT);
    if (file === undefined) return undefined;
    const owner = file.uid === 0 ? null : nameOf(file.uid);
    if (owner === undefined) return undefined;
    const alert = readKeptAlert(new TextDecoder().decode(file.bytes), owner);
    return alert === undefined ? undefined : { uid: file.uid, alert };
  } catch {
    return undefined;
  }
}
