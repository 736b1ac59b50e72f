/**
 * Group commit: changes that are asked for in turns of the event loop that follow one another share one
 * transaction, and so one fsync(2). Nothing is answered before that is done.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";

/**
 * As long as each turn brings more, for so many turns: of 64 logins at once some twenty steps then
 * share a transaction, and not nine. Alone, a change waits for one empty turn.
 */
const MOST_TURNS = 8;

interface Job {
  /** Does the work and returns what answers it after the commit. */
  readonly work: () => () => void;
  readonly reject: (reason: unknown) => void;
}

export class GroupCommits {
  #jobs: Job[] = [];
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #mark: StatementSync;
  readonly #undo: StatementSync;
  readonly #release: StatementSync;

  /** @param explain puts SQLite's errors into words; passes all others on */
  constructor(
    private readonly db: DatabaseSync,
    private readonly explain: (error: unknown) => unknown,
  ) {
    // IMMEDIATE: a transaction that turns from reading to writing could not wait for its turn.
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#mark = db.prepare("SAVEPOINT job");
    this.#undo = db.prepare("ROLLBACK TO job");
    this.#release = db.prepare("RELEASE job");
  }

  /** Runs `work` in the next transaction. When it throws, only its own changes are undone. */
  add<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const job = () => {
      const value = work();
      return () => resolve(value);
    };
    this.#jobs.push({ work: job, reject });
    if (this.#jobs.length === 1) this.#gather(0, 1);
    return promise;
  }

  /** @param before how many there were a turn ago */
  #gather(before: number, turn: number): void {
    setImmediate(() => {
      const { length } = this.#jobs;
      if (length > before && turn < MOST_TURNS) this.#gather(length, turn + 1);
      else this.flush();
    });
  }

  /** Commits what is queued. */
  flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    if (jobs.length === 0) return;
    let answers: (() => void)[];
    try {
      this.#begin.run();
      answers = jobs.map((job) => this.#attempt(job));
      this.#commit.run();
    } catch (error) {
      for (const { reject } of jobs) reject(this.explain(error));
      if (this.db.isOpen && this.db.isTransaction) this.db.exec("ROLLBACK");
      return;
    }
    for (const answer of answers) answer();
  }

  #attempt({ work, reject }: Job): () => void {
    this.#mark.run();
    let answer: () => void;
    try {
      answer = work();
    } catch (error) {
      // After some faults, a full disk for one, SQLite has undone the whole transaction itself.
      if (!this.db.isTransaction) throw error;
      this.#undo.run();
      answer = () => reject(this.explain(error));
    }
    this.#release.run();
    return answer;
  }
}
