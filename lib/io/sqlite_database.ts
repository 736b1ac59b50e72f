/** Opens the server's database, makes its tables, and puts its faults into words. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { cannotOpen, makePrivateFile, openPrivateDir } from "./private_files.ts";

/**
 * What each version brought. A login is kept whole as JSON (`body`); the other columns are what it is
 * searched by. `due_at` is null once it has ended. `changed_by_command` tells the server which logins
 * a command decided.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE hosts (
    name TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    joined_at INTEGER,
    revoked_at INTEGER,
    last_seen_at INTEGER
  ) STRICT;
  CREATE TABLE logins (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ticket TEXT NOT NULL,
    host TEXT NOT NULL,
    user TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX logins_ticket ON logins (ticket);
  CREATE INDEX logins_pending ON logins (host, user) WHERE state = 'pending';
  CREATE INDEX logins_due ON logins (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX logins_created ON logins (created_at);
  CREATE TABLE changed_by_command (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL
  ) STRICT;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
  // `times` is a JSON list, `last` the latest of them.
  "CREATE TABLE times (name TEXT PRIMARY KEY, times TEXT NOT NULL, last INTEGER NOT NULL) STRICT;",
  // People. Each of their tables is kept like logins; `due_at` says from when on a row can be forgotten.
  // `outcome` is what an ended login says of its account (core/fatigue.ts), null where nothing.
  `
  ALTER TABLE logins ADD COLUMN outcome TEXT;
  ALTER TABLE logins ADD COLUMN decided_at INTEGER;
  CREATE INDEX logins_outcome ON logins (host, user, outcome, decided_at)
    WHERE outcome IS NOT NULL;
  CREATE TABLE persons (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    name TEXT UNIQUE
  ) STRICT;
  CREATE TABLE devices (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    person TEXT NOT NULL,
    credential TEXT UNIQUE
  ) STRICT;
  CREATE INDEX devices_person ON devices (person);
  CREATE TABLE recovery_codes (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE code_tries (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE invitations (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    person TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE INDEX invitations_person ON invitations (person);
  CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    person TEXT NOT NULL,
    device TEXT,
    token TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE INDEX sessions_person ON sessions (person);
  CREATE INDEX sessions_device ON sessions (device);
  CREATE TABLE challenges (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE grants (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    person TEXT NOT NULL,
    user TEXT,
    requester TEXT,
    account TEXT
  ) STRICT;
  CREATE INDEX grants_person ON grants (person);
  CREATE INDEX grants_user ON grants (user) WHERE user IS NOT NULL;
  CREATE INDEX grants_requester ON grants (requester) WHERE requester IS NOT NULL;
  CREATE INDEX grants_account ON grants (account) WHERE account IS NOT NULL;
  CREATE TABLE freezes (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    user TEXT
  ) STRICT;
  CREATE INDEX freezes_user ON freezes (user) WHERE user IS NOT NULL;
  CREATE TABLE approvals (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    person TEXT NOT NULL,
    ticket TEXT NOT NULL
  ) STRICT;
  CREATE INDEX approvals_person ON approvals (person);
  CREATE INDEX approvals_ticket ON approvals (ticket);
  `,
  "ALTER TABLE hosts ADD COLUMN version TEXT; ALTER TABLE hosts ADD COLUMN codes_key TEXT;",
  // A key that nothing is sealed with any more, and nothing may be: whoever still has it in memory is
  // refused. The key's id is the second part of what is sealed (core/sealed_secrets.ts).
  `
  CREATE TABLE retired_keys (id TEXT PRIMARY KEY) STRICT;
  CREATE TRIGGER devices_new_retired BEFORE INSERT ON devices
    WHEN substr(new.body ->> '$.seed', 3, 12) IN (SELECT id FROM retired_keys)
    BEGIN SELECT RAISE(ABORT, 'sealed with a retired key'); END;
  CREATE TRIGGER devices_changed_retired BEFORE UPDATE ON devices
    WHEN substr(new.body ->> '$.seed', 3, 12) IN (SELECT id FROM retired_keys)
    BEGIN SELECT RAISE(ABORT, 'sealed with a retired key'); END;
  CREATE TRIGGER recovery_codes_new_retired BEFORE INSERT ON recovery_codes
    WHEN substr(new.body ->> '$.key', 3, 12) IN (SELECT id FROM retired_keys)
    BEGIN SELECT RAISE(ABORT, 'sealed with a retired key'); END;
  CREATE TRIGGER recovery_codes_changed_retired BEFORE UPDATE ON recovery_codes
    WHEN substr(new.body ->> '$.key', 3, 12) IN (SELECT id FROM retired_keys)
    BEGIN SELECT RAISE(ABORT, 'sealed with a retired key'); END;
  `,
  // What lists of logins show and are searched by (core/login_list.ts), all in one index: a page of them
  // reads no other rows than it shows.
  `
  ALTER TABLE logins ADD COLUMN source TEXT NOT NULL DEFAULT '';
  ALTER TABLE logins ADD COLUMN shown_as TEXT NOT NULL DEFAULT 'ended';
  ALTER TABLE logins ADD COLUMN searched TEXT NOT NULL DEFAULT '';
  UPDATE logins SET
    source = body ->> '$.source',
    shown_as = CASE
      WHEN state = 'pending' THEN 'waiting'
      WHEN state = 'approved' THEN iif(body ->> '$.via' = 'grant', 'remembered', 'approved')
      WHEN body ->> '$.reason' IN ('denied', 'not_me', 'wrong_number', 'too_many_codes')
        THEN 'refused'
      WHEN body ->> '$.reason' = 'code_used' THEN 'code'
      ELSE 'ended' END,
    searched = lower(concat_ws(char(10), user || '@' || host, body ->> '$.source',
      body ->> '$.requester', body ->> '$.service', body ->> '$.by'));
  DROP INDEX logins_created;
  CREATE INDEX logins_listed
    ON logins (created_at, seq, due_at, shown_as, source, user, host, searched);
  CREATE INDEX code_tries_due ON code_tries (due_at);
  `,
  // One person's logins, however many there are of others; and where their approved ones came from.
  `
  ALTER TABLE logins ADD COLUMN requester TEXT;
  UPDATE logins SET requester = body ->> '$.requester';
  CREATE INDEX logins_user ON logins (user, created_at);
  CREATE INDEX logins_requester ON logins (requester, created_at) WHERE requester IS NOT NULL;
  CREATE TABLE places (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    user TEXT NOT NULL
  ) STRICT;
  CREATE INDEX places_user ON places (user);
  CREATE INDEX challenges_due ON challenges (due_at);
  `,
  // Messages about requests, so that they are changed, and answered, across a restart.
  `
  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL,
    ticket TEXT NOT NULL,
    handle TEXT
  ) STRICT;
  CREATE INDEX messages_ticket ON messages (ticket);
  CREATE INDEX messages_handle ON messages (handle) WHERE handle IS NOT NULL;
  CREATE INDEX messages_due ON messages (due_at);
  `,
  `
  CREATE TABLE host_reports (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, due_at INTEGER, body TEXT NOT NULL
  ) STRICT;
  `,
  "ALTER TABLE hosts ADD COLUMN report_key TEXT;",
  // What can be forgotten is looked for every few seconds, in all tables, while nobody else is answered.
  // Where a row is mostly kept for good, the index is of the others alone.
  `
  CREATE INDEX persons_due ON persons (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX devices_due ON devices (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX recovery_codes_due ON recovery_codes (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX freezes_due ON freezes (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX invitations_due ON invitations (due_at);
  CREATE INDEX sessions_due ON sessions (due_at);
  CREATE INDEX grants_due ON grants (due_at);
  CREATE INDEX approvals_due ON approvals (due_at);
  CREATE INDEX places_due ON places (due_at);
  CREATE INDEX host_reports_due ON host_reports (due_at);
  CREATE INDEX times_last ON times (last);
  `,
];

export function databasePath(dataDir: string): string {
  return join(dataDir, "gatehouse.db");
}

/** @throws Failure (78) when it cannot be opened, is damaged, or comes from a newer gatehouse */
export function openDatabase(dataDir: string): { db: DatabaseSync; path: string } {
  openPrivateDir(dataDir);
  const path = databasePath(dataDir);
  makePrivateFile(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    // The timeout first, for the switch to WAL may have to wait for another process.
    db.exec("PRAGMA busy_timeout = 5000");
    db.exec("PRAGMA journal_mode = WAL");
    // FULL: what was committed survives a power cut, not only a crash of this process.
    db.exec("PRAGMA synchronous = FULL");
    migrate(db, path);
    return { db, path };
  } catch (error) {
    db?.close();
    throw isSqliteError(error) ? databaseFault("open", path, error) : asFailure(path, error);
  }
}

/** Kept in the file as `user_version`. */
export const SCHEMA_VERSION = STEPS.length;

function migrate(db: DatabaseSync, path: string): void {
  if (version(db) === SCHEMA_VERSION) return;
  db.exec("BEGIN IMMEDIATE");
  const found = version(db); // again: another process may have been first
  if (found > SCHEMA_VERSION) {
    throw new Failure(
      Exit.config,
      `${printable(path)} was written by a newer gatehouse (schema ${found}, known: ` +
        `${SCHEMA_VERSION})`,
      "use that version, or the backup made before the update",
    );
  }
  for (const step of STEPS.slice(found)) db.exec(step);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  db.exec("COMMIT");
}

function version(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}

export function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

/** What a person is told when SQLite fails at that path. */
export function databaseFault(what: "open" | "use", path: string, error: Error): Failure {
  return new Failure(
    Exit.config,
    `cannot ${what} ${printable(path)}: ${printable(error.message)}`,
    "check free space and modes of the data directory; a damaged file needs a backup",
  );
}

function asFailure(path: string, error: unknown): Failure {
  return error instanceof Failure ? error : cannotOpen(path, error);
}
