/** Wires the login flow for PAM. Loaded only for logins that need the factor. */
import { hasServers } from "../../config/host.ts";
import { type Admission, describeAttempt, failedOpen } from "../../core/attempt.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { systemClock } from "../../io/clock.ts";
import { contactsOf } from "../../io/contacts.ts";
import { systemRandom } from "../../io/random.ts";
import { syslog } from "../../io/syslog.ts";
import type { PinDoors } from "../../login/by_pin.ts";
import { passInVain } from "../../login/decoy.ts";
import type { Approvals } from "../../login/doors.ts";
import { passFactor } from "../../login/flow.ts";
import type { FlowRules } from "../../login/no_server.ts";
import { interrupted, timeUp } from "../../login/races.ts";
import { approvalsOf, pinsOf } from "../../wiring/approvals.ts";
import { loggedPins } from "../../wiring/code_log.ts";
import { accountCodes, codesLookedFor } from "./codes.ts";
import { firstPass } from "./first_pass.ts";
import type { PamLogin } from "./login.ts";
import { openTalk } from "./talk.ts";
import { type LoginTime, timeFor } from "./time.ts";
import { lastLanguage, wordsFor } from "./words.ts";

type Mode = "approve" | "pin" | "code";

const NOBODY_TO_ASK: Approvals = { ask: () => Promise.resolve({ kind: "none" }) };

/** @throws Failure when the login does not pass */
export async function requireFactor(login: PamLogin): Promise<Admission> {
  const { config, options, inVain } = login;
  const mode = modeOf(login);
  const time = timeFor(login);
  const rules: FlowRules = {
    timeoutMs: time.timeoutMs,
    offline: config.policy.offline,
    unenrolled: options.nullok ? "allow" : config.policy.unenrolled,
  };
  debug(login, `mode=${mode} wait=${time.timeoutMs / 1000}s streams=${time.streams}`);
  const doors = await openDoors(login, mode, time);
  const flow = (doors: PinDoors) => pass(login, mode, rules, doors, time);
  if (inVain === undefined) return await flow(doors);
  const refused = new Failure(Exit.denied, doors.lastWords.denied, undefined, inVain);
  const servers = mode === "approve" ? config.servers : [];
  return await passInVain(doors, { random: systemRandom, servers, refused }, flow);
}

async function pass(
  login: PamLogin,
  mode: Mode,
  rules: FlowRules,
  doors: PinDoors,
  time: LoginTime,
): Promise<Admission> {
  const { code, codes, forward } = await firstPass(login, doors.codes);
  const passMode = mode === "pin" ? (await import("../../login/by_pin.ts")).passByPin : passFactor;
  const admission = await passMode({ ...login.attempt, code }, rules, { ...doors, codes });
  await answered(login, time, doors);
  forward();
  if (failedOpen(admission)) {
    const { keepFailOpen } = await import("../../wiring/untold_alerts.ts");
    await keepFailOpen(login.config, login.attempt, admission);
  }
  return admission;
}

/**
 * A prompt cannot be taken back, and the module is told nothing while one stands. Who was approved
 * meanwhile gets in by answering it, whatever the answer, unless they are gone or it takes too long.
 */
async function answered(
  { front: { channel } }: PamLogin,
  { endsAt }: LoginTime,
  { lastWords }: PinDoors,
): Promise<void> {
  if (channel === undefined) return;
  const late = new Failure(
    Exit.denied,
    lastWords.timeLimitExceeded,
    lastWords.connectAgain,
    "let in, but the prompt was not answered in time",
  );
  const over = AbortSignal.timeout(Math.max(0, endsAt - systemClock.now()));
  if (!await Promise.race([channel.answered(), timeUp(over, late)])) throw interrupted(lastWords);
}

function modeOf({ config, options, front }: PamLogin): Mode {
  const joined = hasServers(config);
  const mode = options.mode === "auto" ? (joined ? "approve" : "code") : options.mode;
  if (mode !== "code" && !joined) {
    throw new Failure(
      Exit.config,
      `mode=${mode} needs an approval server`,
      "run gatehouse join URL, or take mode=code",
    );
  }
  if (mode === "pin" && front.channel === undefined) {
    throw new Failure(
      Exit.config,
      "mode=pin needs a prompt",
      "take pam_gatehouse.so, not pam_exec",
    );
  }
  return mode;
}

export async function openDoors(
  login: PamLogin,
  mode: Mode,
  { timeoutMs, endsAt, streams }: LoginTime,
): Promise<PinDoors> {
  const { config, account, attempt, inVain } = login;
  const words = wordsFor(login, streams);
  const pins = mode === "pin" ? await pinsOf(config, timeoutMs) : undefined;
  return {
    ...words,
    approvals: mode === "approve" ? await approvalsOf(config, timeoutMs) : NOBODY_TO_ASK,
    pins: pins && loggedPins(pins, attempt),
    contacts: () =>
      account === undefined || inVain !== undefined
        ? []
        : contactsOf(config, account, words.lastWords),
    codes: accountCodes(login),
    lookedFor: codesLookedFor(login),
    talk: openTalk(login, words, streams),
    clock: systemClock,
    enrollingMs: () => endsAt - systemClock.now(),
    enroll: async (signal, withinMs) => {
      const { enrollInPrompts } = await import("./enroll_in_prompts.ts");
      const lastWords = lastLanguage(login, streams);
      return await enrollInPrompts(login, { signal, withinMs }, lastWords);
    },
  };
}

function debug({ options, attempt }: PamLogin, what: string): void {
  if (options.debug) syslog("info", `debug ${describeAttempt(attempt)} ${what}`);
}
