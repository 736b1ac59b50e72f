/** Keys that secrets were sealed with, once and for all given up. */
import { DatabaseSync } from "node:sqlite";
import { databaseFault, databasePath, isSqliteError } from "./sqlite_database.ts";

/**
 * From now on nothing that these keys have sealed can be stored, whoever comes with it. False, and
 * nothing is changed, when there is something that one of them has sealed.
 * @param ids of the keys @throws Failure (78)
 */
export function retireKeys(dataDir: string, ids: readonly string[]): boolean {
  const path = databasePath(dataDir);
  try {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA busy_timeout = 5000");
    db.exec("PRAGMA synchronous = FULL");
    db.exec("BEGIN IMMEDIATE");
    if (ids.some((id) => isInUse(db, id))) return false; // closing undoes it
    const retire = db.prepare("INSERT OR IGNORE INTO retired_keys (id) VALUES (?)");
    for (const id of ids) retire.run(id);
    db.exec("COMMIT");
    return true;
  } catch (error) {
    throw isSqliteError(error) ? databaseFault("use", path, error) : error;
  }
}

function isInUse(db: DatabaseSync, id: string): boolean {
  return [["devices", "$.seed"], ["recovery_codes", "$.key"]].some(([table, field]) =>
    db.prepare(`SELECT 1 FROM ${table} WHERE substr(body ->> '${field}', 3, 12) = ? LIMIT 1`)
      .get(id) !== undefined
  );
}
