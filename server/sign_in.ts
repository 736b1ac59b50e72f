/** People prove who they are: by a passkey, a code of an authenticator, or a recovery code. */
import { normalizeCode } from "../lib/core/code.ts";
import { acceptPasskey, isUsable } from "../lib/core/device.ts";
import { acceptCode } from "../lib/core/device_code.ts";
import type { Passkey } from "../lib/core/passkey.ts";
import { parsePasskeyAnswer } from "../lib/core/passkey_answer.ts";
import type { ChallengeUse } from "../lib/core/passkey_challenge.ts";
import { personSignedIn, recoveryUsed, signInRefused } from "../lib/core/people_events.ts";
import { foldName, type Person } from "../lib/core/person.ts";
import {
  acceptRecoveryCode,
  normalizeRecoveryCode,
  recoveryHash,
} from "../lib/core/recovery_code.ts";
import type { Asker, Challenges } from "./challenges.ts";
import type { Deps } from "./deps.ts";
import { Fault } from "./faults.ts";
import type { Ctx, Parts } from "./http.ts";
import { PeopleRecords } from "./people_records.ts";
import { ProvingSecrets } from "./proving_secrets.ts";
import type { Proof } from "./session.ts";

/** What was typed. */
interface Typed {
  readonly name: string;
  readonly code: string;
}

export interface Proven {
  readonly ok: true;
  readonly person: Person;
  readonly proof: Proof;
}

export type Refusal =
  /** Nothing that could be right; it does not count as a try. */
  | "malformed"
  /** Name or code; which of them, nobody is told. */
  | "wrong"
  /** The passkey answered too late, or for something else. */
  | "late"
  /** Nobody's passkey here, or of somebody who may not sign in. */
  | "unknown"
  /** The passkey's answer is not to be believed. */
  | "refused";

export type Proving =
  | Proven
  | { readonly ok: false; readonly why: Refusal }
  | { readonly ok: false; readonly why: "limited"; readonly retryAt: number };

interface Tried {
  readonly via: string;
  readonly why: string;
  readonly source: string;
}

/** The id of nobody: what belongs to it is looked for where there is no such person. */
const NOBODY = "nobody";

/** What all of these throw: Fault 429 when one source fails too often. */
export class SignIn {
  readonly #records: PeopleRecords;
  readonly #secrets: ProvingSecrets;

  constructor(
    private readonly deps: Deps,
    private readonly parts: Pick<Parts, "alerts" | "failures" | "sessions">,
    private readonly challenges: Challenges,
  ) {
    this.#records = new PeopleRecords(deps);
    this.#secrets = new ProvingSecrets(deps);
  }

  /**
   * What the page hands to the browser, as JSON, to have a passkey sign for exactly this.
   * @param allowed none: the person chooses among those that the device has
   * @throws Fault 404 where there are no passkeys, 429
   */
  async options(
    use: ChallengeUse,
    allowed: readonly Passkey[],
    asker: Asker,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { passkeys } = this.deps;
    if (passkeys === undefined) throw noPasskeys();
    return await passkeys.requestOptions(allowed, await this.challenges.make(use, asker));
  }

  /**
   * @param text what the page's script put into the form
   * @param use what the answer counts for; where it names a person, it must be that one's passkey
   */
  async byPasskey(text: string, use: ChallengeUse, source: string): Promise<Proving> {
    const { clock, passkeys, store } = this.deps;
    if (passkeys === undefined) throw noPasskeys();
    const answer = parsePasskeyAnswer(text);
    if (answer === undefined) return { ok: false, why: "malformed" };
    const { challenge } = answer.client;
    const taken = await this.challenges.take(challenge, use);
    if (taken === "late") return { ok: false, why: "late" };
    const [device] = await store.find("device", { credential: answer.id });
    const by = { via: "passkey", source };
    if (device?.kind !== "passkey" || !isUsable(device)) {
      return await this.#refuse("unknown", undefined, { ...by, why: "unknown" });
    }
    const [owner] = await store.find("person", { id: device.person });
    if (taken === "other") {
      return await this.#refuse("late", owner, { ...by, why: "wrong_challenge" });
    }
    const expected = "person" in use ? use.person : device.person;
    if (device.person !== expected) {
      return await this.#refuse("refused", owner, { ...by, why: "wrong_person" });
    }
    const checked = await passkeys.check(answer, challenge, device.passkey, device.person);
    const accepted = checked.ok
      ? await store.change(acceptPasskey(answer.id, device.person, checked.value, clock.now()))
      : { ok: false, why: checked.fault } as const;
    if (accepted.ok) return proven(accepted.person, accepted.device.id, "passkey");
    const { why } = accepted;
    const refusal = why === "unknown" || why === "not_active" ? "unknown" : "refused";
    const refused = await this.#refuse(refusal, owner, { ...by, why });
    if (why === "cloned" && owner !== undefined) {
      this.parts.alerts.passkeyCloned(owner, device, source);
    }
    return refused;
  }

  /** By an authenticator's code. */
  async byCode({ name, code }: Typed, source: string): Promise<Proving> {
    const digits = normalizeCode(code);
    if (digits?.length !== 6 || name === "") return { ok: false, why: "malformed" };
    return await this.#counted(source, () => this.#tryCode({ name, code: digits }, source));
  }

  async #tryCode({ name, code }: Typed, source: string): Promise<Proving> {
    const { clock, store } = this.deps;
    const [owner] = await store.find("person", { name: foldName(name) });
    const ownerId = owner?.id ?? NOBODY;
    const devices = await store.find("device", { person: ownerId });
    const secrets = await this.#secrets.seeds(devices);
    const typed = { name, code, source, secrets };
    const accepted = await store.change(acceptCode(typed, ownerId, clock.now()));
    if (accepted.ok) return proven(accepted.person, accepted.device.id, "code");
    if (accepted.why === "limited") return accepted;
    return await this.#record("wrong", owner, { via: "code", why: "wrong", source });
  }

  /** Who signs in so is told, for it may be somebody else. */
  async byRecoveryCode({ name, code }: Typed, source: string): Promise<Proving> {
    const text = normalizeRecoveryCode(code);
    if (text === undefined || name === "") return { ok: false, why: "malformed" };
    return await this.#counted(source, () => this.#tryRecovery({ name, code: text }, source));
  }

  async #tryRecovery({ name, code }: Typed, source: string): Promise<Proving> {
    const { clock, store } = this.deps;
    const [owner] = await store.find("person", { name: foldName(name) });
    const ownerId = owner?.id ?? NOBODY;
    const [sheet] = await store.find("recovery", { id: ownerId });
    const hash = await recoveryHash(await this.#secrets.recoveryKey(sheet), ownerId, code);
    const accept = acceptRecoveryCode({ name, hash, source }, ownerId, clock.now());
    const accepted = await store.change(accept);
    if (!accepted.ok) {
      if (accepted.why === "limited") return accepted;
      return await this.#record("wrong", owner, { via: "recovery_code", why: "wrong", source });
    }
    const { person, left } = accepted;
    await this.#records.write(recoveryUsed(person, left, source));
    this.parts.alerts.recoveryUsed(person, left, source);
    return proven(person, null, "recovery_code");
  }

  /**
   * Begins a session in the place of the browser's own. Answers the Set-Cookie header's value.
   * @throws Fault 401 when the person or the device is not to be used any more
   */
  async begin(c: Ctx, { person, proof }: Proven): Promise<string> {
    const begun = await this.parts.sessions.begin(c, proof);
    if (begun === undefined) {
      throw new Fault(401, "that person or device is not to be used any more", {
        reason: "not_signed_in",
      });
    }
    await this.#records.write(personSignedIn(person, begun.session, c.get("source")));
    return begun.cookie;
  }

  /**
   * A code is short, and each wrong one is kept under its name: so whoever fails too often is not even
   * looked at. What was not wrong does not count.
   */
  async #counted(source: string, attempt: () => Promise<Proving>): Promise<Proving> {
    const ahead = this.parts.failures.ahead(source);
    let wrong = false;
    try {
      const tried = await attempt();
      wrong = !tried.ok && tried.why === "wrong";
      return tried;
    } finally {
      if (wrong) ahead.failed(notSignedIn());
      else ahead.giveBack();
    }
  }

  async #refuse(why: Refusal, owner: Person | undefined, how: Tried): Promise<Proving> {
    const fault = this.parts.failures.of(how.source, notSignedIn());
    // Whoever gets here does not fill the audit log either.
    if (fault.status === 429) throw fault;
    return await this.#record(why, owner, how);
  }

  /** @param owner whose name or passkey it was, if anybody's */
  async #record(why: Refusal, owner: Person | undefined, how: Tried): Promise<Proving> {
    await this.#records.write(signInRefused(owner, how));
    return { ok: false, why };
  }
}

function proven(person: Person, device: string | null, via: Proof["via"]): Proven {
  return { ok: true, person, proof: { person: person.id, device, via } };
}

function notSignedIn(): Fault {
  return new Fault(401, "nobody was signed in");
}

/** Our pages do not offer them there. */
export function noPasskeys(): Fault {
  return new Fault(404, "there are no passkeys at this address");
}
