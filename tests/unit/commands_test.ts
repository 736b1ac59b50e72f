import assert from "node:assert/strict";
import { runCommand } from "../../commands.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";

for (const words of [["help"], ["host", "help"], ["login", "help"], ["audit", "help"]]) {
  Deno.test(`there is no command \`gatehouse ${words.join(" ")}\``, async () => {
    await assert.rejects(runCommand(words), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.exit, Exit.usage);
      assert.match(error.message, /^unknown command 'help'$/);
      return true;
    });
  });
}
