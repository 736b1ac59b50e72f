/** Who has started us: the module, which can ask the person, or pam_exec, which cannot. */
import { Exit } from "../../core/errors.ts";
import type { PamResult } from "../../core/pam_protocol.ts";
import { PamChannel } from "../../io/pam_channel.ts";
import { readExposedAuthtok, stdoutLine } from "../../io/pam_exec_talk.ts";
import { stdinIsSocket } from "../../io/surroundings.ts";

export interface Front {
  /** Undefined under pam_exec. */
  readonly channel: PamChannel | undefined;
  /** What a module in front of us has asked for; undefined when nothing was. */
  authtok(): Promise<string | undefined>;
  /** The last words of a login that does not pass. */
  tell(message: string, hint: string | undefined): void;
  /** @returns this program's exit status */
  end(result: PamResult): number;
}

/** @throws Failure when it is neither */
export async function openFront(): Promise<Front> {
  return stdinIsSocket() ? underModule(await PamChannel.open()) : underPamExec();
}

function underModule(channel: PamChannel): Front {
  return {
    channel,
    authtok: () => channel.authtok(),
    tell(message, hint) {
      channel.error(`gatehouse: ${message}`);
      // As an error, too: several programs do not show information.
      if (hint !== undefined) channel.error(`gatehouse: ${hint}`);
    },
    end(result) {
      channel.result(result);
      return Exit.ok;
    },
  };
}

/** It knows success and failure alone: what PAM should pass over is a success there (docs/pam.md). */
export function underPamExec(): Front {
  return {
    channel: undefined,
    authtok: () => readExposedAuthtok(),
    // What hints say to do is done at a prompt, and there is none.
    tell: (message) => stdoutLine(`gatehouse: ${message}`),
    end: (result) => result === "success" || result === "ignore" ? Exit.ok : Exit.denied,
  };
}
