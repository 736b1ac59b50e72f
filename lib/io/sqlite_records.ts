/** Records of people, each kind in a table of its own: the rules are in core/store_kinds.ts. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Found, FoundRecords, Kind, Kinds, Made, Wants, Where } from "../core/store_change.ts";
import { type AnyRecord, foundRecords, KIND_NAMES, lookup, rulesOf } from "../core/store_kinds.ts";
import { isShown } from "../core/store_rules.ts";

const TABLES: Readonly<Record<Kind, string>> = {
  person: "persons",
  device: "devices",
  recovery: "recovery_codes",
  tries: "code_tries",
  invitation: "invitations",
  session: "sessions",
  challenge: "challenges",
  grant: "grants",
  freeze: "freezes",
  approval: "approvals",
  place: "places",
  message: "messages",
  report: "host_reports",
};

/** To be called within a transaction, all but `find`. */
export class SqliteRecords {
  readonly #prepared = new Map<string, StatementSync>();

  constructor(private readonly db: DatabaseSync) {}

  find<K extends Kind>(kind: K, where: Where<K>): Kinds[K][] {
    return this.#rows(kind, where).map(toRecord) as Kinds[K][];
  }

  show(wants: Wants): FoundRecords {
    return foundRecords((kind) => {
      const wheres = wants[kind] ?? [];
      if (wheres.length === 0) return [];
      // By the row's number, for one may be found in two ways.
      const rows = wheres.flatMap((where) => this.#rows(kind, where));
      return [...new Map(rows.map((row) => [row.seq, row])).values()].map(toRecord);
    });
  }

  write(found: Found, { put, remove }: Made<unknown>): void {
    for (const kind of KIND_NAMES) {
      const table = TABLES[kind];
      for (const id of remove?.[kind] ?? []) {
        this.#sql(`DELETE FROM ${table} WHERE id = ?`).run(id);
      }
      for (const record of put?.[kind] ?? []) this.#put(kind, record, found);
    }
  }

  forget(before: number): void {
    for (const kind of KIND_NAMES) {
      const table = TABLES[kind];
      this.#sql(`DELETE FROM ${table} WHERE due_at <= ?`).run(before);
      const { most } = rulesOf(kind);
      if (most === undefined) continue;
      this.#sql(`DELETE FROM ${table} WHERE seq IN
        (SELECT seq FROM ${table} ORDER BY due_at DESC, seq DESC LIMIT -1 OFFSET ?)`).run(most);
    }
  }

  #put(kind: Kind, record: AnyRecord, found: Found): void {
    const { id, due, columns } = rulesOf(kind);
    const names = ["due_at", "body", ...Object.keys(columns)];
    const values = [
      due(record),
      JSON.stringify(record),
      ...Object.values(columns).map((column) => column(record)),
    ];
    const key = id(record);
    // Not "INSERT OR REPLACE": what the change has not seen, it must not write over.
    const text = isShown(found, kind, key)
      ? `UPDATE ${TABLES[kind]} SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`
      : `INSERT INTO ${TABLES[kind]} (${names.join(", ")}, id) VALUES (?${
        ", ?".repeat(names.length)
      })`;
    this.#sql(text).run(...values, key);
  }

  #rows(kind: Kind, where: object) {
    const looked = lookup(kind, where);
    const select = `SELECT seq, body FROM ${TABLES[kind]}`;
    if (looked === undefined) return this.#sql(`${select} ORDER BY seq`).all();
    const { column, value } = looked;
    return this.#sql(`${select} WHERE ${column} = ? ORDER BY seq`).all(value);
  }

  /** Each prepared once: there are some dozens. */
  #sql(text: string): StatementSync {
    const prepared = this.#prepared.get(text) ?? this.db.prepare(text);
    this.#prepared.set(text, prepared);
    return prepared;
  }
}

/** Only this program writes the file, and its schema version says which one. */
function toRecord(row: { readonly body?: unknown }): AnyRecord {
  return JSON.parse(String(row.body)) as AnyRecord;
}
