/** What sshd's files say of our gate, to who asks where codes belong. */
import { equal } from "node:assert/strict";
import { gateReads } from "../../lib/io/sshd_gates.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const OWN = "/etc/gatehouse/host.toml";

async function sshd(files: Readonly<Record<string, string>>): Promise<Scratch> {
  const root = await scratch();
  await Deno.mkdir(`${root.path}/etc/ssh/sshd_config.d`, { recursive: true });
  for (const [name, text] of Object.entries(files)) await root.file(`etc/ssh/${name}`, text);
  return root;
}

Deno.test("gateReads() finds the gate in either place, and with its own host.toml", async () => {
  const gate = "Match Group x\n  ForceCommand exec /usr/local/bin/gatehouse gate\n";
  const other = gate.replace("gate\n", "gate --config /etc/other.toml\n");
  for (
    const [files, expected] of [
      [{}, false],
      [{ sshd_config: "UsePAM yes\n# ForceCommand /usr/local/bin/gatehouse gate\n" }, false],
      [{ sshd_config: gate }, true],
      [{ sshd_config: "", "sshd_config.d/50-gatehouse.conf": gate }, true],
      [{ sshd_config: "", "sshd_config.d/50-gatehouse.conf.old": gate }, false],
      [{ sshd_config: other }, false],
      [{ sshd_config: "ForceCommand /usr/bin/internal-sftp\n" }, false],
    ] as const
  ) {
    await using root = await sshd(files);
    equal(gateReads(OWN, OWN, root.path), expected, JSON.stringify(files));
  }
  await using root = await sshd({ sshd_config: other });
  equal(gateReads("/etc/other.toml", OWN, root.path), true);
});

Deno.test("gateReads() says no where there is no sshd, and yes where that cannot be seen", async () => {
  equal(gateReads(OWN, OWN, "/nonexistent"), false);
  await using root = await sshd({});
  await Deno.mkdir(`${root.path}/etc/ssh/sshd_config`);
  equal(gateReads(OWN, OWN, root.path), true);
});
