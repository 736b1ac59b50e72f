/** No server answers: where codes are kept, what is wrong with them, and what else lets in. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { guardedHost, sharing } from "../support/gate.ts";
import { enroll, forget, PROMPT, totp, unenroll } from "../support/gate_codes.ts";
import { expectRefused, expectShell } from "../support/gate_outcome.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const test = sharing(guardedHost);

test("SSH2FA's list of secrets does as well", async (host) => {
  const list = await host.folder.file(
    "totp_secrets",
    `# users\nsomebody:${"A".repeat(32)}\n${host.user.name}: ${RFC_BASE32}\n`,
    0o640,
  );
  await Deno.chown(list, 0, host.user.gid);
  await unenroll(host);
  await forget(host, { codes: { totp_secrets: list } });
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await expectShell(screen);

  await Deno.chmod(list, 0o644);
  await using refused = terminal(sshArgv(host.target()));
  await expectRefused(refused, /totp_secrets can be read or written by others/, 78);
});

for (
  const [fault, spoil] of Object.entries({
    "can be read or written by others": (path: string) => Deno.chmod(path, 0o644),
    "cannot be read": (path: string) => Deno.chown(path, 1, 1),
    "is not a regular file": async (path: string) => {
      await Deno.rename(path, `${path}.real`);
      await Deno.symlink(`${path}.real`, path);
    },
    "line 1: no base32 secret": (path: string) =>
      Deno.writeTextFile(path, "TOPSECRET, not base32\n"),
  })
) {
  test(`a code file that ${fault} denies`, async (host) => {
    await enroll(host);
    const path = `${host.user.home}/.google_authenticator`;
    await spoil(path);
    try {
      await using screen = terminal(sshArgv(host.target()), { cols: 200 });
      await expectRefused(screen, fault, 78);
      doesNotMatch(screen.rawOutput, /TOPSECRET/);
    } finally {
      await Deno.remove(path);
    }
  });
}

test("what is remembered of codes denies when it is damaged", async (host) => {
  await enroll(host, { codes: { spent: "${HOME}/damaged" } });
  const folder = `${host.user.home}/damaged`;
  await Deno.mkdir(folder, { mode: 0o700 });
  await Deno.chown(folder, host.user.uid, host.user.gid);
  await host.homeFile(`damaged/${host.user.name}.json`, "{");
  await using screen = terminal(sshArgv(host.target()), { cols: 200 });
  await screen.waitFor(PROMPT);
  await screen.send(`${totp()}\r`);
  await expectRefused(screen, "is damaged");
});

test('offline = "deny" asks for no code', async (host) => {
  await enroll(host, { policy: { offline: "deny" } });
  await using screen = terminal(sshArgv(host.target()));
  await expectRefused(
    screen,
    "gatehouse: hint: this host lets nobody in while no server answers",
    75,
  );
  doesNotMatch(screen.rawOutput, /authenticator/);
});

test('offline = "allow" lets in while no server answers', async (host) => {
  await enroll(host, { policy: { offline: "allow" } });
  const { code, out, err } = await ssh(host.target(), "echo in").done;
  deepEqual([code, out, err], [0, "in\n", ""]);
});

test('unenrolled = "allow" lets in who has no codes, and asks who has', async (host) => {
  await enroll(host, { policy: { unenrolled: "allow" } });
  const asked = await ssh(host.target(), "echo in").done;
  deepEqual([asked.code, asked.out], [75, ""]);
  await unenroll(host);
  const { code, out, err } = await ssh(host.target(), "echo in").done;
  deepEqual([code, out, err], [0, "in\n", ""]);
});

test('unenrolled = "deny" says that there is no code to fall back to', async (host) => {
  await unenroll(host);
  await forget(host);
  for (const options of [["-T"], ["-tt"]]) {
    const { code, out, err } = await ssh(host.target(), "echo in", { options }).done;
    equal(code, 75);
    match(
      out + err,
      /error: .*does not answer, and this account has no authenticator code to fall back to/,
    );
    doesNotMatch(out, /^in/m);
  }
});
