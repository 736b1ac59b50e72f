/** Writes host.toml: whole or not at all, and readable by every account that the gate runs as. */
import { basename, dirname, join } from "node:path";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { writeAllSync } from "./files.ts";
import { readTrusted } from "./secure_file.ts";

/** Its text; undefined when there is none. @throws Failure when it is not to be trusted */
export function readHostFile(path: string): string | undefined {
  try {
    if (Deno.lstatSync(path).isFile) return readTrusted(path, [0, Deno.uid() ?? 0]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error instanceof Failure ? error : explain("look at", path, error);
  }
  throw new Failure(
    Exit.config,
    `${printable(path)} is not a regular file`,
    "move it away, or use --config FILE for another place",
  );
}

/** Makes the folder that it will be in, so that a fault shows before anything else is done. @throws Failure */
export function makeHostFolder(path: string): void {
  try {
    makeReadableDirectory(dirname(path));
  } catch (error) {
    throw explain("write", path, error);
  }
}

/**
 * @param before what readHostFile() gave: a new file replaces none, another one that text alone
 * @throws Failure
 */
export function writeHostFile(path: string, text: string, before: string | undefined): void {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    writeDraft(draft, text);
    if (before === undefined) Deno.linkSync(draft, path); // unlike rename, never replaces a file
    else replace(path, draft, before);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof Deno.errors.AlreadyExists) throw changed(path);
    throw explain("write", path, error);
  } finally {
    remove(draft);
  }
}

/** Owner and mode stay. */
function replace(path: string, draft: string, before: string): void {
  const { uid, gid, mode } = Deno.lstatSync(path);
  Deno.chownSync(draft, uid, gid);
  Deno.chmodSync(draft, (mode ?? 0o644) & 0o7777);
  if (readHostFile(path) !== before) throw changed(path);
  Deno.renameSync(draft, path);
}

/** mkdir's mode is cut by the umask, and with 0700 no account could read what is in there. */
function makeReadableDirectory(path: string): void {
  try {
    Deno.mkdirSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    makeReadableDirectory(dirname(path));
    Deno.mkdirSync(path);
  }
  Deno.chmodSync(path, 0o755);
}

function writeDraft(path: string, text: string): void {
  using file = Deno.openSync(path, { createNew: true, write: true, mode: 0o644 });
  writeAllSync(file, new TextEncoder().encode(text));
  file.syncSync();
  Deno.chmodSync(path, 0o644);
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made.
  }
}

function changed(path: string): Failure {
  return new Failure(
    Exit.config,
    `${printable(path)} was written by somebody else meanwhile`,
    "look at it, then run this again",
  );
}

function explain(what: string, path: string, error: unknown): Failure {
  const cause = error instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    : error instanceof Deno.errors.NotADirectory
    ? "a part of the path is no directory"
    : "the disk may be full or read-only";
  return new Failure(
    Exit.config,
    `cannot ${what} ${printable(path)}: ${cause}`,
    "run this as root, with --config FILE for another place",
  );
}
