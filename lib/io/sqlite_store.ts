/** The store in one SQLite file, `gatehouse.db`, for one server and any number of commands. */
import type { DatabaseSync } from "node:sqlite";
import type { AccountNow } from "../core/account_request.ts";
import { MAX_REFUSALS } from "../core/fatigue.ts";
import { usersOf } from "../core/freeze.ts";
import { whereGrants } from "../core/grant.ts";
import type { Login, Whose } from "../core/login.ts";
import type { LoginCount, LoginPage, LoginQuestion } from "../core/login_list.ts";
import type { ApprovalRules } from "../core/approval.ts";
import { wherePlace } from "../core/place.ts";
import type { Change, Kind, Kinds, Where, WhereLogin } from "../core/store_change.ts";
import { assertMade, assertShown, dueAt } from "../core/store_rules.ts";
import type { AskedFor, Host, Store } from "../ports.ts";
import { isThere } from "./files.ts";
import { SqliteChanges } from "./sqlite_changes.ts";
import { GroupCommits } from "./sqlite_commits.ts";
import { databaseFault, databasePath, isSqliteError, openDatabase } from "./sqlite_database.ts";
import { lockForServer } from "./sqlite_lock.ts";
import { SqliteLoginList } from "./sqlite_login_list.ts";
import { SqliteRecords } from "./sqlite_records.ts";
import {
  hostColumns,
  isSearchedAlike,
  loginColumns,
  prepare,
  type Row,
  rulesText,
  toHost,
  toLogin,
  toRules,
  toTimes,
} from "./sqlite_statements.ts";

export class SqliteStore implements Store {
  readonly #sql: ReturnType<typeof prepare>;
  readonly #records: SqliteRecords;
  readonly #list: SqliteLoginList;
  readonly #commits: GroupCommits;
  readonly #changes: SqliteChanges;

  private constructor(
    readonly db: DatabaseSync,
    private readonly path: string,
    dataDir: string,
    role: "server" | "command",
    private readonly lock: Disposable | undefined,
  ) {
    this.#sql = prepare(db);
    this.#records = new SqliteRecords(db);
    this.#list = new SqliteLoginList(db);
    this.#commits = new GroupCommits(db, (error) => this.#explain(error));
    this.#changes = new SqliteChanges(db, dataDir, role);
  }

  /** Whether there is a database, be it usable or not. */
  static isIn(dataDir: string): boolean {
    return isThere(databasePath(dataDir));
  }

  /**
   * A server hears of what commands change: they touch the file `wake`, which it watches. A command
   * does not hear of others.
   * @throws Failure (78), also where another server has it
   */
  static open(dataDir: string, role: "server" | "command"): SqliteStore {
    // First: a second server of a newer version would change the tables under the one that runs.
    const lock = role === "server" ? lockForServer(dataDir) : undefined;
    let db: DatabaseSync | undefined;
    try {
      const opened = openDatabase(dataDir);
      db = opened.db;
      return new SqliteStore(db, opened.path, dataDir, role, lock);
    } catch (error) {
      db?.close();
      lock?.[Symbol.dispose]();
      throw isSqliteError(error) ? databaseFault("open", databasePath(dataDir), error) : error;
    }
  }

  addHost(host: Host): Promise<boolean> {
    return this.#commits.add(() => this.#sql.addHost.run(hostColumns(host)).changes === 1);
  }

  hosts(): Promise<Host[]> {
    return this.#read(() => this.#sql.hosts.all().map(toHost));
  }

  hostByToken(tokenHash: string): Promise<Host | undefined> {
    return this.#read(() => optional(this.#sql.hostByToken.get(tokenHash), toHost));
  }

  changeHost(name: string, change: (host: Host) => Host): Promise<Host | undefined> {
    return this.#commits.add(() => {
      const host = optional(this.#sql.hostByName.get(name), toHost);
      if (host === undefined) return undefined;
      const changed = change(host);
      if (changed.name !== name) throw new Error("a host cannot change its name");
      this.#sql.changeHost.run(hostColumns(changed));
      return changed;
    });
  }

  async addLogin(
    account: AskedFor,
    decide: (pending: readonly Login[], account: AccountNow) => Login | undefined,
  ): Promise<Login | undefined> {
    const added = await this.#commits.add(() => {
      const pending = this.#sql.pending.all(account.host, account.user).map(toLogin);
      const login = decide(pending, this.#accountNow(account));
      if (login === undefined) return undefined;
      const { ticket, host, user, source, requester, createdAt } = login;
      const fixed = [ticket, host, user, source, requester, createdAt];
      this.#sql.addLogin.run(...fixed, ...loginColumns(login));
      return login;
    });
    if (added !== undefined) this.#changes.watchers.wake([added.id]);
    return added;
  }

  login(id: string): Promise<Login | undefined> {
    return this.#read(() => optional(this.#sql.login.get(id), toLogin));
  }

  loginsByTicket(ticket: string): Promise<Login[]> {
    return this.#read(() => this.#sql.byTicket.all(ticket).map(toLogin));
  }

  recentLogins(limit: number): Promise<Login[]> {
    return this.#read(() => this.#sql.recent.all(limit).map(toLogin));
  }

  listLogins(
    question: LoginQuestion,
    after: string | undefined,
    size: number,
  ): Promise<LoginPage> {
    return this.#read(() => this.#list.page(question, after, size));
  }

  async countLogins(question: LoginQuestion, hours: readonly number[]): Promise<LoginCount[]> {
    const counts: LoginCount[] = [];
    for (const hour of hours) {
      counts.push(...await this.#read(() => this.#list.counts(question, hour)));
      // Whoever waits for an answer is let in between.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return counts;
  }

  recentLoginsOf(whose: Whose, limit: number): Promise<Login[]> {
    return this.#read(() => {
      const rows = "user" in whose
        ? this.#sql.recentOf.all(whose.user, whose.host, limit)
        : this.#sql.recentAskedBy.all(whose.requester, limit);
      return rows.map(toLogin);
    });
  }

  openLogins(): Promise<Login[]> {
    return this.#read(() => this.#sql.open.all().map(toLogin));
  }

  async changeLogins(
    where: { id: string } | { ticket: string } | { expiredBy: number },
    change: (found: readonly Login[]) => readonly Login[],
  ): Promise<Login[]> {
    const changed = await this.#commits.add(() => {
      const found = this.#find(where).map(toLogin);
      const changed = change(found);
      assertShown(found, changed);
      this.#writeLogins(found, changed);
      return [...changed];
    });
    await this.#changes.wake(changed);
    return changed;
  }

  refusals({ host, user }: Pick<Login, "host" | "user">): Promise<number[]> {
    return this.#read(() => this.#refusals(host, user));
  }

  forgetLogins(before: number): Promise<number> {
    return this.#commits.add(() => {
      this.#changes.forget();
      return Number(this.#sql.forget.run(before).changes);
    });
  }

  watchLogin(id: string, wake: () => void): () => void {
    return this.#changes.watchers.add(id, wake);
  }

  watchLogins(wake: (ids: readonly string[]) => void): () => void {
    return this.#changes.watchers.addToAll(wake);
  }

  find<K extends Kind>(kind: K, where: Where<K>): Promise<Kinds[K][]> {
    return this.#read(() => this.#records.find(kind, where));
  }

  async change<A>({ wants, make }: Change<A>): Promise<A> {
    const { answer, put } = await this.#commits.add(() => {
      const found = { ...this.#records.show(wants), login: this.#wanted(wants.login ?? []) };
      const made = make(found);
      assertMade(found, made);
      this.#records.write(found, made);
      this.#writeLogins(found.login, made.put?.login ?? []);
      return made;
    });
    await this.#changes.wake(put?.login ?? []);
    return answer;
  }

  forget(before: number): Promise<void> {
    return this.#commits.add(() => this.#records.forget(before));
  }

  changeTimes(
    name: string,
    change: (times: readonly number[]) => readonly number[],
  ): Promise<void> {
    return this.#commits.add(() => {
      const times = change(optional(this.#sql.times.get(name), toTimes) ?? []);
      this.#sql.setTimes.run(name, JSON.stringify(times), Math.max(0, ...times));
    });
  }

  timesUnder(prefix: string): Promise<ReadonlyMap<string, readonly number[]>> {
    return this.#read(() => {
      const rows = this.#sql.timesUnder.all(prefix);
      return new Map(rows.map((row) => [String(row.name), toTimes(row)]));
    });
  }

  forgetTimes(before: number): Promise<void> {
    return this.#commits.add(() => void this.#sql.forgetTimes.run(before));
  }

  setPublicUrl(url: string): Promise<void> {
    return this.#commits.add(() => void this.#sql.set.run("public_url", url));
  }

  publicUrl(): Promise<string | undefined> {
    return this.#read(() => optional(this.#sql.get.get("public_url"), (row) => String(row.value)));
  }

  setRules(rules: ApprovalRules): Promise<void> {
    return this.#commits.add(() => void this.#sql.set.run("rules", rulesText(rules)));
  }

  rules(): Promise<ApprovalRules | undefined> {
    return this.#read(() => optional(this.#sql.get.get("rules"), toRules));
  }

  probe(): Promise<void> {
    return this.#commits.add(() => void this.#sql.set.run("probe", ""));
  }

  async close(): Promise<void> {
    this.#commits.flush();
    await this.#changes.close();
    this.db.close();
    this.lock?.[Symbol.dispose]();
  }

  #accountNow(account: AskedFor): AccountNow {
    const { host, user } = account;
    const freezes = usersOf(account).flatMap((user) => this.#records.find("freeze", { user }));
    const grants = whereGrants(account, account.groups ?? [])
      .flatMap((where) => this.#records.find("grant", where));
    const places = wherePlace(account).flatMap((where) => this.#records.find("place", where));
    return { refusals: this.#refusals(host, user), freezes, grants, places };
  }

  #refusals(host: string, user: string): number[] {
    if (this.#sql.refused.get(host, user) === undefined) return [];
    const rows = this.#sql.refusals.all(host, user, MAX_REFUSALS);
    return rows.map((row) => Number(row.at)).reverse();
  }

  #wanted(wheres: readonly WhereLogin[]): Login[] {
    const rows = wheres.flatMap((where) =>
      "openOf" in where ? this.#sql.openOf.all(where.openOf) : this.#find(where)
    );
    return [...new Map(rows.map(toLogin).map((login) => [login.id, login])).values()];
  }

  #writeLogins(found: readonly Login[], logins: readonly Login[]): void {
    const before = new Map(found.map((login) => [login.id, login]));
    for (const login of logins) {
      if (isSearchedAlike(before.get(login.id), login)) {
        this.#sql.changeBody.run(dueAt(login), JSON.stringify(login), login.id);
      } else {
        this.#sql.changeLogin.run(...loginColumns(login));
      }
      this.#changes.note(login);
    }
  }

  #find(where: { id: string } | { ticket: string } | { expiredBy: number }): Row[] {
    if ("id" in where) return this.#sql.login.all(where.id);
    if ("ticket" in where) return this.#sql.byTicket.all(where.ticket);
    return this.#sql.due.all(where.expiredBy);
  }

  #read<T>(query: () => T): Promise<T> {
    return Promise.try(query).catch((error) => {
      throw this.#explain(error);
    });
  }

  #explain(error: unknown): unknown {
    return isSqliteError(error) ? databaseFault("use", this.path, error) : error;
  }
}

function optional<T>(row: Row | undefined, convert: (row: Row) => T): T | undefined {
  return row === undefined ? undefined : convert(row);
}
