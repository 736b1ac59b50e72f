/** Who is asked and who is not. No server answers here, so whoever is asked is refused with 75. */
import { deepEqual, equal } from "node:assert/strict";
import { type GuardedHost, guardedHost, type HostToml, sharing } from "../support/gate.ts";
import { mustRun } from "../support/process.ts";
import { ssh, type SshTarget } from "../support/ssh.ts";

const test = sharing(() => guardedHost(["ListenAddress ::1"]));

type Options = NonNullable<Parameters<typeof ssh>[2]>;

async function asks(target: SshTarget, command?: string, options: Options = {}): Promise<boolean> {
  const { code, out } = await ssh(target, command, { options: ["-T"], ...options }).done;
  if (code === 75) return true;
  deepEqual([code, out], [0, "in\n"]);
  return false;
}

const policy = (host: GuardedHost, policy: HostToml["policy"] = {}) => host.configure({ policy });

test("without exemptions everybody is asked", async (host) => {
  await policy(host);
  for (const account of [undefined, "root"]) {
    equal(await asks(host.target(account), "echo in"), true);
  }
});

test("exempt_users names accounts, to the letter", async (host) => {
  await policy(host, { exempt_users: [host.user.name] });
  equal(await asks(host.target(), "echo in"), false);
  equal(await asks(host.target("root"), "echo in"), true);
  await policy(host, { exempt_users: [host.user.name.toUpperCase(), `${host.user.name}x`, "*"] });
  equal(await asks(host.target(), "echo in"), true);
});

test("exempt_groups takes the primary group and the others", async (host) => {
  await policy(host, { exempt_groups: ["no-such-group", host.user.name] });
  equal(await asks(host.target(), "echo in"), false);
  await policy(host, { exempt_groups: ["games"] });
  equal(await asks(host.target(), "echo in"), true);
  await mustRun(["usermod", "--append", "--groups", "games", host.user.name]);
  equal(await asks(host.target(), "echo in"), false);
  equal(await asks(host.target("root"), "echo in"), true);
});

test("exempt_sources takes addresses and networks of both families", async (host) => {
  const ipv6 = {
    options: ["-T", "-o", "HostName=::1", "-o", `HostKeyAlias=[127.0.0.1]:${host.sshd.port}`],
  };
  for (
    const [sources, asked4, asked6] of [
      [["127.0.0.1/32"], false, true],
      [["10.0.0.0/8", "127.0.0.0/8"], false, true],
      [["127.0.0.1"], false, true],
      [["::1/128"], true, false],
      [["::/0"], true, false],
      [["0.0.0.0/0"], false, true],
      [["192.0.2.0/24", "2001:db8::/32"], true, true],
    ] as const
  ) {
    await policy(host, { exempt_sources: sources });
    equal(await asks(host.target(), "echo in"), asked4, `${sources} 127.0.0.1`);
    equal(await asks(host.target(), "echo in", ipv6), asked6, `${sources} ::1`);
  }
});

test('noninteractive = "skip" lets commands through, and nothing that gives a shell', async (host) => {
  await policy(host, { noninteractive: "skip" });
  equal(await asks(host.target(), "echo in"), false);
  equal(await asks(host.target(), undefined, { options: ["-T"], input: "echo in\n" }), true);
  equal(await asks(host.target(), "echo in", { options: ["-tt"] }), true);
  equal(await asks(host.target(), undefined, { options: ["-tt"], input: "echo in\n" }), true);
});

test('noninteractive = "skip" lets file transfers through', async (host) => {
  await policy(host, { noninteractive: "skip" });
  const { code, err } = await ssh(host.target(), "sftp", { options: ["-s"] }).done;
  deepEqual([code, err], [0, ""]);
});
