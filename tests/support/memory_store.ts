/** The store without a disk, and the shortest statement of what a store does. */
import type { AccountNow } from "../../lib/core/account_request.ts";
import { usersOf } from "../../lib/core/freeze.ts";
import { whereGrants } from "../../lib/core/grant.ts";
import { matchesGlob } from "../../lib/core/account_pattern.ts";
import type { Login, Whose } from "../../lib/core/login.ts";
import {
  type LoginCount,
  type LoginPage,
  type LoginQuestion,
  LOOKED_THROUGH,
} from "../../lib/core/login_list.ts";
import type { ApprovalRules } from "../../lib/core/approval.ts";
import { wherePlace } from "../../lib/core/place.ts";
import type {
  Change,
  Found,
  Kind,
  Kinds,
  Made,
  Wants,
  Where,
} from "../../lib/core/store_change.ts";
import { type AnyRecord, foundRecords, KIND_NAMES, rulesOf } from "../../lib/core/store_kinds.ts";
import { assertMade, assertShown, dueAt, isShown, Watchers } from "../../lib/core/store_rules.ts";
import type { AskedFor, Host, Store } from "../../lib/ports.ts";
import { countAlike, fits, fitsQuestion, isWanted, refusalsOf } from "./memory_queries.ts";

/** Columns in which no two records of a kind have the same. */
const UNIQUE: Partial<Record<Kind, readonly string[]>> = {
  person: ["name"],
  device: ["credential"],
  invitation: ["token"],
  session: ["token"],
};

type Records = ReadonlyMap<Kind, ReadonlyMap<string, AnyRecord>>;

export class MemoryStore implements Store {
  #hosts = new Map<string, Host>();
  /** In the order in which they were added. */
  #logins = new Map<string, Login>();
  #watchers = new Watchers();
  #times = new Map<string, readonly number[]>();
  /** Each kind in the order in which they were added. */
  #records: Records = new Map();
  #publicUrl: string | undefined;
  #rules: ApprovalRules | undefined;

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
    account: AskedFor,
    decide: (pending: readonly Login[], account: AccountNow) => Login | undefined,
  ): Promise<Login | undefined> {
    return Promise.try(() => {
      const its = this.#loginsOf(account);
      const { freeze: freezes, grant: grants, place: places } = this.#show({
        freeze: usersOf(account).map((user) => ({ user })),
        grant: whereGrants(account, account.groups ?? []),
        place: wherePlace(account),
      });
      const pending = its.filter(({ state }) => state === "pending");
      const login = decide(pending, { refusals: refusalsOf(its), freezes, grants, places });
      if (login === undefined) return undefined;
      if (this.#logins.has(login.id)) throw new Error("there is a login of that id already");
      this.#logins.set(login.id, login);
      this.#watchers.wake([login.id]);
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

  listLogins(
    question: LoginQuestion,
    after: string | undefined,
    size: number,
  ): Promise<LoginPage> {
    const all = this.#select(() => true).reverse();
    const behind = all.slice(all.findIndex(({ id }) => id === after) + 1);
    const looked = behind.slice(0, LOOKED_THROUGH);
    const found = looked.filter((login) => fitsQuestion(login, question));
    const logins = found.slice(0, size);
    const last = found.length > size ? logins.at(-1) : looked.at(-1);
    return Promise.resolve({ logins, older: last === behind.at(-1) ? undefined : last?.id });
  }

  countLogins(question: LoginQuestion, hours: readonly number[]): Promise<LoginCount[]> {
    const all = this.#select((login) => fitsQuestion(login, question));
    return Promise.resolve(
      countAlike(all, question.now).filter(({ hour }) => hours.includes(hour)),
    );
  }

  recentLoginsOf(whose: Whose, limit: number): Promise<Login[]> {
    const found = this.#select((login) =>
      "user" in whose
        ? login.user === whose.user && matchesGlob(whose.host, login.host)
        : login.requester === whose.requester
    );
    return Promise.resolve(found.reverse().slice(0, limit));
  }

  openLogins(): Promise<Login[]> {
    return Promise.resolve(this.#select((login) => dueAt(login) !== null));
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

  refusals(account: Pick<Login, "host" | "user">): Promise<number[]> {
    return Promise.resolve(refusalsOf(this.#loginsOf(account)));
  }

  forgetLogins(before: number): Promise<number> {
    const ended = this.#select((login) => login.createdAt < before && dueAt(login) === null);
    for (const { id } of ended) this.#logins.delete(id);
    return Promise.resolve(ended.length);
  }

  watchLogin(id: string, wake: () => void): () => void {
    return this.#watchers.add(id, wake);
  }

  watchLogins(wake: (ids: readonly string[]) => void): () => void {
    return this.#watchers.addToAll(wake);
  }

  find<K extends Kind>(kind: K, where: Where<K>): Promise<Kinds[K][]> {
    return Promise.try(() => this.#wanted(kind, [where]) as Kinds[K][]);
  }

  change<A>({ wants, make }: Change<A>): Promise<A> {
    return Promise.try(() => {
      const found = this.#show(wants);
      const made = make(found);
      assertMade(found, made);
      this.#records = new Map(KIND_NAMES.map((kind) => [kind, this.#written(kind, found, made)]));
      const logins = made.put?.login ?? [];
      for (const login of logins) this.#logins.set(login.id, login);
      this.#watchers.wake(logins.map((login) => login.id));
      return made.answer;
    });
  }

  forget(before: number): Promise<void> {
    const needed = (kind: Kind) => {
      const { due, most = Infinity } = rulesOf(kind);
      const end = (record: AnyRecord) => due(record) ?? Infinity;
      const all = this.#all(kind).filter((record) => end(record) > before);
      const kept = new Set(all.toReversed().sort((a, b) => end(b) - end(a)).slice(0, most));
      return all.filter((record) => kept.has(record));
    };
    this.#records = new Map(KIND_NAMES.map((kind) => [kind, byId(kind, needed(kind))]));
    return Promise.resolve();
  }

  changeTimes(
    name: string,
    change: (times: readonly number[]) => readonly number[],
  ): Promise<void> {
    return Promise.try(() => {
      this.#times.set(name, [...change(this.#times.get(name) ?? [])]);
    });
  }

  timesUnder(prefix: string): Promise<ReadonlyMap<string, readonly number[]>> {
    const found = [...this.#times].filter(([name]) => name.startsWith(prefix));
    return Promise.resolve(new Map(found));
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

  setRules(rules: ApprovalRules): Promise<void> {
    this.#rules = rules;
    return Promise.resolve();
  }

  rules(): Promise<ApprovalRules | undefined> {
    return Promise.resolve(this.#rules);
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

  #show(wants: Wants): Found {
    const login = (wants.login ?? []).flatMap((where) =>
      this.#select((login) => isWanted(login, where))
    );
    return {
      ...foundRecords((kind) => this.#wanted(kind, wants[kind])),
      login: [...new Set(login)],
    };
  }

  #wanted(kind: Kind, wheres: readonly object[] = []): AnyRecord[] {
    const found = wheres.flatMap((where) =>
      this.#all(kind).filter((record) => fits(kind, record, where))
    );
    return [...new Set(found)];
  }

  #all(kind: Kind): readonly AnyRecord[] {
    return [...this.#records.get(kind)?.values() ?? []];
  }

  /** All of a kind after a change. */
  #written(kind: Kind, found: Found, { put, remove }: Made<unknown>): Map<string, AnyRecord> {
    const { id, columns } = rulesOf(kind);
    const after = byId(kind, this.#all(kind));
    for (const each of remove?.[kind] ?? []) after.delete(each);
    for (const record of put?.[kind] ?? []) {
      if (after.has(id(record)) && !isShown(found, kind, id(record))) {
        throw new Error(`a change wrote a ${kind} that it was not shown`);
      }
      after.set(id(record), record);
    }
    for (const column of UNIQUE[kind] ?? []) {
      const values = [...after.values()].map((record) => columns[column]?.(record) ?? null)
        .filter((value) => value !== null);
      if (new Set(values).size < values.length) throw new Error(`two of one ${kind} ${column}`);
    }
    return after;
  }

  #loginsOf({ host, user }: Pick<Login, "host" | "user">): Login[] {
    return this.#select((login) => login.host === host && login.user === user);
  }

  /** Oldest first; of one age in the order in which they came. */
  #select(wanted: (login: Login) => boolean): Login[] {
    return [...this.#logins.values()].filter(wanted).sort((a, b) => a.createdAt - b.createdAt);
  }
}

function byId(kind: Kind, records: readonly AnyRecord[]): Map<string, AnyRecord> {
  return new Map(records.map((record) => [rulesOf(kind).id(record), record]));
}
