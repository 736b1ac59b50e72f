/**
 * A request for a grant, made in a session: logins that come like it then go through without a
 * question. No code does instead, for only the server remembers.
 */
import type { Attempt } from "../core/attempt.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import type { PreauthMessages } from "../core/messages/preauth.ts";
import { frozen, isDecided, passedBy } from "./decided.ts";
import type { Asked, Conversation, OpenRequest } from "./doors.ts";
import { interrupted, timeUp } from "./races.ts";
import { floodedWords } from "./refused.ts";

/** As in core/api.ts. */
export interface Preauth {
  /** Seconds. */
  readonly for: number;
  readonly commands: "any" | "transfer";
}

export type AskedAhead =
  | Asked
  /** The server's settings do not allow it. `detail`: in its own words. */
  | { kind: "not_allowed"; detail: string };

interface AheadDoors {
  ask(attempt: Attempt, preauth: Preauth): Promise<AskedAhead>;
  readonly talk: Conversation;
  readonly messages: HostMessages;
  readonly words: PreauthMessages;
}

export interface Granted {
  readonly forS: number;
  readonly by: string;
}

/** @throws Failure (75, 77, 78) when there is no grant */
export async function askAhead(
  attempt: Attempt,
  preauth: Preauth,
  timeoutMs: number,
  doors: AheadDoors,
): Promise<Granted> {
  try {
    return await ask(attempt, preauth, timeoutMs, doors);
  } finally {
    doors.talk.close();
  }
}

async function ask(
  attempt: Attempt,
  preauth: Preauth,
  timeoutMs: number,
  doors: AheadDoors,
): Promise<Granted> {
  const { messages, words } = doors;
  const asked = await doors.ask(attempt, preauth);
  switch (asked.kind) {
    case "open":
      return await wait(asked.request, timeoutMs, doors);
    case "refused": {
      const { why, detail, retryAfterS } = asked;
      if (why === "frozen") throw frozen(detail, messages);
      const { message, hint } = floodedWords({ why, retryAfterS }, messages);
      throw new Failure(Exit.denied, message, hint, detail);
    }
    case "not_allowed":
      throw new Failure(
        Exit.denied,
        words.notAllowed(asked.detail),
        words.tryShorter,
        asked.detail,
      );
    case "unusable":
    case "unreachable":
      throw new Failure(Exit.unreachable, asked.detail, asked.hint);
    case "none":
      throw new Failure(Exit.config, words.noServer, words.noServerHint, "no approval server");
    case "approved":
      // What is there already is not made longer.
      throw new Failure(Exit.denied, words.notGranted, words.notGrantedHint, "no grant was given");
  }
}

async function wait(
  request: OpenRequest,
  timeoutMs: number,
  { talk, messages, words }: AheadDoors,
): Promise<Granted> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(timeoutMs)]);
  const { nobodyApproved } = messages;
  const late = new Failure(Exit.denied, nobodyApproved, words.askAgain, "nobody approved in time");
  let decided = false;
  try {
    talk.offer(request, timeoutMs, false);
    const ending = await Promise.race([
      timeUp(signal, late),
      request.ended(signal),
      talk.hungUp.then(() => Promise.reject(interrupted(messages))),
    ]);
    decided = isDecided(ending);
    const { by } = passedBy(ending, "approval", late, messages);
    if (ending.state === "approved" && ending.grantedForS !== undefined) {
      return { forS: ending.grantedForS, by };
    }
    throw new Failure(Exit.denied, words.notGranted, words.notGrantedHint, "no grant was given");
  } finally {
    over.abort();
    if (!decided) await request.cancel("hung_up");
  }
}
