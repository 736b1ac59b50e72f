/** The store without a disk: for tests, and as the shortest statement of what a store does. */
import type { Login } from "../core/login.ts";
import { assertShown, dueAt, Watchers } from "../core/store_rules.ts";
import type { Host, Store } from "../ports.ts";

export class MemoryStore implements Store {
  #hosts = new Map<string, Host>();
  /** In the order in which they were added. */
  #logins = new Map<string, Login>();
  #watchers = new Watchers();
  #times = new Map<string, readonly number[]>();
  #publicUrl: string | undefined;

  addHost(host: Host): Promise<boolean> {
    const taken = this.#hosts.get(host.name);
    if (taken !== undefined && taken.revokedAt === null) return Promise.resolve(false);
    this.#hosts.set(host.name, host);
    return Promise.resolve(true);
  }

  hosts(): Promise<Host[]> {
    const byName = (a: Host, b: Host) => a.name < b.name ? -1 : 1;
    return Promise.resolve([...this.#hosts.values()].sort(byName));
  }

  hostByToken(tokenHash: string): Promise<Host | undefined> {
    const fits = (host: Host) => host.tokenHash === tokenHash && host.revokedAt === null;
    return Promise.resolve([...this.#hosts.values()].find(fits));
  }

  changeHost(name: string, change: (host: Host) => Host): Promise<Host | undefined> {
    return Promise.try(() => {
      const host = this.#hosts.get(name);
      if (host === undefined || host.revokedAt !== null) return undefined;
      const changed = change(host);
      if (changed.name !== name) throw new Error("a host cannot change its name");
      this.#hosts.set(name, changed);
      return changed;
    });
  }

  addLogin(
    account: { host: string; user: string },
    decide: (pending: readonly Login[]) => Login | undefined,
  ): Promise<Login | undefined> {
    return Promise.try(() => {
      const login = decide(
        this.#select((login) =>
          login.host === account.host && login.user === account.user && login.state === "pending"
        ),
      );
      if (login === undefined) return undefined;
      if (this.#logins.has(login.id)) throw new Error("there is a login of that id already");
      this.#logins.set(login.id, login);
      return login;
    });
  }

  login(id: string): Promise<Login | undefined> {
    return Promise.resolve(this.#logins.get(id));
  }

  loginsByTicket(ticket: string): Promise<Login[]> {
    return Promise.resolve(this.#select((login) => login.ticket === ticket));
  }

  recentLogins(limit: number): Promise<Login[]> {
    return Promise.resolve(this.#select(() => true).reverse().slice(0, limit));
  }

  changeLogins(
    where: { id: string } | { ticket: string } | { expiredBy: number },
    change: (found: readonly Login[]) => readonly Login[],
  ): Promise<Login[]> {
    return Promise.try(() => {
      const found = this.#find(where);
      const changed = change(found);
      assertShown(found, changed);
      for (const login of changed) this.#logins.set(login.id, login);
      this.#watchers.wake(changed.map((login) => login.id));
      return [...changed];
    });
  }

  forgetLogins(before: number): Promise<number> {
    const ended = this.#select((login) => login.createdAt < before && dueAt(login) === null);
    for (const { id } of ended) this.#logins.delete(id);
    return Promise.resolve(ended.length);
  }

  watchLogin(id: string, wake: () => void): () => void {
    return this.#watchers.add(id, wake);
  }

  changeTimes(
    name: string,
    change: (times: readonly number[]) => readonly number[],
  ): Promise<void> {
    return Promise.try(() => {
      this.#times.set(name, [...change(this.#times.get(name) ?? [])]);
    });
  }

  forgetTimes(before: number): Promise<void> {
    for (const [name, times] of this.#times) {
      if (times.every((at) => at < before)) this.#times.delete(name);
    }
    return Promise.resolve();
  }

  setPublicUrl(url: string): Promise<void> {
    this.#publicUrl = url;
    return Promise.resolve();
  }

  publicUrl(): Promise<string | undefined> {
    return Promise.resolve(this.#publicUrl);
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #find(where: { id: string } | { ticket: string } | { expiredBy: number }): Login[] {
    if ("id" in where) {
      const login = this.#logins.get(where.id);
      return login === undefined ? [] : [login];
    }
    if ("ticket" in where) return this.#select((login) => login.ticket === where.ticket);
    return this.#select((login) => (dueAt(login) ?? Infinity) <= where.expiredBy);
  }

  /** Oldest first; of one age in the order in which they came. */
  #select(wanted: (login: Login) => boolean): Login[] {
    return [...this.#logins.values()].filter(wanted).sort((a, b) => a.createdAt - b.createdAt);
  }
}
