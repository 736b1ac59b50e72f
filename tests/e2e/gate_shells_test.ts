/** What an account's own start-up files can do before the gate, in the shells that docs/sshd.md names. */
import assert from "node:assert/strict";
import { binary } from "../support/binary.ts";
import { scratch } from "../support/scratch.ts";
import { ssh } from "../support/ssh.ts";
import { gateLines, startSshd } from "../support/sshd.ts";
import { createUser } from "../support/users.ts";

const START_FILES: readonly (readonly [shell: string, file: string])[] = [
  ["/bin/bash", ".bashrc"],
  ["/bin/dash", ".profile"],
  ["/usr/bin/zsh", ".zshenv"],
  ["/usr/bin/fish", ".config/fish/config.fish"],
  ["/usr/bin/fish", ".config/fish/conf.d/a.fish"],
  ["/usr/bin/fish", ".local/share/fish/vendor_conf.d/a.fish"],
];

for (const [shell, file] of START_FILES) {
  Deno.test(`${file} does not run before the gate in ${shell}`, async () => {
    await using folder = await scratch();
    await using user = await createUser(folder, shell);
    const path = `${user.home}/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, "echo before the gate\n");
    // A gate that lets nobody in: whatever comes out was not its doing.
    await using sshd = await startSshd(folder, { lines: gateLines(binary(), "/nonexistent.toml") });
    const identity = await folder.key("client_key");
    await sshd.authorize(user.name, identity);

    const { code, out, err } = await ssh({ sshd, user: user.name, identity }, "true").done;
    assert.deepEqual([code, out], [78, ""]);
    assert.match(err, /^gatehouse: error: \/nonexistent\.toml does not exist$/m);
  });
}
