/** Databases as earlier versions of the program left them. */
import { DatabaseSync } from "node:sqlite";
import type { Login } from "../../lib/core/login.ts";

const FIRST = `
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
`;

const SECOND = `
  CREATE TABLE times (name TEXT PRIMARY KEY, times TEXT NOT NULL, last INTEGER NOT NULL) STRICT;
  INSERT INTO times VALUES ('a', '[1,2]', 2);
`;

/** With one host, these logins, and from version 2 on the times 1 and 2 of "a". */
export function oldDatabase(
  folder: string,
  version: 1 | 2,
  host: { name: string; tokenHash: string; createdAt: number; lastSeenAt: number },
  logins: readonly Login[],
): void {
  Deno.chmodSync(folder, 0o700);
  const db = new DatabaseSync(`${folder}/gatehouse.db`);
  try {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(version === 1 ? FIRST : FIRST + SECOND);
    db.prepare("INSERT INTO hosts VALUES (?, ?, ?, NULL, NULL, ?)")
      .run(host.name, host.tokenHash, host.createdAt, host.lastSeenAt);
    const add = db.prepare(`
      INSERT INTO logins (id, ticket, host, user, state, created_at, due_at, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    for (const login of logins) {
      const { id, ticket, host, user, state, createdAt, expiresAt } = login;
      const due = state === "pending" ? expiresAt : null;
      add.run(id, ticket, host, user, state, createdAt, due, JSON.stringify(login));
    }
    db.exec(`PRAGMA user_version = ${version}`);
  } finally {
    db.close();
  }
}
