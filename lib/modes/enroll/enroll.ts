/** `gatehouse enroll`: an account's authenticator, from its making to its end. */
import { openContext } from "./context.ts";
import type { GivenOptions } from "./options.ts";
import { checkWhose, warnOfPam } from "./stored.ts";

export async function enroll(given: GivenOptions): Promise<void> {
  const context = openContext(given);
  const { action } = context.options;
  try {
    checkWhose(context);
    switch (action.kind) {
      case "create":
        return await (await import("./create.ts")).create(context);
      case "show":
        return await (await import("./show.ts")).show(context);
      case "rotate":
        return await (await import("./rotate.ts")).rotate(context);
      case "revoke":
        return await (await import("./revoke.ts")).revoke(context);
      case "import":
        return await (await import("./import.ts")).importFile(context, action.file);
      case "emergency":
        return await (await import("./scratch_codes.ts")).printMoreScratchCodes(
          context,
          action.count,
        );
    }
  } finally {
    // Below the picture, which would push it out of sight.
    warnOfPam(context);
    context.doors.dialog.close();
  }
}
