/** A copy of the database while the server goes on writing it; and whether one is sound. */
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { base64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { makePrivateFile } from "./private_files.ts";
import { databaseFault, databasePath, isSqliteError, SCHEMA_VERSION } from "./sqlite_database.ts";

const PREFIX = ".backup-";
const FORGOTTEN_MS = 86_400_000;

/**
 * What is not kept: it would be over when the copy is used, or must not come back with it. A login that
 * waits has nobody waiting any more; a grant may have been revoked since, an invitation used up.
 */
const SHORT_LIVED = [
  "DELETE FROM sessions",
  "DELETE FROM challenges",
  "DELETE FROM approvals",
  "DELETE FROM grants",
  "DELETE FROM invitations",
  "DELETE FROM logins WHERE due_at IS NOT NULL",
  "DELETE FROM changed_by_command",
];

/** A copy beside the database, until it is disposed. */
export class DatabaseCopy {
  private constructor(readonly path: string) {}

  /** @throws Failure (65, 78) */
  static async make(dataDir: string): Promise<DatabaseCopy> {
    removeForgotten(dataDir);
    const random = base64url(crypto.getRandomValues(new Uint8Array(9)));
    const path = join(dataDir, `${PREFIX}${random}`);
    makePrivateFile(path);
    const copy = new DatabaseCopy(path);
    try {
      await copyDatabase(databasePath(dataDir), path);
      return copy;
    } catch (error) {
      copy[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const end of ["", "-journal"]) removeIfThere(`${this.path}${end}`);
  }
}

async function copyDatabase(path: string, into: string): Promise<void> {
  try {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA busy_timeout = 5000");
    // A backup must not bring up to date what an older server is still running on.
    if (versionOf(db) !== SCHEMA_VERSION) {
      throw new Failure(
        Exit.config,
        `${printable(path)} was written by another version of gatehouse`,
        "run the backup with the executable that the server runs",
      );
    }
    // In one step: each commit of the server would make several begin anew.
    await backup(db, into, { rate: -1 });
    using copy = new DatabaseSync(into);
    copy.exec("PRAGMA journal_mode = DELETE");
    copy.exec("PRAGMA secure_delete = ON");
    for (const statement of SHORT_LIVED) copy.exec(statement);
  } catch (error) {
    throw isSqliteError(error) ? databaseFault("use", path, error) : error;
  }
  checkDatabase(into, path);
}

/** What a command left that was killed: no copy takes so long. */
function removeForgotten(dataDir: string): void {
  for (const { name } of Deno.readDirSync(dataDir)) {
    const path = join(dataDir, name);
    if (!name.startsWith(PREFIX)) continue;
    unlessGone(() => {
      const made = Deno.lstatSync(path).mtime?.getTime() ?? 0;
      if (Date.now() - made > FORGOTTEN_MS) Deno.removeSync(path);
    });
  }
}

function removeIfThere(path: string): void {
  unlessGone(() => Deno.removeSync(path));
}

/** Another command at the same time removes its own. */
function unlessGone(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Ids of the keys that have sealed what is in there. @param shown as below @throws Failure (78) */
export function sealingKeys(path: string, shown: string): string[] {
  try {
    using db = new DatabaseSync(path, { readOnly: true });
    const ids = [["devices", "$.seed"], ["recovery_codes", "$.key"]].flatMap(([table, field]) =>
      db.prepare(`SELECT DISTINCT substr(body ->> '${field}', 3, 12) AS id FROM ${table}`).all()
    ).map(({ id }) => String(id ?? ""));
    return [...new Set(ids)].filter((id) => id !== "").sort();
  } catch (error) {
    throw isSqliteError(error) ? databaseFault("use", shown, error) : error;
  }
}

/** @param shown the path that a person knows @throws Failure (65, 78) */
export function checkDatabase(path: string, shown: string): void {
  let faults: unknown[];
  try {
    using db = new DatabaseSync(path, { readOnly: true });
    if (versionOf(db) > SCHEMA_VERSION) {
      throw new Failure(
        Exit.config,
        `${printable(shown)} was written by a newer gatehouse`,
        "restore it with that version",
      );
    }
    faults = db.prepare("PRAGMA integrity_check(1)").all().map((row) => row.integrity_check);
  } catch (error) {
    throw isSqliteError(error) ? databaseFault("use", shown, error) : error;
  }
  if (faults.length === 1 && faults[0] === "ok") return;
  throw new Failure(
    Exit.data,
    `the database ${printable(shown)} is damaged: ${printable(String(faults[0]), 200)}`,
    "stop the server, keep a copy of its data, and restore an earlier backup",
  );
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}
