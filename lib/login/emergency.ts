/** The emergency code at a login: judged seldom, in a fixed order, and never used in silence. */
import type { Attempt } from "../core/attempt.ts";
import type { CodeAnswer } from "../core/code.ts";
import type { CodeMemory } from "../core/code_memory.ts";
import { normalizeEmergencyCode } from "../core/emergency_code.ts";
import type { Clock } from "../ports.ts";
import type { Emergency } from "./doors.ts";

export interface EmergencyDoors {
  /** Costs time and memory. @throws Failure when the host's file cannot be used */
  matches(code: string): Promise<boolean>;
  /** The whole host's memory of tries; nobody else has it until it is disposed. @throws Failure */
  openTries(): Promise<Tries>;
  /** What no code may consist of: names of the host and the account. */
  readonly names: readonly string[];
  readonly clock: Clock;
  /** Tells administrators that the code was used, as far as that can be done soon; never rejects. */
  tell(): Promise<void>;
}

export interface Tries extends Disposable {
  readonly value: CodeMemory;
  /** Resolves when it is durable. @throws Failure */
  write(value: CodeMemory): Promise<void>;
}

/** A code that is too weak is none, though its hash may be in the host's file. */
export function emergencyCode(attempt: Attempt, doors: EmergencyDoors): Emergency {
  return {
    async check(line) {
      const code = normalizeEmergencyCode(line);
      if (code === undefined) return { ok: false, why: "malformed" };
      const { weaknesses } = await import("../core/emergency_weakness.ts");
      const weak = weaknesses(code, doors.names);
      if (weak.length > 0) return { ok: false, why: "malformed", weak };
      const answer = await judge(code, attempt, doors);
      if (answer.ok) await doors.tell();
      return answer;
    },
  };
}

async function judge(code: string, attempt: Attempt, doors: EmergencyDoors): Promise<CodeAnswer> {
  const { afterEmergency, tryEmergency } = await import("../core/emergency_tries.ts");
  {
    using tries = await doors.openTries();
    const one = tryEmergency(tries.value, attempt, doors.clock.now());
    if (!one.allowed) return { ok: false, why: "limited", retryAt: one.retryAt };
    await tries.write(one.begun);
  }
  // Without the lock: somebody whose helper computes slowly would keep everybody else out.
  if (!await doors.matches(code)) return { ok: false, why: "wrong" };
  using tries = await doors.openTries();
  await tries.write(afterEmergency(tries.value, attempt));
  return { ok: true, kind: "emergency" };
}
