/** Codes of authenticators (RFC 6238: 30 seconds, six digits, SHA-1), and whose they are. */
import { type Authenticator, type AuthenticatorUse, type Device, isUsable } from "./device.ts";
import { triesId, tryCode } from "./device_tries.ts";
import { DEFAULT_STEP } from "./enrollment.ts";
import { matchingCounter, timeStep } from "./otp.ts";
import { answersTo, type Person } from "./person.ts";
import type { Change } from "./store_change.ts";

/** The step that is on, the one before it and the one after it: what RFC 6238, 5.2 suggests. */
const WINDOW = 3;
/** Of 30 s each, about an hour. Nobody can say of an older one whether its code was used. */
const REMEMBERED_STEPS = 128;
/** Computed with where there is nobody to compute for, so that it takes as long. */
const NOBODYS_SECRET = "A".repeat(32);

/** One try to prove who one is by name and code. */
export interface CodeTyped {
  /** As it was typed. */
  readonly name: string;
  /** Six digits, see normalizeCode. */
  readonly code: string;
  /** The address it comes from. */
  readonly source: string;
  /** The secrets in base32, opened, of the person's authenticators by the device's id. */
  readonly secrets: ReadonlyMap<string, string>;
}

type CodeAccepted =
  | { readonly ok: true; readonly person: Person; readonly device: Authenticator }
  /** "wrong" stands for no such person, a frozen one, a spent code, and a wrong one: all look alike. */
  | { readonly ok: false; readonly why: "wrong" }
  | { readonly ok: false; readonly why: "limited"; readonly retryAt: number };

/**
 * For our pages. Judges the code, counts the try, and spends the code, in one step: of twenty that come
 * at once with one code, one is right.
 * @param ownerId of the person whose name it was found to be; where it is nobody's, nobody's id
 */
export function acceptCode(
  typed: CodeTyped,
  ownerId: string,
  now: number,
): Change<CodeAccepted> {
  return {
    wants: {
      tries: [{ id: triesId(typed.name) }],
      person: [{ id: ownerId }],
      device: [{ person: ownerId }],
    },
    make: ({ tries: [before], person: [person], device: devices }) => {
      const tried = tryCode(before, typed.name, typed.source, now);
      if (!tried.allowed) {
        return { answer: { ok: false, why: "limited", retryAt: tried.retryAt } };
      }
      const used = whoseCode(devices, "sign_in", typed, now);
      if (used === undefined || person === undefined || !answersTo(person, typed.name)) {
        return { answer: { ok: false, why: "wrong" }, put: { tries: [tried.wrong] } };
      }
      const device = spendStep(used.device, used.step, now);
      return {
        answer: { ok: true, person, device },
        put: { tries: [tried.right], device: [device] },
      };
    },
  };
}

interface UsedStep {
  readonly device: Authenticator;
  readonly step: number;
}

/**
 * The authenticator for this use that shows this code, and has not shown it before. A code that two of
 * them show at the same time is nobody's. Looks at all of them whatever it finds.
 */
export function whoseCode(
  devices: readonly Device[],
  use: AuthenticatorUse,
  { code, secrets }: Pick<CodeTyped, "code" | "secrets">,
  now: number,
): UsedStep | undefined {
  const first = timeStep(DEFAULT_STEP, now) - 1;
  const found: UsedStep[] = [];
  let looked = 0;
  for (const device of devices) {
    const secret = secrets.get(device.id);
    if (device.kind !== "authenticator" || device.use !== use) continue;
    if (!isUsable(device) || secret === undefined) continue;
    looked++;
    const step = matchingCounter(secret, code, first, WINDOW);
    if (step !== undefined) found.push({ device, step });
  }
  if (looked === 0) matchingCounter(NOBODYS_SECRET, code, first, WINDOW);
  const [used, second] = found;
  if (used === undefined || second !== undefined) return undefined;
  return isSpentStep(used.device.usedSteps, used.step) ? undefined : used;
}

/** Also where it is so old that nobody can say: a clock that is set back must not revive a code. */
export function isSpentStep(usedSteps: readonly number[], step: number): boolean {
  return usedSteps.includes(step) || step <= Math.max(0, ...usedSteps) - REMEMBERED_STEPS;
}

export function spendStep(device: Authenticator, step: number, now: number): Authenticator {
  const newest = Math.max(step, ...device.usedSteps);
  const usedSteps = [...new Set([...device.usedSteps, step])]
    .filter((each) => each > newest - REMEMBERED_STEPS).sort((a, b) => a - b);
  return { ...device, usedSteps, lastUsedAt: now };
}
