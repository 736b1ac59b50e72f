/** Whatever is wrong with host.toml or with how the gate was started: nobody gets in, and it says why. */
import { deepEqual, match } from "node:assert/strict";
import { type GuardedHost, guardedHost, hostToml, sharing } from "../support/gate.ts";
import { run } from "../support/process.ts";
import { ssh } from "../support/ssh.ts";

/** host.toml in a folder of its own, so that the folder can be spoilt. */
const test = sharing(guardedHost);

/** One line for each fault, one for the hint, nothing else. */
const WORDS = /^(gatehouse: error: [^\n]+\n)+gatehouse: hint: [^\n]+\n$/;

async function expectRefused(host: GuardedHost, words: RegExp, account?: string): Promise<void> {
  const target = host.target(account);
  const [command, screen, shell] = await Promise.all([
    ssh(target, "echo in").done,
    ssh(target, "echo in", { options: ["-tt"] }).done,
    ssh(target, undefined, { options: ["-T"], input: "echo in\n" }).done,
  ]);
  match(command.err, WORDS);
  match(command.err, words);
  deepEqual([command.code, command.out], [78, ""]);
  deepEqual([screen.code, screen.out.replaceAll("\r", "")], [78, command.err]);
  deepEqual([shell.code, shell.out, shell.err], [78, "", command.err]);
}

const EXEMPT = { policy: { exempt_sources: ["0.0.0.0/0"] } };
/** Would let everybody in, were it not for the fault. */
const OPEN = hostToml(EXEMPT);

for (
  const [fault, text, words] of [
    [
      "is empty",
      "",
      /servers: missing\n.*server_keys: missing\n.*host: missing\n.*host_token: missing/,
    ],
    ["is no TOML", `${OPEN}\nhost = web1`, /host\.toml:[0-9]+:[0-9]+: /],
    [
      "is not UTF-8",
      new Uint8Array([...new TextEncoder().encode(`${OPEN}#`), 0xff]),
      /is not UTF-8 text/,
    ],
    ["has an unknown key", `typo = 1\n${OPEN}`, /typo: unknown key/],
    [
      "has an unknown policy",
      OPEN.replace("[policy]", '[policy]\nenforce = "no"'),
      /policy\.enforce: unknown key/,
    ],
    [
      "has a policy of the wrong value",
      OPEN.replace("[policy]", '[policy]\noffline = "maybe"'),
      /policy\.offline: must be one of .*, found "maybe"/,
    ],
    [
      "has a list where text belongs",
      OPEN.replace('host = "web1"', 'host = ["web1"]'),
      /host: .*found/,
    ],
    [
      "has text where a list belongs",
      OPEN.replace('["0.0.0.0/0"]', '"0.0.0.0/0"'),
      /policy\.exempt_sources: .*found/,
    ],
    [
      "does not say which servers, not even that there are none",
      OPEN.replace(/^servers = .*/m, ""),
      /servers: missing/,
    ],
    [
      "pins no key",
      OPEN.replace(/server_keys = .*/, "server_keys = []"),
      /server_keys: must pin at least one key/,
    ],
    [
      "pins a key of another kind",
      OPEN.replace("ed25519:", "rsa:"),
      /server_keys.*: must be "ed25519:/,
    ],
    ["exempts what is no network", OPEN.replace("0.0.0.0/0", "0.0.0.0/33"), /exempt_sources/],
    [
      "gives no time",
      OPEN.replace("[policy]", "").replace(/^/, 'timeout = "0s"\n'),
      /timeout: must be at least/,
    ],
  ] as const
) {
  test(`a host.toml that ${fault} denies`, async (host) => {
    await Deno.writeFile(
      host.config,
      typeof text === "string" ? new TextEncoder().encode(text) : text,
    );
    await expectRefused(host, words);
  });
}

test("a host.toml with a token that is none does not show it", async (host) => {
  await Deno.writeTextFile(host.config, hostToml({ ...EXEMPT, host_token: "ghh SECRET" }));
  await expectRefused(host, /host_token: must be the host's token\n/);
});

test("a host.toml that others can write denies", async (host) => {
  await host.configure(EXEMPT);
  for (const mode of [0o666, 0o664, 0o646]) {
    await Deno.chmod(host.config, mode);
    await expectRefused(
      host,
      new RegExp(`can be written by others \\(mode ${mode.toString(8)}\\)`),
    );
  }
  await Deno.chmod(host.config, 0o644);
});

test("a host.toml in a folder that others can write denies", async (host) => {
  await host.configure(EXEMPT);
  for (const mode of [0o777, 0o775, 0o757]) {
    await Deno.chmod(host.folder.path, mode);
    await expectRefused(
      host,
      new RegExp(`can be written by others \\(mode ${mode.toString(8)}\\)`),
    );
  }
  await Deno.chmod(host.folder.path, 0o755);
});

test("a host.toml of somebody else denies", async (host) => {
  await host.configure(EXEMPT);
  await Deno.chown(host.config, 1, 1);
  await expectRefused(host, /belongs to uid 1, who could change it/);
  await Deno.chown(host.config, host.user.uid, host.user.gid);
  await expectRefused(host, /belongs to uid [0-9]+, who could change it/, "root");
  await Deno.chown(host.config, 0, 0);
});

test("a host.toml that the account cannot read denies", async (host) => {
  await host.configure(EXEMPT);
  await Deno.chmod(host.config, 0o600);
  await expectRefused(host, /cannot be read/);
  await Deno.chmod(host.config, 0o644);
});

test("a folder in the place of host.toml denies", async (host) => {
  await Deno.remove(host.config);
  await Deno.mkdir(host.config);
  await expectRefused(host, /is not a regular file/);
  await Deno.remove(host.config);
});

test("a link to what somebody else could have written denies", async (host) => {
  const own = await host.homeFile("host.toml", OPEN, 0o644);
  await Deno.symlink(own, host.config);
  await expectRefused(host, /belongs to uid [0-9]+, who could change it/, "root");
  await Deno.remove(host.config);
});

test("no host.toml at all denies", async (host) => {
  await expectRefused(host, /does not exist/);
  await host.configure();
});

for (
  const [how, env] of [
    ["without sshd", {}],
    ["with a connection that sshd would not write", { SSH_CONNECTION: "localhost" }],
    ["with an address that is none", { SSH_CONNECTION: "127.0.0.1;id 1 127.0.0.1 2" }],
  ] as const
) {
  test(`the gate started ${how} denies`, async (host) => {
    await host.configure(EXEMPT);
    const { code, out, err } = await run([host.binary, "gate", "--config", host.config], { env });
    deepEqual([code, out], [78, ""]);
    match(err, WORDS);
    match(err, /the gate was not started by sshd/);
  });
}

for (
  const words of [["--conf", "x"], ["--config"], ["--config", ""], ["extra"], [
    "--config",
    "/x",
    "extra",
  ]]
) {
  test(`gatehouse gate ${words.join(" ")} denies`, async (host) => {
    const { code, out, err } = await run([host.binary, "gate", ...words], {
      env: { SSH_CONNECTION: "127.0.0.1 1 127.0.0.1 2" },
    });
    deepEqual([code, out], [2, ""]);
    match(err, WORDS);
  });
}
