/** An alert that no server could be told of, as it waits in a file of the host. */
import * as v from "valibot";
import { AlertRequest } from "./api.ts";

/** Bytes: more than any that we write. */
export const MAX_KEPT_ALERT = 4_096;

export type KeptAlert = AlertRequest & { readonly at: string };

/**
 * The file's name is by the host's token, for a machine may have several configurations.
 * @param tokenHash SHA-256 in hexadecimal @param random 16 hexadecimal digits
 */
export function keptAlertName(tokenHash: string, random: string): string {
  return `${keptAlertPrefix(tokenHash)}${random}.json`;
}

function keptAlertPrefix(tokenHash: string): string {
  return `${tokenHash.slice(0, 16)}-`;
}

export function isKeptAlertName(name: string, tokenHash: string): boolean {
  return name.startsWith(keptAlertPrefix(tokenHash)) &&
    /^[0-9a-f]{16}-[0-9a-f]{16}\.json$/.test(name);
}

/**
 * Undefined for what is none.
 * @param owner whose file it is; of root's (null) the file says whose login it was
 */
export function readKeptAlert(text: string, owner: string | null): KeptAlert | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = v.safeParse(AlertRequest, value);
  if (!read.success || read.output.at === undefined) return undefined;
  const { at, ...alert } = read.output;
  // Root alone knows of emergency codes; and nobody but root says what others did.
  if (owner === null) return { ...alert, at };
  return alert.kind === "fail_open" ? { ...alert, at, user: owner } : undefined;
}
