/**
 * New devices: passkeys, authenticators, and the sheet of recovery codes. An authenticator's secret is
 * not kept before the person has shown that the app has it: until then it travels with the page, sealed,
 * for one person, one occasion and half an hour.
 */
import * as v from "valibot";
import { base32 } from "../lib/core/base32.ts";
import { normalizeCode } from "../lib/core/code.ts";
import {
  type Authenticator,
  type AuthenticatorUse,
  type Device,
  isUsable,
  type PasskeyDevice,
  seedRow,
} from "../lib/core/device.ts";
import { spendStep, whoseCode } from "../lib/core/device_code.ts";
import { base64url } from "../lib/core/encoding.ts";
import { DEFAULT_STEP } from "../lib/core/enrollment.ts";
import { stepsOff } from "../lib/core/otp.ts";
import type { Passkey } from "../lib/core/passkey.ts";
import { parseNewPasskey } from "../lib/core/passkey_answer.ts";
import { recoveryMade } from "../lib/core/people_events.ts";
import type { Person } from "../lib/core/person.ts";
import { RECORD_ID_BYTES, recordId } from "../lib/core/record_id.ts";
import {
  makeRecoveryCodes,
  newRecoveryCodes,
  RECOVERY_BYTES,
  RECOVERY_KEY_BYTES,
  recoveryRow,
  replaceRecoveryCodes,
} from "../lib/core/recovery_code.ts";
import type { Challenges } from "./challenges.ts";
import type { Deps } from "./deps.ts";
import { Fault } from "./faults.ts";
import { PeopleRecords } from "./people_records.ts";
import { noPasskeys } from "./sign_in.ts";

/** 160 bits: what RFC 4226 (section 4, R6) recommends, and no padding in base32. */
const SECRET_BYTES = 20;
const DRAFT_MS = 30 * 60_000;

/** On which occasion an authenticator is added; a sealed draft is good on no other. */
export interface Occasion {
  readonly person: Person;
  /** The id of the invitation, or of the session. */
  readonly id: string;
  readonly use: AuthenticatorUse;
}

/** An authenticator that is about to be one. */
export interface Draft {
  /** The device's id, so that one draft makes one device. */
  readonly device: string;
  /** Base32. */
  readonly secret: string;
  /** All of this, for the form's hidden field. */
  readonly sealed: string;
}

const Sealed = v.object({ device: v.string(), secret: v.string(), until: v.number() });

type NewPasskey =
  | { readonly ok: true; readonly device: PasskeyDevice }
  | { readonly ok: false; readonly why: "malformed" | "late" | "refused" };

type Confirmed =
  | { readonly ok: true; readonly device: Authenticator }
  /** "foreign": no code of this secret. */
  | { readonly ok: false; readonly why: "malformed" | "foreign" }
  /** Of another time: so many seconds ahead of our clock. */
  | { readonly ok: false; readonly why: "off"; readonly seconds: number };

export class Enrolling {
  readonly #records: PeopleRecords;

  constructor(private readonly deps: Deps, private readonly challenges: Challenges) {
    this.#records = new PeopleRecords(deps);
  }

  /** What the page hands to the browser, as JSON. @throws Fault 404 where there are none, 429 */
  async passkeyOptions(person: Person): Promise<Readonly<Record<string, unknown>>> {
    const { passkeys, store } = this.deps;
    if (passkeys === undefined) throw noPasskeys();
    const devices = await store.find("device", { person: person.id });
    const existing = devices.filter(isUsable).flatMap((device) =>
      device.kind === "passkey" ? [device.passkey] : []
    );
    const use = { purpose: "register", person: person.id } as const;
    const asker = { kind: "person", person: person.id } as const;
    const challenge = await this.challenges.make(use, asker);
    return await passkeys.creationOptions(person, existing, challenge);
  }

  /** The device of what the page's script put into the form; it is not kept yet. */
  async newPasskey(person: Person, name: string, text: string): Promise<NewPasskey> {
    const { passkeys } = this.deps;
    if (passkeys === undefined) throw noPasskeys();
    const answer = parseNewPasskey(text);
    if (answer === undefined) return { ok: false, why: "malformed" };
    const { challenge } = answer.client;
    const use = { purpose: "register", person: person.id } as const;
    const taken = await this.challenges.take(challenge, use);
    if (taken !== "yes") return { ok: false, why: "late" };
    const checked = await passkeys.checkNew(answer, challenge);
    if (!checked.ok) {
      // Who sent it holds an invitation or a session: nobody guesses here.
      this.deps.log("warning", "passkey not registered", { person: person.id, why: checked.fault });
      return { ok: false, why: "refused" };
    }
    return { ok: true, device: this.#passkeyDevice(person, name, checked.value) };
  }

  /** A new secret, which only the page has. */
  async draft(occasion: Occasion): Promise<Draft> {
    const { clock, random, sealer } = this.deps;
    const secret = base32(random.bytes(SECRET_BYTES));
    const device = recordId("d", random.bytes(RECORD_ID_BYTES));
    const text = JSON.stringify({ device, secret, until: clock.now() + DRAFT_MS });
    return { device, secret, sealed: await sealer.seal(text, draftRow(occasion)) };
  }

  /** Undefined: too old, or not made for this. @param sealed as the form sent it */
  async reopen(sealed: string, occasion: Occasion): Promise<Draft | undefined> {
    try {
      const text = await this.deps.sealer.open(sealed, draftRow(occasion));
      const { device, secret, until } = v.parse(Sealed, JSON.parse(text));
      return this.deps.clock.now() < until ? { device, secret, sealed } : undefined;
    } catch {
      // Whatever is wrong with it: a new one is made.
      return undefined;
    }
  }

  /** The device, once a code shows that the app has the secret; it is not kept yet. */
  async confirm(
    { device: id, secret }: Draft,
    { person, use }: Occasion,
    name: string,
    typed: string,
  ): Promise<Confirmed> {
    const now = this.deps.clock.now();
    const code = normalizeCode(typed);
    if (code?.length !== 6) return { ok: false, why: "malformed" };
    const seed = await this.deps.sealer.seal(secret, seedRow(id));
    const kind = { kind: "authenticator", use, seed, usedSteps: [] } as const;
    const device: Authenticator = { ...newDevice(id, person, name, now), ...kind };
    const used = whoseCode([device], use, { code, secrets: new Map([[id, secret]]) }, now);
    // Else the code that everybody could see just now would be good for signing in.
    if (used !== undefined) return { ok: true, device: spendStep(used.device, used.step, now) };
    const off = stepsOff(secret, code, DEFAULT_STEP, now);
    return off === undefined
      ? { ok: false, why: "foreign" }
      : { ok: false, why: "off", seconds: off * DEFAULT_STEP };
  }

  /**
   * A sheet of recovery codes in the place of the one there is. Nothing else ever knows the codes again.
   * @throws Fault 401 when the person is not active
   */
  async recoveryCodes(person: Person, source: string): Promise<string[]> {
    const { clock, random, sealer, store } = this.deps;
    const codes = makeRecoveryCodes(random.bytes(RECOVERY_BYTES));
    const key = random.bytes(RECOVERY_KEY_BYTES);
    const sealedKey = await sealer.seal(base64url(key), recoveryRow(person.id));
    const sheet = await newRecoveryCodes(person.id, key, sealedKey, codes, clock.now());
    if (!await store.change(replaceRecoveryCodes(sheet))) {
      throw new Fault(401, "this person may not sign in", { reason: "not_signed_in" });
    }
    await this.#records.write(recoveryMade(person, source));
    return codes;
  }

  #passkeyDevice(person: Person, name: string, passkey: Passkey): PasskeyDevice {
    const { clock, random } = this.deps;
    const id = recordId("d", random.bytes(RECORD_ID_BYTES));
    return { ...newDevice(id, person, name, clock.now()), kind: "passkey", passkey };
  }
}

function newDevice(id: string, person: Person, name: string, now: number) {
  const unused = { lastUsedAt: null, revokedAt: null } satisfies Partial<Device>;
  return { id, person: person.id, name, createdAt: now, ...unused };
}

function draftRow({ id, person, use }: Occasion): string {
  return `draft ${id} ${person.id} ${use}`;
}
