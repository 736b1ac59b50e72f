import assert from "node:assert/strict";
import { Command } from "commander";
import { runCommand } from "../../commands.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { addAdministration } from "../../lib/modes/admin/commands.ts";

const GROUPS = ["host", "person", "account", "grant", "login", "audit", "notify"];
for (const words of [["help"], ...GROUPS.map((name) => [name, "help"])]) {
  Deno.test(`there is no command \`gatehouse ${words.join(" ")}\``, async () => {
    await assert.rejects(runCommand(words), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.exit, Exit.usage);
      assert.match(error.message, /^unknown command 'help'$/);
      return true;
    });
  });
}

for (
  const [words, fault] of [
    [["server", "help"], /^too many arguments for 'server'/],
    [["server", "bakup", "x"], /^too many arguments for 'server'/],
    [["server", "backup"], /^missing required argument 'FILE'$/],
    [["server", "--listen", "127.0.0.1:1", "backup", "x"], /^options of a command are written/],
    [["server", "backup", "x", "--listen", "127.0.0.1:1"], /^unknown option '--listen'$/],
    [["person", "add"], /^missing required argument 'NAME'$/],
    [["notify", "test"], /^missing required argument 'CHANNEL'$/],
    [["notify", "list", "--to", "x"], /^unknown option '--to'$/],
    [["person", "add", "x", "--language", "fr"], /'fr' is invalid/],
    [["person", "revoke-device", "x"], /^missing required argument 'DEVICE'$/],
    [["person", "freeze", "x", "--approves", "own"], /^unknown option '--approves'/],
  ] as const
) {
  Deno.test(`\`gatehouse ${words.join(" ")}\` is refused, with a hint`, async () => {
    await assert.rejects(runCommand(words), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.exit, Exit.usage);
      assert.match(error.message, fault);
      assert.ok(error.hint);
      return true;
    });
  });
}

for (
  const [words, hint] of [
    [["frob"], "see gatehouse --help"],
    [["--frob"], "see gatehouse --help"],
    [["join"], "see gatehouse join --help"],
    [["host", "frob"], "see gatehouse host --help"],
    [["notify", "test"], "see gatehouse notify test --help"],
    [["doctor", "simulate"], "see gatehouse doctor simulate --help"],
    [["doctor", "--frob", "simulate"], "see gatehouse doctor --help"],
    [["server", "backup"], "see gatehouse server backup --help"],
  ] as const
) {
  Deno.test(`\`gatehouse ${words.join(" ")}\` names the help that has its options`, async () => {
    await assert.rejects(runCommand(words), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.hint, hint);
      return true;
    });
  });
}

Deno.test("`person change --help` promises no default, for what is not given stays as it is", () => {
  const root = new Command("gatehouse");
  addAdministration(root, root.command("server"));
  const person = root.commands.find((one) => one.name() === "person");
  const help = (name: string) =>
    person?.commands.find((one) => one.name() === name)?.helpInformation().replaceAll(/\s+/g, " ");
  for (const unsaid of ["(default: own)", "(default: auto)"]) {
    assert.equal(help("add")?.includes(unsaid), true, unsaid);
    assert.equal(help("change")?.includes(unsaid), false, unsaid);
  }
});
