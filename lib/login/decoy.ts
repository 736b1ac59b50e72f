/**
 * A login that cannot pass, because the password in front of it was wrong or nobody has that name,
 * and that shall look like any other: who guesses passwords must not see by what follows which of
 * them is right. Nothing is asked of a server, no PIN is sent, no code is judged.
 *
 * What can still be told apart, and why that is accepted:
 * - By who reaches the server: it does not know the link. Were it asked for one, everybody who knows
 *   a name could make that person's phone ring, and fill up what may wait for an account.
 * - By who knows how logins look here: the link begins with the first server's address, which may not
 *   be its public one; there always is a number; a PIN has the time and the tries of a server that
 *   is not told otherwise. This host knows no better.
 * - By who knows the account: nobody has asked whether it is frozen, takes two persons, can be sent
 *   to, or has too many logins waiting, nor whether a server answers at all. Wrong codes are not
 *   counted, so there is no waiting after them.
 * - By the clock, in many logins: the pauses are about as long as the work that they stand for. Each
 *   wrong password costs what pam_unix and sshd make of it, which is seconds.
 * All of that says that a password is right, and none of it lets in.
 */
import type { Admission } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import { base64url } from "../core/encoding.ts";
import { Failure } from "../core/errors.ts";
import { NUMBER_MATCH_BYTES, numberMatch } from "../core/number_match.ts";
import { MAX_RESENDS, RESEND_AFTER_MS } from "../core/pin.ts";
import type { Random } from "../ports.ts";
import type { Approvals, Codes, Doors, Ending, OpenRequest } from "./doors.ts";
import type { PinOffer, PinRequest, Pins } from "./pin_request.ts";

export interface DecoyOptions {
  readonly random: Random;
  /** Those that the login would ask; none where codes are its factor. */
  readonly servers: readonly string[];
  /** Why it cannot pass, for the log. */
  readonly refused: Failure;
  /** Waits so many milliseconds; a timer's by default. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** The server's own (server.toml: pin.ttl, pin.tries; routes/api.ts). */
const PIN_TTL_S = 60;
const PIN_TRIES = 3;
const TICKET_BYTES = 12;

/** How long things take, in milliseconds: at least and at most. */
const PAUSES = {
  server: [10, 50],
  /** The server waits for the channel. */
  delivery: [150, 400],
  /** Files are locked and written. */
  code: [5, 15],
  /** scrypt. Not computed: nobody without a password is to keep the machine busy with it. */
  emergency: [120, 240],
} as const;

// What a decoy may say; the compiler sees that none of it lets in.
type Denial = Exclude<Ending, { state: "approved" }>;
type RefusedCode = Exclude<CodeAnswer, { ok: true }>;
type RefusedPin = { kind: "wrong"; triesLeft: number } | { kind: "ended"; ending: Denial };

/** The codes of a name that nobody has. Most accounts can type one. */
export const NOBODYS_CODES: Codes = {
  enrolled: () => true,
  inGrace: () => Promise.resolve(false),
  check: () => Promise.resolve({ ok: false, why: "wrong" }),
};

/**
 * Runs a login of which nobody passes; the person reads what it says.
 * @throws Failure always, which tells the log why
 */
export async function passInVain<D extends Doors>(
  doors: D,
  options: DecoyOptions,
  flow: (decoys: D) => Promise<Admission>,
): Promise<never> {
  const { exit, reason } = options.refused;
  try {
    await flow(decoyDoors(doors, options));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.exit, error.message, error.hint, reason);
  }
  // For instance policy.unenrolled = "allow", which is not meant for those without the password.
  throw new Failure(exit, doors.lastWords.denied, undefined, reason);
}

/** The same texts and prompts, and nobody behind them. Whether there are codes is as it is. */
export function decoyDoors<D extends Doors>(doors: D, options: DecoyOptions): D {
  const { random, servers, refused } = options;
  const pause = pauses(options);
  const decoys = {
    approvals: decoyApprovals(servers, random, pause),
    codes: decoyCodes(doors.codes, pause),
    // Reached only where the password alone would do to set up an authenticator.
    enroll: () => Promise.reject(refused),
  };
  const pins = "pins" in doors && doors.pins !== undefined ? { pins: decoyPins(pause) } : {};
  return { ...doors, ...decoys, ...pins };
}

function decoyApprovals([server]: readonly string[], random: Random, pause: Pause): Approvals {
  if (server === undefined) return { ask: () => Promise.resolve({ kind: "none" }) };
  const ended = (signal: AbortSignal): Promise<Denial> =>
    new Promise((resolve) => {
      const end = () => resolve({ state: "expired", reason: undefined });
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
    });
  return {
    ask: async () => {
      await pause("server");
      const request: OpenRequest = {
        url: `${server}/l/${base64url(random.bytes(TICKET_BYTES))}`,
        match: numberMatch(random.bytes(NUMBER_MATCH_BYTES)).match,
        twoPersons: false,
        ended,
        cancel: () => Promise.resolve(),
      };
      return { kind: "open", request };
    },
  };
}

function decoyPins(pause: Pause): Pins {
  let triesLeft = PIN_TRIES;
  let sent = 0;
  const send = async (): Promise<PinOffer> => {
    await pause("delivery");
    const resendAfterS = ++sent > MAX_RESENDS ? null : RESEND_AFTER_MS / 1000;
    return { delivery: "sent", validForS: PIN_TTL_S, resendAfterS, triesLeft };
  };
  const tryPin = async (): Promise<RefusedPin> => {
    await pause("server");
    if (--triesLeft > 0) return { kind: "wrong", triesLeft };
    return { kind: "ended", ending: { state: "denied", reason: "too_many_codes" } };
  };
  return {
    ask: async () => {
      const request: PinRequest = {
        offer: await send(),
        try: tryPin,
        resend: async () => ({ kind: "sent", offer: await send() }),
        cancel: () => Promise.resolve(),
      };
      return { kind: "open", request };
    },
  };
}

function decoyCodes(codes: Codes, pause: Pause): Codes {
  const check = async (line: string): Promise<RefusedCode> => {
    const { normalizeCode } = await import("../core/code.ts");
    if (normalizeCode(line) === undefined) return { ok: false, why: "malformed" };
    await pause("code");
    return { ok: false, why: "wrong" };
  };
  const emergency = async (line: string): Promise<RefusedCode> => {
    const [{ normalizeEmergencyCode }, { weaknesses }] = await Promise.all([
      import("../core/emergency_code.ts"),
      import("../core/emergency_weakness.ts"),
    ]);
    const code = normalizeEmergencyCode(line);
    if (code === undefined || weaknesses(code, []).length > 0) {
      return { ok: false, why: "malformed" };
    }
    await pause("emergency");
    return { ok: false, why: "wrong" };
  };
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => Promise.resolve(false),
    check,
    emergency: codes.emergency === undefined ? undefined : { check: emergency },
  };
}

type Pause = (what: keyof typeof PAUSES) => Promise<void>;

function pauses({ random, wait = byTimer }: DecoyOptions): Pause {
  return async (what) => {
    const [least, most] = PAUSES[what];
    const [high = 0, low = 0] = random.bytes(2);
    await wait(least + (high * 256 + low) / 65_536 * (most - least));
  };
}

function byTimer(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
