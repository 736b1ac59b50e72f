/** Writes host.toml: whole or not at all, and readable by every account that the gate runs as. */
import { basename, dirname, join } from "node:path";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { writeAllSync } from "./files.ts";

/** @throws Failure when this host has joined before */
export function requireNoHostFile(path: string): void {
  try {
    Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw explain("look at", path, error);
  }
  throw existsAlready(path);
}

/** @throws Failure */
export function writeHostFile(path: string, text: string): void {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    makeReadableDirectory(dirname(path));
    writeDraft(draft, text);
    Deno.linkSync(draft, path); // unlike rename, never replaces a file
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw existsAlready(path);
    throw explain("write", path, error);
  } finally {
    remove(draft);
  }
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

function existsAlready(path: string): Failure {
  const shown = printable(path);
  return new Failure(
    Exit.config,
    `${shown} exists already`,
    `this host has joined before; to join anew, first run: mv ${shown} ${shown}.old`,
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
