/** The demo's working part: `play.ts FOLDER [--auto] [--pictures DIR]`, started by demo.ts. */
import { Exit } from "../../lib/core/errors.ts";
import { build, isUpToDate, OUTPUT } from "../build.ts";
import { demoOptions } from "./options.ts";
import { dim, print, say, script } from "../say.ts";
import { showEvent } from "./events.ts";
import { setStage } from "./stage.ts";

await script(async () => {
  const { folder = "", auto, pictures } = demoOptions(Deno.args);
  if (await isUpToDate(OUTPUT)) say("demo", "dist/gatehouse is up to date");
  else await build({ target: Deno.build.target, output: OUTPUT });
  say("demo", "starting a server and an sshd");
  const stage = await setStage(folder, showEvent);
  try {
    if (auto) {
      // It brings a browser's library along.
      const { playItself } = await import("./auto.ts");
      await playItself(stage, pictures);
    } else {
      const { playByHand } = await import("./by_hand.ts");
      await playByHand(stage);
    }
  } catch (error) {
    print(dim(`sshd's log:\n${stage.sshdLog()}`));
    throw error;
  }
  return Exit.ok;
});
