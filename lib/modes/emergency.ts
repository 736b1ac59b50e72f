/** `gatehouse emergency set|remove|check`: the code of this host for when all else fails. */
import { DEFAULT_HOST_CONFIG, parseHostConfig } from "../config/host.ts";
import {
  EMERGENCY_CODE_BYTES,
  LONGEST_EMERGENCY_CODE,
  makeEmergencyCode,
  normalizeEmergencyCode,
} from "../core/emergency_code.ts";
import { describeWeakness, type Weakness, weaknesses } from "../core/emergency_weakness.ts";
import { Exit, Failure } from "../core/errors.ts";
import { jsonLine, printable } from "../core/text.ts";
import { currentAccount } from "../io/accounts.ts";
import { EmergencyCode } from "../io/emergency_file.ts";
import { isThere } from "../io/files.ts";
import type { Out } from "../io/out.ts";
import { systemRandom } from "../io/random.ts";
import { readTrusted } from "../io/secure_file.ts";
import { hostName, variable } from "../io/surroundings.ts";
import { syslog } from "../io/syslog.ts";
import { emergencyNames } from "../wiring/emergency.ts";
import { hidden } from "../wiring/hidden_answers.ts";

export interface EmergencyOptions {
  /** `--config FILE`, a host.toml */
  readonly config?: string;
  readonly json?: boolean;
  /** `--ask`: a code is typed. */
  readonly ask?: boolean;
}

interface Place {
  readonly path: string;
  readonly code: EmergencyCode;
  readonly host: string;
  /** What no code may consist of. */
  readonly names: readonly string[];
}

export async function emergencySet(options: EmergencyOptions, out: Out): Promise<void> {
  const place = open(options);
  const { path, code, host } = place;
  const made = options.ask
    ? undefined
    : makeEmergencyCode(systemRandom.bytes(EMERGENCY_CODE_BYTES));
  const chosen = made ?? await askTwice(place);
  const before = isThere(path);
  await code.set(chosen, systemRandom);
  record("set");
  if (options.json) {
    return out.result(jsonLine({ path, host, ...(made === undefined ? {} : { code: made }) }));
  }
  if (made !== undefined) {
    out.result(`emergency code of ${printable(host, 64)}, shown only this once:`);
    out.result(`\n  ${made}\n`);
    out.result("print it and lock it away: it lets in to every account, where PAM asks for a code");
  }
  out.line(`its hash is in ${printable(path)}${before ? "; the old code is worthless now" : ""}`);
}

export async function emergencyRemove(options: EmergencyOptions, out: Out): Promise<void> {
  const { path, code } = open(options);
  if (!await code.remove()) throw none(path);
  record("remove");
  if (options.json) return out.line(jsonLine({ path, removed: true }));
  out.line(`removed ${printable(path)}; this host has no emergency code now`);
}

/** @throws Failure: 78 where there is none that can be used, 77 where another one was typed */
export async function emergencyCheck(options: EmergencyOptions, out: Out): Promise<void> {
  const place = open(options);
  const { path } = place;
  try {
    await check(place, options.ask === true);
  } catch (error) {
    if (options.json && error instanceof Failure) {
      out.line(jsonLine({ path, ok: false, why: error.message }));
    }
    throw error;
  }
  if (options.json) return out.line(jsonLine({ path, ok: true }));
  const shown = printable(path);
  out.line(options.ask ? "this is the emergency code" : `${shown} is in order, and root's alone`);
}

async function check({ path, code, names }: Place, ask: boolean): Promise<void> {
  if (!code.exists()) throw none(path);
  if (!ask) return;
  const typed = await hidden((ask) => ask("Emergency code: "));
  const isRight = await code.matches(typed);
  const weak = weaknesses(normalizeEmergencyCode(typed) ?? "", names);
  if (isRight && weak.length === 0) return;
  if (isRight) throw tooWeak(weak, "it is never accepted; run: gatehouse emergency set");
  throw new Failure(
    Exit.denied,
    "this is not the emergency code",
    "a wrong one here is not counted",
  );
}

/** @throws Failure (77) where root does not run this, (78) when host.toml is wrong */
function open({ config: named }: EmergencyOptions): Place {
  if (Deno.uid() !== 0) {
    const hint = "it can be typed by everybody, where PAM asks for a code";
    throw new Failure(Exit.denied, "only root may see to the emergency code", hint);
  }
  const file = named ?? DEFAULT_HOST_CONFIG;
  const absent = named === undefined && !isThere(file);
  const config = parseHostConfig(absent ? "servers = []" : readTrusted(file, [0]), file);
  const path = config.codes.emergency;
  return {
    path,
    code: EmergencyCode.at(path),
    host: config.host ?? hostName(),
    names: [...emergencyNames(config), "root", variable("SUDO_USER") ?? ""],
  };
}

/** Typed twice, normalized. @throws Failure (77) when it is too weak, or nothing is typed */
async function askTwice({ names }: Place): Promise<string> {
  return await hidden(async (ask) => {
    const code = normalizeEmergencyCode(await ask("New emergency code (12 characters at least): "));
    if (code === undefined) {
      throw new Failure(
        Exit.denied,
        "this cannot be typed everywhere",
        `take letters, digits and signs of an English keyboard, ${LONGEST_EMERGENCY_CODE} at most`,
      );
    }
    const weak = weaknesses(code, names);
    if (weak.length > 0) throw tooWeak(weak, "without --ask a strong one is made");
    if (normalizeEmergencyCode(await ask("Once more: ")) === code) return code;
    throw new Failure(Exit.denied, "the second one was another", "run it again");
  });
}

function tooWeak(weak: readonly Weakness[], hint: string): Failure {
  const why = weak.map(describeWeakness).join(", ");
  return new Failure(Exit.denied, `this code is too weak: it ${why}`, hint);
}

function none(path: string): Failure {
  return new Failure(
    Exit.config,
    `this host has no emergency code: ${printable(path)} does not exist`,
    "make one: gatehouse emergency set",
  );
}

function record(what: "set" | "remove"): void {
  const by = printable(currentAccount()?.name ?? `uid ${Deno.uid()}`);
  syslog("notice", `emergency done=${what} by=${by}`);
}
