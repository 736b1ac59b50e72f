/**
 * `deno task demo [--auto] [--pictures DIR]`: a server and a guarded sshd on loopback ports, with
 * everything in a temporary folder that is removed in the end.
 */
import { parseArgs } from "node:util";
import { Exit, Failure } from "../lib/core/errors.ts";
import { build, isUpToDate, OUTPUT } from "./build.ts";
import { playByHand } from "./demo/by_hand.ts";
import { showEvent } from "./demo/events.ts";
import { enter, leave } from "./demo/leave.ts";
import { setStage } from "./demo/stage.ts";
import { require } from "./needs.ts";
import { say, script } from "./say.ts";
import { requirePinnedDeno } from "./toolchain.ts";

await script(async () => {
  const { auto, pictures } = options();
  requirePinnedDeno("demo");
  await require(auto ? "play" : "ssh");
  const folder = enter();
  try {
    await play(folder, auto, pictures);
  } catch (error) {
    if (!(error instanceof Failure)) await leave(folder, Exit.software);
    throw error;
  }
  return await leave(folder, Exit.ok);
});
