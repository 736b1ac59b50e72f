/** What install.sh asks on a terminal: a slip of the keyboard decides nothing. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";
import { terminal } from "../support/terminal.ts";

Deno.test("who ends the input at a question has said neither yes nor the default", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.everything();
  await using screen = terminal(tree.command("host", "--codes-only", "--users", "alice"));
  await screen.waitFor(/in sshd's gate, or both \(pam, gate, both\) \[pam\]/);
  await screen.send("pma\r");
  await screen.waitFor(/\[pam\] pma\n+where to ask: .* \[pam\]/);
  await screen.send("Gate\r");
  await screen.waitFor(/change this machine now \(yes, no, show\)\? \[yes\]/);
  await screen.send("\x04");
  assert.deepEqual(await screen.closed, { code: 0 });
  assert.match(screen.screen(), /nothing was changed/);
  assert.equal(await tree.everything(), before);
});

Deno.test("an address that is none is asked for again", async () => {
  await using tree = await InstallTree.make();
  await using screen = terminal(tree.command("server"));
  await screen.waitFor(/how people and hosts will reach it.*\[not yet known\]/);
  await screen.send("auth.example.com\r");
  await screen.waitFor(/an address begins with https:\/\/[^]*how people.*\[not yet known\]/);
  await screen.send("https://auth.example.com/\r");
  assert.deepEqual(await screen.closed, { code: 0 });
  assert.match(
    await tree.read("etc/gatehouse/server.toml"),
    /^public_url = "https:\/\/auth\.example\.com"$/m,
  );
});

Deno.test("who interrupts at a question is told that nothing was changed", async () => {
  await using tree = await InstallTree.make();
  const before = await tree.everything();
  await using screen = terminal(tree.command("host", "--codes-only", "--users", "alice"));
  await screen.waitFor(/in sshd's gate, or both/);
  await screen.send("\x03");
  assert.deepEqual(await screen.closed, { code: 130 });
  assert.match(screen.screen(), /nothing was changed/);
  assert.equal(await tree.everything(), before);
});
