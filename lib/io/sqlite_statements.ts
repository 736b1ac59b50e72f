/** The SQL of the store, prepared once, and the way between rows and what they mean. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";
import { accountOutcome } from "../core/fatigue.ts";
import type { Login } from "../core/login.ts";
import { loginOutcome, loginStanding, searchedText } from "../core/login_list.ts";
import type { ApprovalRules } from "../core/approval.ts";
import { dueAt } from "../core/store_rules.ts";
import type { Host } from "../ports.ts";

export type Row = Record<string, SQLOutputValue>;

export function prepare(db: DatabaseSync) {
  return {
    // A name is free again when its host was revoked; the audit log remembers the old one.
    addHost: db.prepare(`
      INSERT INTO hosts VALUES
        (:name, :token_hash, :created_at, :joined_at, :revoked_at, :last_seen_at, :version, :codes_key,
          :report_key)
      ON CONFLICT (name) DO UPDATE SET token_hash = excluded.token_hash,
        created_at = excluded.created_at, joined_at = excluded.joined_at,
        revoked_at = excluded.revoked_at, last_seen_at = excluded.last_seen_at,
        version = excluded.version, codes_key = excluded.codes_key,
        report_key = excluded.report_key
      WHERE hosts.revoked_at IS NOT NULL`),
    hosts: db.prepare("SELECT * FROM hosts ORDER BY name"),
    hostByToken: db.prepare("SELECT * FROM hosts WHERE token_hash = ? AND revoked_at IS NULL"),
    hostByName: db.prepare("SELECT * FROM hosts WHERE name = ? AND revoked_at IS NULL"),
    changeHost: db.prepare(`
      UPDATE hosts SET token_hash = :token_hash, created_at = :created_at, joined_at = :joined_at,
        revoked_at = :revoked_at, last_seen_at = :last_seen_at, version = :version,
        codes_key = :codes_key, report_key = :report_key
      WHERE name = :name`),

    addLogin: db.prepare(`
      INSERT INTO logins (ticket, host, user, source, requester, created_at,
        state, due_at, outcome, decided_at, shown_as, searched, body, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    changeLogin: db.prepare(`
      UPDATE logins SET state = ?, due_at = ?, outcome = ?, decided_at = ?, shown_as = ?,
        searched = ?, body = ?
      WHERE id = ?`),
    // Where nothing else of it has changed: each index that an UPDATE names is written anew.
    changeBody: db.prepare("UPDATE logins SET due_at = ?, body = ? WHERE id = ?"),
    login: db.prepare("SELECT body FROM logins WHERE id = ?"),
    byTicket: db.prepare("SELECT body FROM logins WHERE ticket = ? ORDER BY created_at, seq"),
    pending: db.prepare(`
      SELECT body FROM logins INDEXED BY logins_pending
      WHERE host = ? AND user = ? AND state = 'pending'
      ORDER BY created_at, seq`),
    open: db.prepare(`
      SELECT body FROM logins INDEXED BY logins_due WHERE due_at IS NOT NULL
      ORDER BY created_at, seq`),
    // Few have not ended, at any time.
    openOf: db.prepare(`
      SELECT body FROM logins INDEXED BY logins_due WHERE due_at IS NOT NULL
        AND (user = ?1 OR requester = ?1)
      ORDER BY created_at, seq`),
    // Asked first, for most accounts have none, and the next one takes ten times as long.
    refused: db.prepare(`
      SELECT 1 FROM logins WHERE host = ? AND user = ? AND outcome = 'refused' LIMIT 1`),
    refusals: db.prepare(`
      SELECT MIN(decided_at) AS at FROM logins
      WHERE host = ?1 AND user = ?2 AND outcome = 'refused' AND decided_at > COALESCE(
        (SELECT MAX(decided_at) FROM logins
          WHERE host = ?1 AND user = ?2 AND outcome = 'approved'), 0)
      GROUP BY ticket ORDER BY at DESC LIMIT ?3`),
    due: db.prepare(`
      SELECT body FROM logins INDEXED BY logins_due WHERE due_at <= ? ORDER BY created_at, seq`),
    // GLOB tells case apart, as our patterns do, whose other characters mean themselves there.
    recentOf: db.prepare(`
      SELECT body FROM logins INDEXED BY logins_user WHERE user = ? AND host GLOB ?
      ORDER BY created_at DESC, seq DESC LIMIT ?`),
    recentAskedBy: db.prepare(`
      SELECT body FROM logins INDEXED BY logins_requester WHERE requester = ?
      ORDER BY created_at DESC, seq DESC LIMIT ?`),
    recent: db.prepare("SELECT body FROM logins ORDER BY created_at DESC, seq DESC LIMIT ?"),
    forget: db.prepare("DELETE FROM logins WHERE created_at < ? AND due_at IS NULL"),

    times: db.prepare("SELECT times FROM times WHERE name = ?"),
    setTimes: db.prepare(`
      INSERT INTO times VALUES (?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET times = excluded.times, last = excluded.last`),
    // Up to the last character that there is.
    timesUnder: db.prepare(`
      SELECT name, times FROM times WHERE name BETWEEN ?1 AND ?1 || char(0x10ffff)`),
    forgetTimes: db.prepare("DELETE FROM times WHERE last < ?"),

    set: db.prepare(`
      INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`),
    get: db.prepare("SELECT value FROM settings WHERE name = ?"),
  };
}

export function hostColumns(host: Host): Record<string, SQLInputValue> {
  return {
    name: host.name,
    token_hash: host.tokenHash,
    created_at: host.createdAt,
    joined_at: host.joinedAt,
    revoked_at: host.revokedAt,
    last_seen_at: host.lastSeenAt,
    version: host.version,
    codes_key: host.codesKey,
    report_key: host.reportKey,
  };
}

export function toHost(row: Row): Host {
  return {
    name: String(row.name),
    tokenHash: String(row.token_hash),
    createdAt: Number(row.created_at),
    joinedAt: time(row.joined_at),
    revokedAt: time(row.revoked_at),
    lastSeenAt: time(row.last_seen_at),
    version: text(row.version),
    codesKey: text(row.codes_key),
    reportKey: text(row.report_key),
  };
}

const text = (value: SQLOutputValue | undefined): string | null =>
  typeof value === "string" ? value : null;

const time = (value: SQLOutputValue | undefined): number | null =>
  typeof value === "number" ? value : null;

/** What changes of a login, and its id. By place, for names cost several times as much to bind. */
export function loginColumns(login: Login): [...SQLInputValue[], id: string] {
  const { state, decidedAt, id } = login;
  return [
    ...[state, dueAt(login), accountOutcome(login) ?? null, decidedAt],
    ...[loginOutcome(loginStanding(login, 0)), searchedText(login)],
    ...[JSON.stringify(login), id] as const,
  ];
}

/** Only this program writes the file, and its schema version says which one. */
export function toLogin(row: Row): Login {
  const login: { -readonly [field in keyof Login]: Login[field] } = JSON.parse(String(row.body));
  // Older rows do not say.
  login.commandWhole ??= true;
  login.pin ??= null;
  login.requester ??= null;
  login.preauth ??= null;
  login.requestedAt ??= login.createdAt;
  return login;
}

/** Whether they differ in no column but `due_at` and `body`. What is not named here never changes. */
export function isSearchedAlike(before: Login | undefined, login: Login): boolean {
  return before !== undefined && before.state === login.state &&
    before.decidedAt === login.decidedAt && before.reason === login.reason &&
    before.by === login.by && before.via === login.via;
}

export function toTimes(row: Row): number[] {
  return JSON.parse(String(row.times)) as number[];
}

export function rulesText(rules: ApprovalRules): string {
  return JSON.stringify({ ...rules, groups: [...rules.groups] });
}

export function toRules(row: Row): ApprovalRules {
  const { groups, ...rules } = JSON.parse(String(row.value));
  return { ...rules, groups: new Map(groups) };
}
