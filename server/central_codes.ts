/** Central codes: of authenticators that are registered here and count at hosts (docs/codes.md). */
import {
  acceptHostCode,
  type AskingFor,
  type CentralSettings,
  hostAuthenticators,
  type HostCodeJudged,
  takesCodes,
  takesPart,
} from "../lib/core/central_code.ts";
import type { CentralAccount } from "../lib/core/central_set.ts";
import { type Authenticator, seedRow } from "../lib/core/device.ts";
import { DEFAULT_STEP } from "../lib/core/enrollment.ts";
import { usersOf } from "../lib/core/freeze.ts";
import { sha256 } from "../lib/core/hash.ts";
import type { Login } from "../lib/core/login.ts";
import { timeStep } from "../lib/core/otp.ts";
import { foldName, type Person } from "../lib/core/person.ts";
import { printable } from "../lib/core/text.ts";
import type { Host } from "../lib/ports.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Unavailable } from "./faults.ts";
import { Limiter } from "./limiter.ts";
import type { Logins } from "./logins.ts";
import type { Records } from "./records.ts";

/** Steps that hosts are told of, ten minutes: older ones are in nobody's window. */
const TOLD_STEPS = 20;
/** That a host holds the same codes as before is worth a line a day. */
const TOLD_AGAIN = { burst: 1, perMinute: 1 / 1_440 };
const LONGEST_LIST = 4_000;

interface Owner {
  readonly person: Person;
  readonly devices: readonly Authenticator[];
}

export class CentralCodes {
  readonly #settings: CentralSettings;
  readonly #told: Limiter;

  constructor(
    private readonly deps: Deps,
    config: AppConfig,
    private readonly logins: Logins,
    private readonly records: Records,
  ) {
    this.#settings = { accounts: config.codes.accounts, twoPersons: config.approval.twoPersons };
    this.#told = new Limiter(TOLD_AGAIN, deps.clock);
  }

  /** Whether a code can let in to the account just now. */
  async available(account: AskingFor): Promise<boolean> {
    return await this.#ownerOf(account) !== undefined;
  }

  /** What a host needs to judge codes of these accounts by itself; those without any are left out. */
  async of(host: Host, names: readonly string[]): Promise<CentralAccount[]> {
    const accounts: CentralAccount[] = [];
    const given: string[] = [];
    const oldest = timeStep(DEFAULT_STEP, this.deps.clock.now()) - TOLD_STEPS;
    for (const name of new Set(names)) {
      const owner = await this.#ownerOf({ user: name, host: host.name, requester: null });
      if (owner === undefined) continue;
      const secrets = await this.#secrets(owner.devices);
      if (secrets.size === 0) continue;
      const used = owner.devices.flatMap(({ usedSteps }) => usedSteps)
        .filter((step) => step >= oldest);
      accounts.push({ name, seeds: [...secrets.values()], used: [...new Set(used)] });
      given.push(name, ...secrets.keys());
    }
    const told = `${host.name} ${sha256(given.join("\n"))}`;
    if (this.#told.wait(told) === undefined) {
      await this.#recordSent(host, accounts);
      this.#told.take(told);
    }
    return accounts;
  }

  /** A code typed at a host for a login that is open here; a right one approves it. */
  async try(login: Login, code: string): Promise<HostCodeJudged> {
    const judged = await this.#judge({ ...login, code }, login.id);
    if (!judged.ok || judged.login === undefined) return judged;
    try {
      await this.records.decided([judged.login]);
    } catch (error) {
      // Approved without a trace is not approved: nobody has collected it yet.
      const deny = { type: "deny", notMe: false, by: "gatehouse", via: "code" } as const;
      await this.logins.change(login.id, deny).catch(() => undefined);
      throw error instanceof Unavailable ? error : new Unavailable(error);
    }
    return judged;
  }

  /** A code that a host has found right by itself. */
  async spend(typed: AskingFor & { source: string; code: string }): Promise<HostCodeJudged> {
    const judged = await this.#judge(typed, undefined);
    if (judged.ok) {
      const { person, device } = judged;
      const [host, user] = [printable(typed.host), printable(typed.user)];
      await this.deps.audit.append({
        event: "host.code_used",
        ...{ host, user, source: printable(typed.source) },
        ...{ person: person.id, name: printable(person.name), device: device.id },
      });
      this.deps.log("info", "code used", { host, user, device: device.id });
    }
    return judged;
  }

  async #judge(
    typed: AskingFor & { source: string; code: string },
    loginId: string | undefined,
  ): Promise<HostCodeJudged> {
    const owner = await this.#ownerOf(typed);
    if (owner === undefined) return { ok: false, why: "no_codes" };
    const { user, host, requester, source, code } = typed;
    const secrets = await this.#secrets(owner.devices);
    const asked = { user, host, requester, source, code, secrets };
    const now = this.deps.clock.now();
    const accept = acceptHostCode(asked, owner.person.id, loginId, this.#settings, now);
    return await this.deps.store.change(accept);
  }

  /** Whose own account it is, if codes of theirs let in to it. */
  async #ownerOf(account: AskingFor): Promise<Owner | undefined> {
    const { store } = this.deps;
    if (!takesPart(account, this.#settings)) return undefined;
    const [person] = await store.find("person", { name: foldName(account.user) });
    if (person === undefined) return undefined;
    const devices = hostAuthenticators(await store.find("device", { person: person.id }));
    if (devices.length === 0) return undefined;
    const found = await Promise.all(usersOf(account).map((user) => store.find("freeze", { user })));
    const takes = takesCodes(person, account, found.flat(), this.#settings);
    return takes ? { person, devices } : undefined;
  }

  /** One that cannot be opened takes only its own codes away; the log says so. */
  async #secrets(devices: readonly Authenticator[]): Promise<Map<string, string>> {
    const secrets = new Map<string, string>();
    for (const { id, seed } of devices) {
      try {
        secrets.set(id, await this.deps.sealer.open(seed, seedRow(id)));
      } catch {
        this.deps.log("error", "secret of a device cannot be opened", { device: id });
      }
    }
    return secrets;
  }

  async #recordSent(host: Host, accounts: readonly CentralAccount[]): Promise<void> {
    const names = accounts.map(({ name }) => name).join(" ");
    await this.deps.audit.append({
      event: "host.codes_sent",
      host: printable(host.name),
      accounts: printable(names, LONGEST_LIST),
      count: accounts.length,
    });
    this.deps.log("info", "host codes sent", { host: host.name, count: accounts.length });
  }
}
