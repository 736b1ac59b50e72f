/**
 * Central codes at a login: a server has their authenticators too. It judges what this host cannot, and
 * what this host has found right it must not have seen before.
 */
import type { CodeAnswer } from "../core/code.ts";
import { isDecided } from "./decided.ts";
import type { Codes, Ending, OpenRequest } from "./doors.ts";
import { usable } from "./typed_codes.ts";

/** What a server says of a code. */
export type ServersWord =
  | { readonly kind: "right" }
  | { readonly kind: "refused"; readonly answer: Exclude<CodeAnswer, { ok: true }> }
  /** None answers, or none with anything usable. */
  | { readonly kind: "no_answer" };

/** Codes of which this host holds a copy of the server's, perhaps. */
export interface HeldCodes extends Codes {
  /** Whether what it judges by came from the server. */
  fromServer(): boolean;
}

/**
 * A code that is right here is spent here first and then at the server: so it is good once among all
 * hosts that reach one, and good nowhere once its authenticator is revoked. Without an answer this host
 * is on its own, which is what it holds a copy for.
 */
export function agreedCodes(
  codes: HeldCodes,
  spend: (code: string) => Promise<ServersWord>,
): Codes {
  return {
    enrolled: () => codes.enrolled(),
    inGrace: () => codes.inGrace(),
    check: async (typed) => {
      const answer = await codes.check(typed);
      if (!answer.ok || answer.kind !== "totp" || !codes.fromServer()) return answer;
      const { normalizeCode } = await import("../core/code.ts");
      const word = await spend(normalizeCode(typed) ?? "");
      return word.kind === "refused" ? word.answer : answer;
    },
    emergency: codes.emergency,
  };
}

/** The codes of one login that is open at a server. */
export class CodesAtServer implements Codes {
  #ended: Promise<Ending> | undefined;
  #isDecided = false;
  #wasRight = false;

  /** @param signal ends the wait for the server's decision */
  constructor(
    private readonly codes: Codes,
    private readonly request: OpenRequest,
    private readonly signal: AbortSignal,
  ) {}

  get emergency(): Codes["emergency"] {
    return this.codes.emergency;
  }

  /** The server needs no word of what becomes of the login. */
  get isDecided(): boolean {
    return this.#isDecided;
  }

  /** The server has approved the login because of a code that was typed here. */
  get wasRight(): boolean {
    return this.#wasRight;
  }

  /** The server's decision, asked for once: its verdict is handed out once. */
  ended(): Promise<Ending> {
    return this.#ended ??= this.#wait();
  }

  async #wait(): Promise<Ending> {
    const ending = await this.request.ended(this.signal);
    this.#isDecided = isDecided(ending);
    return ending;
  }

  enrolled(): boolean {
    return this.request.tryCode !== undefined || this.codes.enrolled();
  }

  inGrace(): Promise<boolean> {
    return this.codes.inGrace();
  }

  /** This host first. What is wrong here may be of an authenticator that it has not heard of yet. */
  async check(typed: string): Promise<CodeAnswer> {
    const { tryCode } = this.request;
    if (tryCode === undefined) return await this.codes.check(typed);
    const here = usable(this.codes) === true ? await this.codes.check(typed) : undefined;
    if (here !== undefined && (here.ok || here.why !== "wrong")) return here;
    const { normalizeCode } = await import("../core/code.ts");
    const code = normalizeCode(typed);
    if (code?.length !== 6) return here ?? { ok: false, why: "malformed" };
    const word = await tryCode(code);
    if (word.kind === "refused") return word.answer;
    if (word.kind === "no_answer") return { ok: false, why: "unchecked" };
    this.#wasRight = true;
    // Only the verdict lets in.
    const { state } = await this.ended();
    return state === "approved" ? { ok: true, kind: "totp" } : { ok: false, why: "unchecked" };
  }
}
