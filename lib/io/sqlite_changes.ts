/** Who wants to hear of changed logins, in this process and in the server. */
import type { DatabaseSync } from "node:sqlite";
import type { Login } from "../core/login.ts";
import { Watchers } from "../core/store_rules.ts";
import { WakeFile } from "./sqlite_wake.ts";

/** Commands note down what they change, and touch a file that the server watches. */
export class SqliteChanges {
  readonly watchers = new Watchers();
  readonly #sql: ReturnType<typeof prepare>;
  readonly #wakeFile: WakeFile;
  /** How far we have read what commands changed. */
  #seen = 0;

  constructor(db: DatabaseSync, dataDir: string, private readonly role: "server" | "command") {
    this.#sql = prepare(db);
    this.#wakeFile = new WakeFile(dataDir);
    if (role === "server") this.#listen();
  }

  /** To be called within the transaction. */
  note(login: Login): void {
    if (this.role === "command") this.#sql.note.run(login.id);
  }

  /** To be called after the commit. */
  async wake(changed: readonly Login[]): Promise<void> {
    if (changed.length > 0 && this.role === "command") await this.#wakeFile.touch();
    this.watchers.wake(changed.map((login) => login.id));
  }

  /** Forgets the notes of what is gone. */
  forget(): void {
    this.#sql.forget.run();
  }

  close(): Promise<void> {
    return this.#wakeFile.close();
  }

  #listen(): void {
    this.#seen = Number(this.#sql.last.get()?.seq ?? 0);
    this.#wakeFile.watch(() => {
      try {
        const rows = this.#sql.since.all(this.#seen);
        this.#seen = Number(rows.at(-1)?.seq ?? this.#seen);
        this.watchers.wake(rows.map((row) => String(row.login)));
      } catch {
        // Those who wait look for themselves, and meet the fault where it can be answered.
        this.watchers.wakeAll();
      }
    });
  }
}

function prepare(db: DatabaseSync) {
  return {
    note: db.prepare("INSERT INTO changed_by_command (login) VALUES (?)"),
    since: db.prepare("SELECT seq, login FROM changed_by_command WHERE seq > ? ORDER BY seq"),
    last: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'changed_by_command'"),
    forget: db.prepare(
      "DELETE FROM changed_by_command WHERE login NOT IN (SELECT id FROM logins)",
    ),
  };
}
