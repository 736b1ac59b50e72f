/** What is told at once, and to whom: administrators, and the person whose account or device it is. */
import { accountKey } from "../lib/core/account_pattern.ts";
import type { AuditEvent } from "../lib/core/audit.ts";
import type { Device } from "../lib/core/device.ts";
import { accountOutcome, ladder, QUIET_AFTER } from "../lib/core/fatigue.ts";
import { ALL_HOSTS, type Freeze } from "../lib/core/freeze.ts";
import type { Login } from "../lib/core/login.ts";
import type {
  AlertKind,
  DeviceType,
  EmergencyNotification,
  FailOpenNotification,
  LoginFacts,
  SingleAlert,
} from "../lib/core/notification.ts";
import { accountQuiet } from "../lib/core/people_events.ts";
import { byPerson, type Person } from "../lib/core/person.ts";
import { printable } from "../lib/core/text.ts";
import { rfc3339 } from "../lib/core/time.ts";
import { type Contacts, ownerOf } from "./contacts.ts";
import type { Deps } from "./deps.ts";
import { tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";
import { PeopleRecords } from "./people_records.ts";
import { Telling } from "./telling.ts";
import type { Topic } from "./untold.ts";

/**
 * Lines in the audit log about one host: they must not fill the disk. Whoever has its token can make up
 * users and times, but no persons: each of the four (of a person or not, told at once or late) has a share.
 */
const RECORDED = { burst: 150, perMinute: 150 };
/** Of those, about one user, of one kind. */
const RECORDED_OF_USER = { burst: 60, perMinute: 60 };
/** That some were refused is logged so often. */
const REFUSED_LOGGED = { burst: 1, perMinute: 1 };
/** Longer than any quiet time. */
const QUIET_KEPT_MS = 3_600_000;
/** Refusals of one moment may be seen in another order later, which moves the end of the quiet a little. */
const SAME_QUIET_MS = 60_000;

type Asked = Pick<Login, "user" | "host" | "service" | "source" | "requester" | "createdAt">;

/** Nobody waits for a message: but for `raise`, all return at once, and say in the log what went wrong. */
export class Alerts {
  readonly #recorded: Limiter;
  readonly #recordedOfUser: Limiter;
  readonly #refusedLogged: Limiter;
  readonly #records: PeopleRecords;
  readonly #telling: Telling;
  /** When the quiet times end that are told, by account: so a refused try costs no write. */
  readonly #toldQuiet = new Map<string, number>();

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "store">,
    contacts: Contacts,
  ) {
    this.#recorded = new Limiter(RECORDED, deps.clock);
    this.#recordedOfUser = new Limiter(RECORDED_OF_USER, deps.clock);
    this.#refusedLogged = new Limiter(REFUSED_LOGGED, deps.clock);
    this.#records = new PeopleRecords(deps);
    this.#telling = new Telling(deps, contacts);
  }

  /**
   * A host says that it let somebody in without asking. Resolves when it is on record.
   * @throws Fault 429
   */
  async raise(what: Raised): Promise<void> {
    const { audit, clock, log } = this.deps;
    const { kind, host, user, service, source, requester } = what;
    await this.#takeRecord(what);
    const now = clock.now();
    const facts = {
      host: printable(host),
      user: printable(user),
      service: printable(service),
      source: printable(source),
      requester: requester === null ? null : printable(requester),
    };
    // The host may have kept it for long, and its clock may be ahead.
    const at = Math.min(what.at ?? now, now);
    const kept = at === now ? {} : { at: rfc3339(at) };
    const event: AuditEvent = kind === "emergency_code"
      ? { event: "host.emergency_code", ...facts, ...kept }
      : { event: "host.fail_open", ...facts, why: what.why, ...kept };
    await audit.append(event);
    const message = kind === "emergency_code" ? "emergency code used" : "let in without asking";
    log("warning", message, fieldsOf(event));
    await this.#telling.tell(ofHost(kind, host), { ...what, at });
  }

  /** @throws Fault 429 */
  async #takeRecord({ kind, host, user, at }: Raised): Promise<void> {
    const isLate = at !== null;
    const isPersons = await ownerOf(user, this.deps.store) !== undefined;
    const ofUser = JSON.stringify([host, user, kind, isLate]);
    let retryAfterMs = this.#recordedOfUser.take(ofUser);
    if (retryAfterMs === undefined) {
      retryAfterMs = this.#recorded.take(JSON.stringify([host, isPersons, isLate]));
      if (retryAfterMs === undefined) return;
      this.#recordedOfUser.giveBack(ofUser);
    }
    if (this.#refusedLogged.take(host) === undefined) {
      const hint = "somebody may have its token: gatehouse host revoke, then join it again";
      this.deps.log("warning", "a host raises too many alerts", { host: printable(host), hint });
    }
    throw tooMany("this host raises too many alerts", retryAfterMs);
  }

  /** An account was frozen; not for one that was before. */
  frozen({ user, host, by, evidence, since: at }: Freeze): void {
    const login = evidence === null ? null : factsOf(evidence);
    const where = host === ALL_HOSTS ? null : host;
    this.#tell(ofServer("frozen"), { kind: "frozen", user, host: where, by, login, at });
  }

  /** A person was frozen, who is told as well. @param by as in a login's `by` */
  personFrozen(person: Person, by: string, at: number): void {
    const alert = { kind: "person_frozen", person: person.name, by, at } as const;
    this.#tell(ofServer("person_frozen"), alert);
    if (!isAdministrator(person)) this.#tell(ofPerson("person_frozen", person), alert);
  }

  /**
   * Logins have ended, as they are now. Where one of them has made its account quiet, that is told at
   * once: whoever asked may never ask again. And who denied one that was another's tells that other.
   */
  ended(logins: readonly Login[]): void {
    const denied = logins.filter(isDenied);
    for (const login of new Map(denied.map((each) => [each.ticket, each])).values()) {
      this.#unwaited("denied", () => this.#tellDenied(login));
    }
    const refused = logins.filter((login) => accountOutcome(login) === "refused");
    for (const login of new Map(refused.map((each) => [accountKey(each), each])).values()) {
      this.#unwaited("quiet", async () => {
        const refusals = await this.deps.store.refusals(login);
        const { quietUntil } = ladder(refusals, this.deps.clock.now());
        if (quietUntil !== null) await this.#tellQuiet(login, quietUntil);
      });
    }
  }

  /**
   * A request was refused because the account is quiet; to be called each time, for the process that
   * made it so may have died over it. @param until when that time ends
   */
  quiet(login: Asked, until: number): void {
    this.#unwaited("quiet", () => this.#tellQuiet(login, until));
  }

  /** Two keys came for one host: it gets no codes any more, and whoever was first may have had some. */
  hostKeyDisputed(host: string, source: string): void {
    const at = this.deps.clock.now();
    const alert = { kind: "host_key_disputed", host, source, at } as const;
    this.#tell(ofHost("host_key_disputed", host), alert);
  }

  /** Once a request: it is denied, and nothing is frozen. */
  notMeUnproven(login: Login): void {
    const alert = { kind: "not_me_unproven", ...factsOf(login) } as const;
    this.#tell(ofHost("not_me_unproven", login.host), alert);
  }

  newDevice(
    person: Person,
    device: Device,
    { invitation, source }: { readonly invitation: boolean; readonly source: string },
  ): void {
    const at = this.deps.clock.now();
    const type: DeviceType = device.kind === "authenticator" && device.use === "hosts"
      ? "host_codes"
      : device.kind;
    const what = { device: device.name, type, invitation, source, at };
    const alert = { kind: "new_device", person: person.name, ...what } as const;
    // With an administrator's everything can be done.
    const topic = isAdministrator(person) ? ofServer("new_device") : ofPerson("new_device", person);
    this.#tell(topic, alert);
  }

  /** @param left how many codes are still good */
  recoveryUsed(person: Person, left: number, source: string): void {
    const at = this.deps.clock.now();
    const alert = { kind: "recovery_used", person: person.name, left, source, at } as const;
    this.#tell(ofServer("recovery_used"), alert);
    if (!isAdministrator(person)) this.#tell(ofPerson("recovery_used", person), alert);
  }

  /** Two devices hold what only one should; what came last was refused. */
  passkeyCloned(person: Person, device: Device, source: string): void {
    const at = this.deps.clock.now();
    const what = { person: person.name, device: device.name, source, at };
    const alert = { kind: "passkey_cloned", ...what } as const;
    this.#tell(ofServer("passkey_cloned"), alert);
    if (!isAdministrator(person)) this.#tell(ofPerson("passkey_cloned", person), alert);
  }

  /** To be called every few seconds: tells of what had to wait. Never rejects. */
  async sweep(): Promise<void> {
    await this.#telling.sweep();
  }

  #tell(topic: Topic, alert: SingleAlert): void {
    this.#unwaited(alert.kind, () => this.#telling.tell(topic, alert));
  }

  #unwaited(alert: AlertKind, tell: () => Promise<void>): void {
    void tell().catch(() => this.deps.log("error", "an alert could not be told", { alert }));
  }

  /** On record and told, once each time, also across restarts. */
  async #tellQuiet(login: Asked, until: number): Promise<void> {
    if (!await this.#isFirst(login, until)) return;
    try {
      await this.#records.write(accountQuiet(login, QUIET_AFTER, until));
    } finally {
      const alert = { kind: "quiet", ...factsOf(login), refusals: QUIET_AFTER, until } as const;
      const owner = await ownerOf(login.user, this.deps.store);
      await Promise.all([
        this.#telling.tell(ofHost("quiet", login.host), alert),
        ...(owner === undefined || isAdministrator(owner)
          ? []
          : [this.#telling.tell(ofPerson("quiet", owner), alert)]),
      ]);
    }
  }

  /** Not where the owner said no. */
  async #tellDenied(login: Denied): Promise<void> {
    const { by, reason } = login;
    const owner = await ownerOf(login.user, this.deps.store);
    const own = owner !== undefined && by === byPerson(owner);
    if (own && reason === "denied") return;
    const topic = owner === undefined ? ofHost("denied", login.host) : ofPerson("denied", owner);
    await this.#telling.tell(topic, { kind: "denied", ...factsOf(login), by, reason, own });
  }

  async #isFirst(account: Asked, until: number): Promise<boolean> {
    const key = accountKey(account);
    const isThis = (at: number) => Math.abs(at - until) < SAME_QUIET_MS;
    if (isThis(this.#toldQuiet.get(key) ?? -Infinity)) return false;
    const old = this.deps.clock.now() - QUIET_KEPT_MS;
    let first = false;
    await this.deps.store.changeTimes(`quiet ${key}`, (times) => {
      first = !times.some(isThis);
      return first ? [...times.filter((at) => at > old), until] : times;
    });
    for (const [other, at] of this.#toldQuiet) {
      if (at <= old) this.#toldQuiet.delete(other);
    }
    this.#toldQuiet.set(key, until);
    return first;
  }
}

/** What a host says; without `at` it is now. */
type Raised = At<EmergencyNotification> | At<FailOpenNotification>;
type At<N extends LoginFacts> = Omit<N, "at"> & { readonly at: number | null };

interface Denied extends Login {
  readonly by: string;
  readonly reason: "denied" | "wrong_number";
}

/** By somebody: what the server takes back itself is not. */
function isDenied(login: Login): login is Denied {
  const { state, by, reason } = login;
  return state === "denied" && by !== null && by !== "gatehouse" &&
    (reason === "denied" || reason === "wrong_number");
}

/** Is told of what administrators are told of. */
function isAdministrator({ administrator, state }: Person): boolean {
  return administrator && state === "active";
}

function ofHost(kind: AlertKind, host: string): Topic {
  return { kind, audience: "administrators", subject: host };
}

function ofServer(kind: AlertKind): Topic {
  return { kind, audience: "administrators", subject: "" };
}

function ofPerson(kind: AlertKind, { id }: Pick<Person, "id">): Topic {
  return { kind, audience: "person", subject: id };
}

function factsOf({ user, host, service, source, requester, createdAt: at }: Asked): LoginFacts {
  return { user, host, service, source, requester, at };
}

function fieldsOf({ event: _, ...rest }: AuditEvent) {
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
}
