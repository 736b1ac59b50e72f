/**
 * A process that does what a login through PAM does with an account's files, as root: `USER SECRET SPENT
 * CODE`. Says what became of it.
 */
import { Failure } from "../../lib/core/errors.ts";
import { accountCodes } from "../../lib/modes/pam/codes.ts";
import { enrollInPrompts } from "../../lib/modes/pam/enroll_in_prompts.ts";
import { FakeModule } from "./pam_channel.ts";
import { ALONE, pamLogin } from "./pam_login.ts";

const [user = "", secret = "", spent = "", code = ""] = Deno.args;
const module = new FakeModule();
const channel = await module.open();
const login = pamLogin({
  user,
  settings: { ...ALONE, codes: { spent } },
  options: [`secret=${secret}`],
  channel,
});
const codes = accountCodes(login);

async function outcome(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure) return "refused";
    throw error;
  }
}

const enrolled = await outcome(() => codes.enrolled());
const checked = await outcome(() => codes.check(code));
// Whoever is asked is gone.
module.leave();
const time = { withinMs: 60_000, signal: new AbortController().signal };
const enrolling = await outcome(() => enrollInPrompts(login, time, "en"));
const said = JSON.stringify({ enrolled, checked, enrolling });
await Deno.stdout.write(new TextEncoder().encode(said));
