/** The proof that somebody holds an account's codes, and what is remembered of codes. */
import { describeRefusal } from "../../core/attempt.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { secondsUntil } from "../../core/time.ts";
import { actingAt } from "../../io/acting_as.ts";
import { codeFilesConfig } from "../../io/code_config.ts";
import { CodeFiles, type CodeFilesConfig } from "../../io/code_files.ts";
import type { StatePlace } from "../../core/state_place.ts";
import type { EnrollContext } from "./context.ts";
import { shownAccount } from "./stored.ts";

/** What wrong codes are counted by, beside the addresses of clients. */
const SOURCE = "enroll";
const TRIES = 3;

/**
 * Asks for a code, which is used up as by a login. What a wrong one looked like stays unsaid: who
 * types need not be the owner.
 * @throws Failure when none was right, or too many were wrong lately
 */
export async function proveCode(context: EnrollContext, place: StatePlace): Promise<void> {
  const { words, doors: { dialog, clock, log } } = context;
  const codes = new CodeFiles(codesConfig(context, place), clock);
  for (let tries = 0; tries < TRIES; tries++) {
    const typed = await dialog.ask(words.askProof);
    if (typed === undefined) break;
    const answer = await codes.check(typed);
    if (answer.ok) return;
    log("warning", `refused ${describeRefusal(answer)}`);
    if (answer.why === "limited") {
      const seconds = secondsUntil(answer.retryAt, clock.now());
      throw new Failure(Exit.denied, words.limited(seconds), undefined, "too many wrong codes");
    }
    dialog.print(words[`${answer.why}Code`]);
  }
  const hint = words.notProvenHint(shownAccount(context));
  throw new Failure(Exit.denied, words.notProven, hint, "no right code");
}

export function codesConfig(
  { account, config, places }: EnrollContext,
  place: StatePlace,
): CodeFilesConfig {
  return {
    ...codeFilesConfig(config.codes, account, SOURCE, places),
    secret: place.path,
    totpSecrets: "",
    // This is no login from anywhere.
    graceMs: 0,
    at: (path) => actingAt(path, account),
  };
}
