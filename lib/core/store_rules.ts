/** What every store does alike, whatever it keeps the logins in. */
import { COLLECT_WITHIN_MS, type Login } from "./login.ts";
import type { Found, FoundRecords, Kind, Made } from "./store_change.ts";
import { type AnyRecord, KIND_NAMES, rulesOf } from "./store_kinds.ts";

/** When time alone will end this login; null once it has ended or its verdict is handed out. */
export function dueAt(login: Login): number | null {
  if (login.state === "pending") return login.expiresAt;
  if (login.state === "approved" && !login.collected) {
    return (login.decidedAt ?? login.createdAt) + COLLECT_WITHIN_MS;
  }
  return null;
}

/** A change may only concern what it was shown. @throws Error: the caller's fault, never a user's */
export function assertShown(found: readonly Login[], changed: readonly Login[]): void {
  const shown = new Set(found.map((login) => login.id));
  if (!changed.every((login) => shown.has(login.id))) {
    throw new Error("a change returned a login that it was not shown");
  }
}

/**
 * A change of records may only concern what it was shown, and do one thing with each.
 * @throws Error as above
 */
export function assertMade(found: Found, { put, remove }: Made<unknown>): void {
  assertShown(found.login, put?.login ?? []);
  for (const kind of KIND_NAMES) {
    const [removed = [], changed = []] = [remove?.[kind], put?.[kind]];
    if (removed.length === 0 && changed.length === 0) continue;
    if (!removed.every((id) => isShown(found, kind, id))) {
      throw new Error(`a change removed a ${kind} that it was not shown`);
    }
    const ids = [...removed, ...changed.map(rulesOf(kind).id)];
    if (new Set(ids).size < ids.length) throw new Error(`a change made two of one ${kind}`);
  }
}

/** Whether the change has seen the record of that id. */
export function isShown(found: FoundRecords, kind: Kind, id: string): boolean {
  const shown: readonly AnyRecord[] = found[kind];
  return shown.some((record) => rulesOf(kind).id(record) === id);
}

/** Who wants to hear of changes to a login, in this process. */
export class Watchers {
  #wakes = new Map<string, Set<() => void>>();
  #wakesOfAll = new Set<(ids: readonly string[]) => void>();

  /** Returns the function that ends the watch. */
  add(id: string, wake: () => void): () => void {
    // Wrapped, for the same function may watch twice.
    const own = () => wake();
    const wakes = this.#wakes.get(id) ?? new Set();
    this.#wakes.set(id, wakes.add(own));
    return () => {
      wakes.delete(own);
      if (wakes.size === 0 && this.#wakes.get(id) === wakes) this.#wakes.delete(id);
    };
  }

  /** For all logins. Returns the function that ends the watch. */
  addToAll(wake: (ids: readonly string[]) => void): () => void {
    const own = (ids: readonly string[]) => wake(ids);
    this.#wakesOfAll.add(own);
    return () => void this.#wakesOfAll.delete(own);
  }

  wake(ids: readonly string[]): void {
    for (const id of ids) {
      for (const wake of [...this.#wakes.get(id) ?? []]) wake();
    }
    if (ids.length > 0) this.#wakeOfAll(ids);
  }

  /** When nobody knows which have changed. */
  wakeAll(): void {
    for (const wakes of [...this.#wakes.values()]) {
      for (const wake of [...wakes]) wake();
    }
    this.#wakeOfAll([]);
  }

  #wakeOfAll(ids: readonly string[]): void {
    for (const wake of [...this.#wakesOfAll]) wake(ids);
  }
}
