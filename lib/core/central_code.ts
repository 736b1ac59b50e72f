/** Codes of authenticators for hosts, judged at the server: whose they are, and that each is used once. */
import { type Account, matchesGlob, matchesPattern, splitAccount } from "./account_pattern.ts";
import { hostTriesIds, tryAtHost } from "./central_tries.ts";
import { type Authenticator, type Device, isUsable } from "./device.ts";
import { isSpentStep, spendStep } from "./device_code.ts";
import { DEFAULT_STEP } from "./enrollment.ts";
import { type Freeze, freezeOf, usersOf } from "./freeze.ts";
import { isOpen, type Login, step } from "./login.ts";
import { matchingCounter, timeStep } from "./otp.ts";
import {
  type ApprovalSettings,
  byPerson,
  isOwnUser,
  ownUsers,
  type Person,
  takesTwo,
} from "./person.ts";
import type { Change } from "./store_change.ts";

/** As on our pages, see device_code.ts. */
const WINDOW = 3;

export interface CentralSettings extends Pick<ApprovalSettings, "twoPersons"> {
  /** Patterns of the accounts that have codes. */
  readonly accounts: readonly string[];
}

/** Who asks for which account. */
export type AskingFor = Account & Pick<Login, "requester">;

/** Whether the account is one that has codes; the first that is asked, for most have none. */
export function takesPart(account: Account, { accounts }: CentralSettings): boolean {
  return accounts.some((pattern) => matchesPattern(pattern, account));
}

/** Whether codes of any account are given to that host. @param accounts as in CentralSettings */
export function givesCodesTo(host: string, accounts: CentralSettings["accounts"]): boolean {
  return accounts.some((pattern) => matchesGlob(splitAccount(pattern).host, host));
}

/** Whether the person's own account has codes anywhere. @param accounts as in CentralSettings */
export function hasCodesSomewhere(
  person: Pick<Person, "name">,
  accounts: CentralSettings["accounts"],
): boolean {
  const users = ownUsers(person);
  return accounts.some((pattern) =>
    users.some((user) => matchesGlob(splitAccount(pattern).user, user))
  );
}

/**
 * Whether codes of this person may let in to the account: it is the person's own, nothing keeps it out,
 * and it does not take two others.
 */
export function takesCodes(
  person: Person,
  account: AskingFor,
  freezes: readonly Freeze[],
  settings: CentralSettings,
): boolean {
  return person.state === "active" && isOwnUser(person, account.user) &&
    takesPart(account, settings) &&
    freezeOf(freezes, account) === undefined && !takesTwo(account, settings);
}

/** The authenticators that count at hosts. */
export function hostAuthenticators(devices: readonly Device[]): Authenticator[] {
  return devices.filter((device) => device.kind === "authenticator")
    .filter((device) => device.use === "hosts" && isUsable(device));
}

export interface HostCodeTyped extends AskingFor {
  /** Six digits. */
  readonly code: string;
  /** The address of who types it, as the host says. */
  readonly source: string;
  /** The secrets in base32, opened, by the device's id. */
  readonly secrets: ReadonlyMap<string, string>;
}

export type HostCodeJudged =
  /** `login`: as it is now; undefined where none was to be approved. */
  | { readonly ok: true; readonly person: Person; readonly device: Authenticator; login?: Login }
  /** "ended": the login is not open any more, and no code was judged. */
  | { readonly ok: false; readonly why: "wrong" | "spent" | "no_codes" | "ended" }
  | { readonly ok: false; readonly why: "limited"; readonly retryAt: number };

/**
 * Judges the code, counts the try, spends the code and approves the login, in one step. A code that was
 * used is told from a wrong one: who can show one has had it.
 * @param ownerId of the person whose own account it was found to be
 * @param loginId the login that it approves; undefined: the host itself lets in
 */
export function acceptHostCode(
  typed: HostCodeTyped,
  ownerId: string,
  loginId: string | undefined,
  settings: CentralSettings,
  now: number,
): Change<HostCodeJudged> {
  return {
    wants: {
      tries: hostTriesIds(typed).map((id) => ({ id })),
      person: [{ id: ownerId }],
      device: [{ person: ownerId }],
      freeze: usersOf(typed).map((user) => ({ user })),
      ...(loginId === undefined ? {} : { login: [{ id: loginId }] }),
    },
    make: ({ tries, person: [person], device: devices, freeze, login: [login] }) => {
      if (loginId !== undefined && (login === undefined || !isOpen(login, now))) {
        return { answer: { ok: false, why: "ended" } };
      }
      const mine = hostAuthenticators(devices);
      // Who asks for a grant lets in more than this one login: that is for the page.
      const isAhead = login !== undefined && login.preauth !== null;
      const takes = person !== undefined && takesCodes(person, typed, freeze, settings);
      if (!takes || isAhead || mine.length === 0) {
        return { answer: { ok: false, why: "no_codes" } };
      }
      const tried = tryAtHost(tries, typed, now);
      if (!tried.allowed) {
        return { answer: { ok: false, why: "limited", retryAt: tried.retryAt } };
      }
      const used = whoseStep(mine, typed, now);
      if (typeof used === "string") {
        return { answer: { ok: false, why: used }, put: { tries: tried.wrong } };
      }
      const device = spendStep(used.device, used.step, now);
      const by = { by: byPerson(person), via: "code" };
      const approved = login === undefined
        ? undefined
        : step(login, { type: "approve", match: login.match, ...by }, now).login;
      return {
        answer: {
          ok: true,
          person,
          device,
          ...(approved === undefined ? {} : { login: approved }),
        },
        put: {
          tries: tried.right,
          device: [device],
          login: approved === undefined ? [] : [approved],
        },
      };
    },
  };
}

/**
 * A step is used up whichever of the authenticators showed its code, for that is how hosts count. Looks
 * at all of them whatever it finds.
 */
function whoseStep(
  devices: readonly Authenticator[],
  { code, secrets }: Pick<HostCodeTyped, "code" | "secrets">,
  now: number,
): { device: Authenticator; step: number } | "wrong" | "spent" {
  const first = timeStep(DEFAULT_STEP, now) - 1;
  const found = devices.flatMap((device) => {
    const secret = secrets.get(device.id);
    const step = secret === undefined ? undefined : matchingCounter(secret, code, first, WINDOW);
    return step === undefined ? [] : [{ device, step }];
  });
  const [used, second] = found;
  // Shown by two at once it is nobody's.
  if (used === undefined || second !== undefined) return "wrong";
  return devices.some(({ usedSteps }) => isSpentStep(usedSteps, used.step)) ? "spent" : used;
}
