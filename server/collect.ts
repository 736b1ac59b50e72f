/** The long poll: waits for a decision without asking the store in between, and hands it out once. */
import { type LoginStatus } from "../lib/core/api.ts";
import { sha256 } from "../lib/core/hash.ts";
import { isOpen, type Login, step } from "../lib/core/login.ts";
import type { After, AppConfig, Deps } from "./deps.ts";
import { Fault, tooMany } from "./faults.ts";
import type { Logins } from "./logins.ts";
import type { Metrics } from "./metrics.ts";
import { verdictOf } from "./signing.ts";

/**
 * Polls of one login at once. A host needs one; without any bound the holder of one login could take
 * every place that the server has.
 */
const MAX_POLLS = 128;

const PENDING: LoginStatus = { state: "pending" };

export class Collector {
  readonly #waiting = new Set<Waiter>();
  /** How many wait for each login. */
  readonly #polls = new Map<string, number>();
  #stopped = false;

  constructor(
    private readonly deps: Deps,
    private readonly config: AppConfig,
    private readonly logins: Logins,
    private readonly metrics: Metrics,
  ) {}

  /**
   * The login's state as soon as it is decided, else `pending` after `waitMs`.
   * @param gone aborted when the client has hung up
   * @throws Fault 401, 404; 410 when the verdict was handed out before
   */
  async collect(
    id: string,
    secret: string,
    waitMs: number,
    gone: AbortSignal,
  ): Promise<LoginStatus> {
    const { store, clock } = this.deps;
    if ((this.#polls.get(id) ?? 0) >= MAX_POLLS) throw tooMany("asked too often at once", 1_000);
    const until = clock.now() + waitMs;
    const waiter = new Waiter(this.deps.after);
    // Watched before it is read, so that no change falls in between.
    const unwatch = store.watchLogin(id, waiter.changed);
    gone.addEventListener("abort", waiter.leave);
    this.#waiting.add(waiter);
    this.#count(id, 1);
    try {
      for (let login = await this.owned(id, secret);; login = await this.#again(login)) {
        // Looks at the store again only after a change. All in this one function: each suspended one
        // costs a waiting poll a kilobyte.
        for (let why: Woken = "time"; why !== "changed";) {
          const now = clock.now();
          const open = isOpen(login, now);
          // A client that has hung up must not use up the verdict: it may have asked anew.
          if (gone.aborted || (open && (now >= until || this.#stopped))) return PENDING;
          if (!open) return await this.#settle(login);
          why = await waiter.wait(Math.min(until, login.expiresAt) - now);
        }
      }
    } finally {
      unwatch();
      gone.removeEventListener("abort", waiter.leave);
      this.#waiting.delete(waiter);
      this.#count(id, -1);
    }
  }

  #count(id: string, change: 1 | -1): void {
    const polls = (this.#polls.get(id) ?? 0) + change;
    if (polls === 0) this.#polls.delete(id);
    else this.#polls.set(id, polls);
    this.metrics.waiting = this.#waiting.size;
  }

  /** The login, if that is its secret. @throws Fault 401, 404 */
  async owned(id: string, secret: string): Promise<Login> {
    const login = await this.deps.store.login(id);
    if (login === undefined) throw new Fault(404, "there is no such login");
    // Hashes are compared, so the time that takes says nothing about the secret.
    if (sha256(secret) !== login.secretHash) throw new Fault(401, "wrong secret");
    return login;
  }

  /** Answers all who wait, now and from now on, at once. */
  stop(): void {
    this.#stopped = true;
    for (const waiter of this.#waiting) waiter.leave();
  }

  async #settle(login: Login): Promise<LoginStatus> {
    // Time may have ended it although nobody has written that down yet.
    const due = step(login, { type: "collect" }, this.deps.clock.now());
    const changed = due.changed
      ? await this.logins.change(login.id, { type: "collect" })
      : undefined;
    if (changed?.state === "approved") {
      const verdict = await verdictOf(changed, this.deps, this.config);
      return { state: "approved", verdict, ...this.#granted(changed) };
    }
    const latest = changed ?? (due.changed ? await this.#again(login) : login);
    if (latest.state === "approved") throw new Fault(410, "the verdict was handed out before");
    return { state: latest.state, ...(latest.reason === null ? {} : { reason: latest.reason }) };
  }

  /** How long the grant holds that approving it has given, if it has. */
  #granted({ preauth, decidedAt }: Login): Pick<LoginStatus, "granted_for"> {
    if (preauth === null || decidedAt === null) return {};
    const leftMs = decidedAt + preauth.forMs - this.deps.clock.now();
    return { granted_for: Math.max(0, Math.floor(leftMs / 1000)) };
  }

  /** Somebody else was faster. */
  async #again(login: Login): Promise<Login> {
    return await this.deps.store.login(login.id) ?? login;
  }
}

type Woken = "changed" | "time" | "left";

/** One waiting request: woken by a change, by the clock, or because nobody waits any more. */
class Waiter {
  /** A change came while nobody waited. */
  #rung = false;
  #wake: ((why: Woken) => void) | undefined;

  constructor(private readonly after: After) {}

  readonly changed = (): void => {
    if (this.#wake === undefined) this.#rung = true;
    else this.#wake("changed");
  };

  readonly leave = (): void => this.#wake?.("left");

  wait(ms: number): Promise<Woken> {
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve("changed");
    }
    return new Promise((resolve) => {
      const stopTimer = this.after(Math.max(1, ms), () => this.#wake?.("time"));
      this.#wake = (why) => {
        this.#wake = undefined;
        stopTimer();
        resolve(why);
      };
    });
  }
}
