/** Lists of logins from the database, without reading all of each (core/login_list.ts). */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  HOUR_MS,
  type LoginCount,
  type LoginOutcome,
  type LoginPage,
  type LoginQuestion,
  LOOKED_THROUGH,
} from "../core/login_list.ts";
import { toLogin } from "./sqlite_statements.ts";

/** All of it is in the index, so none of the rows is read. */
const LISTED = `
  SELECT seq, created_at, source, user, host, searched,
    CASE WHEN due_at <= :now THEN 'ended' ELSE shown_as END AS outcome
  FROM logins INDEXED BY logins_listed`;

export class SqliteLoginList {
  readonly #prepared = new Map<string, StatementSync>();

  constructor(private readonly db: DatabaseSync) {}

  page(question: LoginQuestion, after: string | undefined, size: number): LoginPage {
    const place = this.#placeOf(after);
    const { text, values } = fitting(question);
    // One more than wanted shows whether there are more.
    const found = this.#sql(`
      SELECT body FROM logins WHERE seq IN (
        SELECT seq FROM (
          ${LISTED} WHERE (created_at, seq) < (:at, :seq)
          ORDER BY created_at DESC, seq DESC LIMIT ${LOOKED_THROUGH})
        WHERE ${text} ORDER BY created_at DESC, seq DESC LIMIT :most)
      ORDER BY created_at DESC, seq DESC`)
      .all({ ...values, ...place, most: size + 1 }).map(toLogin);
    const logins = found.slice(0, size);
    return { logins, older: found.length > size ? logins.at(-1)?.id : this.#lastLookedAt(place) };
  }

  /** Those that began within the hour. */
  counts(question: LoginQuestion, hour: number): LoginCount[] {
    const { text, values } = fitting(question);
    const rows = this.#sql(`
      SELECT source, user, host, outcome, COUNT(*) AS count FROM (
        ${LISTED} WHERE created_at >= :from AND created_at < :until)
      WHERE ${text} GROUP BY source, user, host, outcome`)
      .all({ ...values, from: hour, until: hour + HOUR_MS });
    return rows.map((row) => ({
      hour,
      source: String(row.source),
      user: String(row.user),
      host: String(row.host),
      outcome: String(row.outcome) as LoginOutcome,
      count: Number(row.count),
    }));
  }

  /** Where that login is in the list; where it is gone, the list's front. */
  #placeOf(id: string | undefined): { at: number; seq: number } {
    const row = id === undefined
      ? undefined
      : this.#sql("SELECT created_at, seq FROM logins WHERE id = ?").get(id);
    const front = Number.MAX_SAFE_INTEGER;
    return { at: Number(row?.created_at ?? front), seq: Number(row?.seq ?? front) };
  }

  /** Undefined when all were looked at. */
  #lastLookedAt(place: { at: number; seq: number }): string | undefined {
    const rows = this.#sql(`
      SELECT id FROM logins WHERE seq IN (
        SELECT seq FROM logins INDEXED BY logins_listed WHERE (created_at, seq) < (:at, :seq)
        ORDER BY created_at DESC, seq DESC LIMIT 2 OFFSET ${LOOKED_THROUGH - 1})
      ORDER BY created_at DESC, seq DESC`).all(place);
    return rows.length < 2 ? undefined : String(rows[0]?.id);
  }

  /** Each prepared once: there is one of each for each number of words. */
  #sql(text: string): StatementSync {
    const prepared = this.#prepared.get(text) ?? this.db.prepare(text);
    this.#prepared.set(text, prepared);
    return prepared;
  }
}

function fitting({ words, outcome, now }: LoginQuestion) {
  const names = words.map((_, index) => `word${index}`);
  const text = [
    "(:outcome IS NULL OR outcome = :outcome)",
    ...names.map((name) => `instr(searched, :${name}) > 0`),
  ].join(" AND ");
  const typed = Object.fromEntries(names.map((name, index) => [name, words[index] ?? ""]));
  return { text, values: { ...typed, outcome: outcome ?? null, now } };
}
