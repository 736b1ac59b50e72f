import { deepEqual, equal, ok, throws } from "node:assert/strict";
import type { ChannelConfig } from "../../lib/config/notify.ts";
import { parseServerConfig } from "../../lib/config/server.ts";
import { Failure } from "../../lib/core/errors.ts";
import { channelSecrets, tryChannelSecrets } from "../../lib/io/channel_secrets.ts";
import { readServerConfig } from "../../lib/io/server_config.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const SECRET = "Sg-0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const WECOM = '[[notify]]\ntype = "wecom"\ncorpid = "ww1"\nagentid = 1\n';
const VARIABLE = "GATEHOUSE_TEST_SECRET";

function channels(toml: string): readonly ChannelConfig[] {
  return parseServerConfig(toml, "server.toml").notify;
}

function secretOf(toml: string): unknown {
  return channelSecrets(channels(toml))[0]?.whole["secret"];
}

/** What went wrong says which setting and where, and nothing of what is there. */
function refused(toml: string, message: RegExp, hint = /./): void {
  throws(() => secretOf(toml), (error) => {
    ok(error instanceof Failure && error.exit === 78, String(error));
    ok(message.test(error.message), error.message);
    ok(hint.test(error.hint ?? ""), error.hint);
    return !error.message.includes("two words") && !error.message.includes(SECRET);
  });
}

Deno.test("a server.toml with a channel's secret must not be everybody's to read", async () => {
  await using folder = await scratch();
  const read = async (text: string, mode: number) =>
    readServerConfig(await folder.file("server.toml", text, mode));
  const inline = `${WECOM}secret = "${SECRET}"`;
  const proxied = `${WECOM}secret_file = "/a"\nproxy = "http://user:password@proxy.example:1"`;
  for (const secret of [inline, proxied]) {
    for (const mode of [0o600, 0o640]) equal((await read(secret, mode)).notify.length, 1);
    const path = await folder.file("server.toml", secret, 0o644);
    throws(() => readServerConfig(path), (error) => {
      ok(error instanceof Failure && error.exit === 78);
      return /server.toml holds a secret and can be read by everybody$/.test(error.message);
    });
  }
  const none = `${WECOM}secret_file = "/a"\nproxy = "http://proxy.example:1"`;
  equal((await read(none, 0o644)).notify.length, 1);
  equal((await read(`${WECOM}secret_env = "A"`, 0o644)).notify.length, 1);
});

Deno.test("channelSecrets() takes the secret from wherever it is", async () => {
  await using folder = await scratch();
  equal(secretOf(`${WECOM}secret = "${SECRET}"`), SECRET);
  const file = await folder.file("secret", `${SECRET}\n`, 0o640);
  equal(secretOf(`${WECOM}secret_file = "${file}"`), SECRET);
  Deno.env.set(VARIABLE, SECRET);
  equal(secretOf(`${WECOM}secret_env = "${VARIABLE}"`), SECRET);
});

Deno.test("channelSecrets() adds nothing but the settings of the type", () => {
  const [ready] = channelSecrets(channels('[[notify]]\ntype = "ntfy"\nname = "n"\n'));
  deepEqual(ready?.whole, { url: "https://ntfy.sh" });
});

Deno.test("a variable that held secrets is gone afterwards, also where another one is missing", () => {
  const two =
    `${WECOM}secret_env = "${VARIABLE}"\n${WECOM}name = "b"\nsecret_env = "${VARIABLE}"\n`;
  Deno.env.set(VARIABLE, SECRET);
  deepEqual(channelSecrets(channels(two)).map(({ whole }) => whole["secret"]), [SECRET, SECRET]);
  equal(Deno.env.get(VARIABLE), undefined);
  Deno.env.set(VARIABLE, SECRET);
  refused(`${two}${WECOM}name = "c"\nsecret_env = "GATEHOUSE_TEST_NONE"`, /GATEHOUSE_TEST_NONE/);
  equal(Deno.env.get(VARIABLE), undefined);
});

Deno.test("a variable without a usable secret is named, its value is not", () => {
  const toml = `${WECOM}secret_env = "${VARIABLE}"`;
  const missing =
    /^secret_env GATEHOUSE_TEST_SECRET: there is no such variable, so the channel wecom has no secret$/;
  refused(
    toml,
    missing,
    /^set GATEHOUSE_TEST_SECRET for this process, or write secret_file.* systemd-run -p EnvironmentFile=/,
  );
  Deno.env.set(VARIABLE, "");
  refused(toml, missing);
  Deno.env.set(VARIABLE, "two words");
  refused(
    toml,
    /^secret_env GATEHOUSE_TEST_SECRET holds no usable secret for the channel wecom: it must be visible ASCII without spaces$/,
  );
});

for (
  const [what, text, mode, message] of [
    [
      "empty",
      "",
      0o600,
      /^secret_file .*\/wrong holds no usable secret for the channel wecom: it /,
    ],
    ["two words", "two words", 0o600, /holds no usable secret/],
    ["readable by all", SECRET, 0o644, /can be read by everybody$/],
    ["writable by others", SECRET, 0o620, /can be written by others/],
  ] as const
) {
  Deno.test(`a secret's file is refused: ${what}`, async () => {
    await using folder = await scratch();
    const file = await folder.file("wrong", text, mode);
    refused(`${WECOM}secret_file = "${file}"`, message);
  });
}

Deno.test("a secret's file that is not there is a fault of that setting", async () => {
  await using folder = await scratch();
  const toml = `${WECOM}secret_file = "${folder.path}/none"`;
  refused(toml, /none does not exist$/, /^check secret_file in server.toml$/);
});

async function asCredential(
  name: string,
  work: (folder: Scratch) => Promise<void> | void,
): Promise<void> {
  await using folder = await scratch();
  const before = Deno.env.get("CREDENTIALS_DIRECTORY");
  await folder.file(name, `${SECRET}\n`, 0o400);
  Deno.env.set("CREDENTIALS_DIRECTORY", folder.path);
  try {
    await work(folder);
  } finally {
    if (before === undefined) Deno.env.delete("CREDENTIALS_DIRECTORY");
    else Deno.env.set("CREDENTIALS_DIRECTORY", before);
  }
}

Deno.test("a bare name is one of systemd's credentials", async () => {
  const toml = `${WECOM}secret_file = "wecom.secret"`;
  await asCredential("wecom.secret", () => equal(secretOf(toml), SECRET));
  await asCredential("other", () => refused(toml, /\/wecom.secret does not exist$/));
  refused(
    toml,
    /^secret_file "wecom.secret" is one of systemd's credentials, and there is no CREDENTIALS_DIRECTORY/,
    /LoadCredential=wecom.secret:.* systemd-run -p User=USER -p LoadCredential=wecom.secret:\/PATH --pipe --wait gatehouse notify test wecom, /,
  );
});

Deno.test("what a type reads a secret by counts wherever the secret is", async () => {
  await using folder = await scratch();
  const webhook = (secret: string) =>
    `[[notify]]\ntype = "webhook"\nurl = "https://hooks.example.com"\nsecret_file = "${secret}"`;
  const file = await folder.file("plain", SECRET, 0o600);
  refused(webhook(file), /holds no usable secret for the channel webhook: it must be "whsec_"/);
  const good = `whsec_${btoa("k".repeat(32))}`;
  equal(secretOf(webhook(await folder.file("good", good, 0o600))), good);
});

Deno.test("files are read as the server's user reads them, and systemd's credentials before that", async () => {
  await using folder = await scratch();
  const file = await folder.file("secret", SECRET, 0o600);
  await asCredential("wecom.secret", (credentials) => {
    const two = channels(
      `${WECOM}secret_file = "wecom.secret"\n${WECOM}name = "b"\nsecret_file = "${file}"`,
    );
    const tried = tryChannelSecrets(two, () => {
      Deno.removeSync(`${credentials.path}/wecom.secret`);
      Deno.removeSync(file);
    });
    deepEqual(tried.map(({ ok }) => ok), [true, false]);
    throws(() => channelSecrets(two), Failure);
  });
});

Deno.test("a secret's file that is another's, or cannot be read, is not opened to everybody", async () => {
  await using folder = await scratch();
  const file = await folder.file("secret", SECRET, 0o600);
  if (Deno.uid() === 0) await Deno.chown(file, 12_345, 12_345);
  else await Deno.chmod(file, 0o200);
  refused(
    `${WECOM}secret_file = "${file}"`,
    /secret (belongs to uid 12345, who could change it|cannot be read)$/,
    /as root: chown root \S+\/secret && chmod 0640 \S+\/secret[;,] (its|with that user's) group/,
  );
});
