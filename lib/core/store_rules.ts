/** What every store does alike, whatever it keeps the logins in. */
import { COLLECT_WITHIN_MS, type Login } from "./login.ts";

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

/** Who wants to hear of changes to a login, in this process. */
export class Watchers {
  #wakes = new Map<string, Set<() => void>>();

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

  wake(ids: Iterable<string>): void {
    for (const id of ids) {
      for (const wake of [...this.#wakes.get(id) ?? []]) wake();
    }
  }

  wakeAll(): void {
    this.wake([...this.#wakes.keys()]);
  }
}
