/** The life of logins at the server: the pure state machine over store, audit log and clock. */
import { base64url } from "../lib/core/encoding.ts";
import { sha256 } from "../lib/core/hash.ts";
import { type Placed, placeLogin } from "../lib/core/account_request.ts";
import { groupsOf } from "../lib/core/host_group.ts";
import { type Login, type LoginEvent, type Preauth, step } from "../lib/core/login.ts";
import { takesTwo } from "../lib/core/person.ts";
import type { PinState } from "../lib/core/pin.ts";
import { NUMBER_MATCH_BYTES, numberMatch } from "../lib/core/number_match.ts";
import type { AppConfig, Deps } from "./deps.ts";
import type { Alerts } from "./alerts.ts";
import type { Asking } from "./asking.ts";
import { Fault, tooMany } from "./faults.ts";
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
  /** Not null: it asks for a grant. It is never joined with others, and needs somebody each time. */
  readonly preauth: Preauth | null;
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
    private readonly alerts: Pick<Alerts, "quiet">,
    private readonly asking: Pick<Asking, "created" | "joined">,
  ) {}

  /**
   * Stores it, and says so where a grant has approved it already: its verdict is to be handed out then.
   * @throws Fault 403 frozen; 429 quiet, or too much is waiting for this account already
   */
  async create(request: NewLogin): Promise<Login> {
    const { store, clock } = this.deps;
    const { groups: all, twoPersons, grants } = this.config.approval;
    const now = clock.now();
    const login = this.#pending(request, now);
    const groups = groupsOf(login.host, all);
    const rules = {
      pendingPerAccount: this.config.limits.pendingPerAccount,
      connectionsPerRequest: MAX_PER_REQUEST,
      mayJoin: request.numbered && login.preauth === null,
      groups,
      twoPersons,
      longestGrantMs: grants.longestMs,
    };
    const { host, user, requester, source, key } = login;
    const result: { placed?: Placed } = {};
    const asked = { host, user, requester, source, key, groups };
    const added = await store.addLogin(asked, (pending, account) => {
      const placed = placeLogin(login, pending, account, rules, now);
      result.placed = placed;
      return "login" in placed ? placed.login : undefined;
    });
    const { placed } = result;
    if (added === undefined || placed === undefined || "refused" in placed) {
      throw this.#refusal(login, placed, now);
    }
    if (placed.grant !== null) {
      await this.records.createdByGrant(added, placed.grant);
      return added;
    }
    await this.records.created(added);
    if (added.ticket === login.ticket) this.asking.created(added);
    else this.asking.joined(added);
    return added;
  }

  byTicket(ticket: string): Promise<Login[]> {
    return this.deps.store.loginsByTicket(ticket);
  }

  /**
   * Denies all of a request; also takes back approvals that nobody has collected yet. Answers those that
   * this changed.
   */
  async deny(ticket: string, notMe: boolean, decider: Decider): Promise<readonly Login[]> {
    const now = this.deps.clock.now();
    const event: LoginEvent = { type: "deny", notMe, ...decider };
    const denied = await this.deps.store.changeLogins(
      { ticket },
      (found) => changedBy(found, event, now),
    );
    await this.records.decided(denied);
    return denied;
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
    await this.deps.store.forget(now);
  }

  /** As it would be with nothing against it. */
  #pending({ asked, numbered, secret, timeoutMs, ...given }: NewLogin, now: number): Login {
    const numbers = numbered && this.config.numberMatch
      ? numberMatch(this.deps.random.bytes(NUMBER_MATCH_BYTES))
      : { match: null, choices: [] };
    return {
      ...asked,
      ...given,
      ...numbers,
      secretHash: sha256(secret),
      createdAt: now,
      requestedAt: now,
      expiresAt: now + timeoutMs,
      state: "pending",
      decidedAt: null,
      by: null,
      via: null,
      reason: null,
      collected: false,
    };
  }

  #refusal(login: Login, placed: Placed | undefined, now: number): Fault {
    if (placed === undefined || !("refused" in placed)) {
      throw new Error("the store has not added the login that it was given");
    }
    this.records.refused(login, placed.refused);
    const two = takesTwo(login, this.config.approval);
    switch (placed.refused) {
      case "frozen":
        return new Fault(403, "this account is frozen", { reason: "frozen" });
      case "quiet":
        this.alerts.quiet(login, placed.retryAt);
        return tooMany(
          "too many requests of this account were refused; nobody is asked for a while",
          placed.retryAt - now,
          "quiet",
          two,
        );
      case "busy":
        return tooMany(
          "too many logins of this account are waiting for approval",
          placed.retryAt - now,
          "busy",
          two,
        );
    }
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
