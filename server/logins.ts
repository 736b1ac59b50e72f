/** The life of logins at the server: the pure state machine over store, audit log and clock. */
import { base64url } from "../lib/core/encoding.ts";
import { sha256 } from "../lib/core/hash.ts";
import { isOpen, type Login, type LoginEvent, sameRequest, step } from "../lib/core/login.ts";
import type { PinState } from "../lib/core/pin.ts";
import { NUMBER_MATCH_BYTES, numberMatch } from "../lib/core/number_match.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { tooMany, Unavailable } from "./faults.ts";
import type { Metrics } from "./metrics.ts";
import type { Records } from "./records.ts";

/** Connections that one link may stand for. */
const MAX_PER_REQUEST = 64;
/** Ended logins are remembered this long, so that a second visit can say what happened. */
const REMEMBERED_MS = 24 * 3_600_000;

export interface NewLogin {
  readonly asked: Pick<
    Login,
    | "host"
    | "user"
    | "service"
    | "source"
    | "requester"
    | "tty"
    | "command"
    | "commandHash"
    | "commandWhole"
    | "key"
    | "nonce"
  >;
  readonly id: string;
  /** Collects the verdict; kept as a hash only. */
  readonly secret: string;
  readonly ticket: string;
  readonly timeoutMs: number;
  /** False for a client that can show no number. Such a login is never joined with others either. */
  readonly numbered: boolean;
  /** Not null: a PIN decides. Such a login has no page, so it is never joined with others. */
  readonly pin: PinState | null;
}

export interface Decision {
  /** What this decision changed. */
  readonly changed: readonly Login[];
  /** All logins of the link, as they are now. */
  readonly all: readonly Login[];
}

/** Who decides, for the record. */
export interface Decider {
  readonly by: string;
  readonly via: string;
}

export class Logins {
  constructor(
    private readonly deps: Deps,
    private readonly config: AppConfig,
    private readonly records: Records,
    private readonly metrics: Metrics,
  ) {}

  /** @throws Fault 429 when too much is waiting for this account already */
  async create(request: NewLogin): Promise<Login> {
    const { store, clock, random } = this.deps;
    const now = clock.now();
    const numbers = request.numbered && this.config.numberMatch
      ? numberMatch(random.bytes(NUMBER_MATCH_BYTES))
      : { match: null, choices: [] };
    const login: Login = {
      ...request.asked,
      ...numbers,
      pin: request.pin,
      id: request.id,
      ticket: request.ticket,
      secretHash: sha256(request.secret),
      createdAt: now,
      expiresAt: now + request.timeoutMs,
      state: "pending",
      decidedAt: null,
      by: null,
      via: null,
      reason: null,
      collected: false,
    };
    let retryAfterMs = 0;
    const added = await store.addLogin(login, (pending) => {
      const open = pending.filter((other) => isOpen(other, now));
      retryAfterMs = Math.min(...open.map((other) => other.expiresAt)) - now;
      return this.#place(login, open, request.numbered);
    });
    if (added === undefined) {
      this.metrics.count("refused");
      throw tooMany("too many logins of this account are waiting for approval", retryAfterMs);
    }
    await this.records.created(added);
    return added;
  }

  byTicket(ticket: string): Promise<Login[]> {
    return this.deps.store.loginsByTicket(ticket);
  }

  /**
   * Approves the logins that the person was shown (all open ones when that is not said). A wrong
   * number ends the whole request, so that connections that join give no further guesses.
   */
  async approve(
    ticket: string,
    match: string | null,
    shown: ReadonlySet<string> | undefined,
    decider: Decider,
  ): Promise<Decision> {
    const now = this.deps.clock.now();
    const decision = await this.#change(ticket, (found) => {
      const wrong = found.some((l) => isOpen(l, now) && l.match !== null && l.match !== match);
      const concerned = wrong ? found : found.filter((l) => shown?.has(l.id) ?? true);
      return changedBy(concerned, { type: "approve", match, ...decider }, now);
    });
    try {
      await this.records.decided(decision.changed);
    } catch (error) {
      // Approved without a trace is not approved. What was collected meanwhile needed its own line.
      await this.deny(ticket, false, { ...decider, by: "gatehouse" }).catch(() => undefined);
      throw error instanceof Unavailable ? error : new Unavailable(error);
    }
    return decision;
  }

  /** Denies all of a request; also takes back approvals that nobody has collected yet. */
  async deny(ticket: string, notMe: boolean, decider: Decider): Promise<Decision> {
    const now = this.deps.clock.now();
    const event: LoginEvent = { type: "deny", notMe, ...decider };
    const decision = await this.#change(ticket, (found) => changedBy(found, event, now));
    await this.records.decided(decision.changed);
    return decision;
  }

  /** Applies an event to one login. Returns it when that changed something. */
  async change(id: string, event: LoginEvent): Promise<Login | undefined> {
    const now = this.deps.clock.now();
    const [changed] = await this.deps.store.changeLogins(
      { id },
      (found) => changedBy(found, event, now),
    );
    if (changed?.collected) await this.records.collected(changed);
    else if (changed !== undefined) await this.records.decided([changed]);
    return changed;
  }

  /** Ends what nobody waits for and forgets what is long over. */
  async sweep(): Promise<void> {
    const now = this.deps.clock.now();
    const expired = await this.deps.store.changeLogins(
      { expiredBy: now },
      (found) => changedBy(found, { type: "expire" }, now),
    );
    await this.records.decided(expired);
    await this.deps.store.forgetLogins(now - REMEMBERED_MS);
    await this.deps.store.forgetTimes(now - REMEMBERED_MS);
  }

  /** One request to the person together with what it belongs to, or undefined when it is too much. */
  #place(login: Login, open: readonly Login[], mayJoin: boolean): Login | undefined {
    const first = mayJoin
      ? open.find((other) => other.pin === null && sameRequest(other, login))
      : undefined;
    if (first !== undefined) {
      const joined = open.filter((other) => other.ticket === first.ticket).length;
      if (joined >= MAX_PER_REQUEST) return undefined;
      return { ...login, ticket: first.ticket, match: first.match, choices: first.choices };
    }
    const requests = new Set(open.map((other) => other.ticket)).size;
    return requests >= this.config.limits.pendingPerAccount ? undefined : login;
  }

  async #change(
    ticket: string,
    change: (found: readonly Login[]) => readonly Login[],
  ): Promise<Decision> {
    let found: readonly Login[] = [];
    const changed = await this.deps.store.changeLogins({ ticket }, (logins) => {
      found = logins;
      return change(logins);
    });
    const now = new Map(changed.map((login) => [login.id, login]));
    return { changed, all: found.map((login) => now.get(login.id) ?? login) };
  }
}

/** @param length in bytes */
export function randomName(deps: Pick<Deps, "random">, length: number): string {
  return base64url(deps.random.bytes(length));
}

function changedBy(logins: readonly Login[], event: LoginEvent, now: number): Login[] {
  return logins.map((login) => step(login, event, now)).filter((s) => s.changed).map((s) =>
    s.login
  );
}
