/** Who has started us: the module, which can ask the person, or pam_exec, which cannot. */
import { Exit, type FailedExit } from "../../core/errors.ts";
import type { PamResult } from "../../core/pam_protocol.ts";
import { PamChannel } from "../../io/pam_channel.ts";
import { readExposedAuthtok, stdoutLine } from "../../io/pam_exec_talk.ts";
import { stdinIsSocket } from "../../io/surroundings.ts";

/** To be let in, or to be none of our business. */
export type Passing = Extract<PamResult, "success" | "ignore">;

export interface Front {
  /** Undefined under pam_exec. */
  readonly channel: PamChannel | undefined;
  /** What a module in front of us has asked for; undefined when nothing was. */
  authtok(): Promise<string | undefined>;
  /** The last words of a login that does not pass. */
  tell(message: string, hint: string | undefined): void;
  /** @returns this program's exit status, as below */
  pass(result: Passing): Exit;
  /** @param status says why, as DESIGN.md 3 has it */
  deny(result: Exclude<PamResult, Passing>, status: FailedExit): Exit;
}

/** @throws Failure when it is neither */
export async function openFront(): Promise<Front> {
  return stdinIsSocket() ? underModule(await PamChannel.open()) : underPamExec();
}

function underModule(channel: PamChannel): Front {
  // Any other status would deny: it has not ended in good order.
  const end = (result: PamResult) => {
    channel.result(result);
    return Exit.ok;
  };
  return {
    channel,
    authtok: () => channel.authtok(),
    tell(message, hint) {
      channel.error(`gatehouse: ${message}`);
      // As an error, too: several programs do not show information.
      if (hint !== undefined) channel.error(`gatehouse: ${hint}`);
    },
    pass: end,
    deny: end,
  };
}

/** It knows success and failure alone: what PAM should pass over is a success there (docs/pam.md). */
export function underPamExec(): Front {
  return {
    channel: undefined,
    authtok: () => readExposedAuthtok(),
    // What hints say to do is done at a prompt, and there is none.
    tell: (message) => stdoutLine(`gatehouse: ${message}`),
    pass: () => Exit.ok,
    // pam_exec denies whatever it is, and logs it.
    deny: (_result, status) => status,
  };
}
