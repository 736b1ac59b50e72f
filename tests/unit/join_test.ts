import { dirname } from "node:path";
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "smol-toml";
import { parseHostConfig } from "../../lib/config/host.ts";
import { Exit, type Failure } from "../../lib/core/errors.ts";
import type { JoinClaims } from "../../lib/core/join_answer.ts";
import { keyId, signJoin } from "../../lib/core/signing.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { makeHostToken } from "../../lib/core/token.ts";
import { VERSION } from "../../lib/core/version.ts";
import { formatServerKey } from "../../lib/core/verdict_key.ts";
import { makeHostKey, publicHostKey, readHostKey } from "../../lib/io/host_key.ts";
import { reportKey } from "../../lib/io/report_key.ts";
import { readTrusted } from "../../lib/io/secure_file.ts";
import { join } from "../../lib/modes/join.ts";
import { assertRefused, printed } from "../support/failure.ts";
import { seededRandom } from "../support/fakes.ts";
import {
  answer,
  asked,
  type Behaviour,
  endless,
  hangUp,
  HostileServer,
  json,
  problem,
  raw,
} from "../support/hostile_server.ts";
import { CollectedOut } from "../support/out.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { TEST_CERT, TEST_KEY } from "../support/tls.ts";

const random = seededRandom(1);
const ours = await aServer();
const KEY = ours.publicKey;
const forger = await aServer();
const FORGED = forger.publicKey;
const TOKEN = await makeHostToken(random.bytes(32), KEY);

async function aServer() {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { publicKey, signer: { kid: await keyId(publicKey), key: pair.privateKey } };
}

/** What is in the folder of a host that has joined. */
const MADE = Deno.uid() === 0 ? ["host.key", "host.toml"] : ["host.toml"];

/** As the server is told it; the file must be its owner's alone. */
function keyAt(path: string): string {
  assert.equal((Deno.statSync(path).mode ?? 0) & 0o7777, 0o600);
  return `x25519:${JSON.parse(Deno.readTextFileSync(path)).x}`;
}

/** As a server answers, signed. @param claims what it signs instead @param changes what it says */
const joined = (
  changes: Record<string, unknown> = {},
  claims: Partial<JoinClaims> = {},
  { signer } = ours,
) =>
  asked(async ({ body }) => {
    const { nonce, codes_key = null } = JSON.parse(body);
    const aud = String(changes.host ?? "web1");
    const signed = await signJoin({ aud, nonce, codes_key, offers: true, ...claims }, signer);
    return json(200, { host: "web1", server_keys: [formatServerKey(KEY)], signed, ...changes });
  });

async function joinWith(
  folder: Scratch,
  behaviour: Behaviour,
  options: { token?: string; path?: string; prefix?: string } = {},
): Promise<{ path: string; out: CollectedOut; server: HostileServer }> {
  await using server = new HostileServer();
  server.on("POST", behaviour);
  const path = options.path ?? `${folder.path}/etc/host.toml`;
  const out = new CollectedOut();
  await join(`${server.url}${options.prefix ?? ""}`, options.token ?? TOKEN, { config: path }, out);
  return { path, out, server };
}

async function refused(behaviour: Behaviour, exit: Exit, message: RegExp): Promise<Failure> {
  await using folder = await scratch();
  const failure = await assertRefused(() => joinWith(folder, behaviour), exit, message);
  assert.ok(failure.hint);
  assert.ok(!printed(failure).includes(TOKEN) && isPrintable(failure.message));
  const path = `${folder.path}/etc/host.toml`;
  await assert.rejects(Deno.lstat(path), Deno.errors.NotFound, "it has not joined");
  return failure;
}

Deno.test("join() writes a host.toml that the gate accepts, and pins the server's key", async () => {
  await using folder = await scratch();
  const { path, out, server } = await joinWith(folder, joined(), { prefix: "/" });
  const us = [0, Deno.uid() ?? 0];
  const config = parseHostConfig(readTrusted(path, us), path);
  assert.deepEqual(
    [config.servers, config.server_keys, config.host, config.host_token],
    [[server.url], [formatServerKey(KEY)], "web1", TOKEN],
  );
  const { mode } = await Deno.stat(path);
  assert.equal((mode ?? 0) & 0o7777, 0o644);
  const [request] = server.received;
  assert.deepEqual(
    [server.received.length, request?.path, request?.authorization],
    [1, "/api/v1/join", `Bearer ${TOKEN}`],
  );
  // Root's, as everything that codes are sealed to.
  const isRoot = Deno.uid() === 0;
  const sent = isRoot ? { codes_key: keyAt(`${folder.path}/etc/host.key`) } : {};
  const { nonce, report_key, ...body } = JSON.parse(request?.body ?? "");
  assert.deepEqual(body, sent);
  const pair = readHostKey(`${folder.path}/etc/host.key`);
  const reports = pair && formatServerKey((await reportKey(pair)).publicKey);
  assert.deepEqual([report_key, report_key !== undefined], [reports, isRoot]);
  assert.match(nonce, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(request?.userAgent, `gatehouse/${VERSION}`);
  assert.equal(config.signed_offers, true);
  assert.match(
    out.text,
    /^joined http:\/\/127\.0\.0\.1:[0-9]+ as web1; wrote \S+\/host\.toml\nnext: .+$/,
  );
  assert.ok(!out.text.includes(TOKEN));
  assert.doesNotMatch(out.text, /docs\/|gatehouse sync/);
});

Deno.test("join() goes on without a key for reports where the server is too old to know of it", async () => {
  await using folder = await scratch();
  const { path, server } = await joinWith(
    folder,
    asked((request) => {
      const knows = JSON.parse(request.body).report_key === undefined;
      return Promise.resolve(knows ? joined() : problem(422, "Unprocessable Content"));
    }),
  );
  assert.equal(server.received.length, Deno.uid() === 0 ? 2 : 1);
  assert.equal(parseHostConfig(await Deno.readTextFile(path), path).host, "web1");
});

Deno.test("join() says that codes can be fetched where the server has some for this host", async () => {
  await using folder = await scratch();
  const { out } = await joinWith(folder, joined({ codes: true }));
  assert.match(out.text, /gatehouse enroll --user NAME; or, where PAM asks, .*: gatehouse sync$/);
});

Deno.test("join() has the host insist on signed links, whatever the answer says beside", async () => {
  for (const before of [undefined, "servers = []\nsigned_offers = false # not yet\n"]) {
    for (const offers of [true, false, undefined]) {
      await using folder = await scratch();
      const path = `${folder.path}/host.toml`;
      if (before !== undefined) await Deno.writeTextFile(path, before);
      await joinWith(folder, joined({ offers }), { path });
      assert.equal(parseHostConfig(await Deno.readTextFile(path), path).signed_offers, true);
    }
  }
});

Deno.test("join() refuses an answer that the token's server did not sign for this request", async () => {
  const plain = json(200, { host: "web1", server_keys: [formatServerKey(KEY)], offers: true });
  const unsigned = /^the answer is not signed by the server that made this token$/;
  const notOffers = { offers: false } as unknown as Partial<JoinClaims>;
  const behaviours = [
    plain,
    joined({ signed: "" }),
    joined({ signed: "a.b.c" }),
    joined({}, {}, forger),
    joined({}, { nonce: "N".repeat(43) }),
    joined({}, { aud: "web2" }),
    joined({}, notOffers),
  ];
  for (const behaviour of behaviours) await refused(behaviour, Exit.denied, unsigned);
});

Deno.test("join() refuses a server that goes by another codes key, and says what may be out", async () => {
  const another = publicHostKey(await makeHostKey());
  const isRoot = Deno.uid() === 0;
  for (const codes_key of [another, ...(isRoot ? [null] : [])]) {
    const failure = await refused(
      joined({}, { codes_key }),
      Exit.denied,
      /^the server goes by another key of this host than the one that was sent$/,
    );
    assert.match(failure.hint ?? "", /host revoke NAME.*host add NAME.*renew.*host\.codes_sent/);
  }
});

Deno.test("join() makes the file readable for all whatever the umask", async () => {
  await using folder = await scratch();
  const before = Deno.umask(0o077);
  try {
    const path = `${folder.path}/etc/gatehouse/host.toml`;
    await joinWith(folder, joined(), { path });
    const mode = (of: string) => (Deno.statSync(of).mode ?? 0) & 0o7777;
    assert.deepEqual([mode(path), mode(dirname(path))], [0o644, 0o755]);
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(dirname(path)))).map((entry) => entry.name).sort(),
      MADE,
    );
  } finally {
    Deno.umask(before);
  }
});

Deno.test("join() pins the token's key alone, whatever others the answer names", async () => {
  for (const server_keys of [[FORGED, KEY], [KEY, FORGED]]) {
    await using folder = await scratch();
    const { path } = await joinWith(
      folder,
      joined({ server_keys: server_keys.map(formatServerKey) }),
    );
    const config = parseHostConfig(await Deno.readTextFile(path), path);
    assert.deepEqual(config.server_keys, [formatServerKey(KEY)]);
  }
});

Deno.test("join() refuses a server that is not the one that made the token", async () => {
  const forged = joined({ server_keys: [formatServerKey(FORGED)] });
  await refused(
    forged,
    Exit.denied,
    /^the server that answered is not the one that made this token$/,
  );
});

Deno.test("join() refuses what a server answers that does not know the token", async () => {
  await refused(problem(401, "no", TOKEN), Exit.denied, /does not know this token$/);
});

Deno.test("join() refuses whatever is no gatehouse server", async () => {
  const behaviours: Behaviour[] = [
    answer(200, "text/html", "<p>welcome"),
    answer(200, "application/json", "{"),
    answer(404, "text/plain", ""),
    problem(500, "oops"),
    json(201, { host: "web1", server_keys: [formatServerKey(KEY)] }),
    joined({ host: "" }),
    joined({ host: "web1\n" }),
    joined({ host: "web\u202e1" }),
    joined({ host: 5 }),
    joined({ server_keys: [] }),
    joined({ server_keys: "x" }),
    joined({ server_keys: ["ssh-ed25519 AAAA"] }),
    endless("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(10_000)),
  ];
  for (const behaviour of behaviours) {
    await refused(behaviour, Exit.unreachable, /is no gatehouse server, or of another version/);
  }
});

Deno.test("join() says when nobody answers", async () => {
  const noAnswer: Behaviour[] = [
    hangUp,
    raw("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
    answer(302, "text/plain", "", "location: /elsewhere\r\n"),
  ];
  for (const behaviour of noAnswer) {
    await refused(behaviour, Exit.unreachable, /^http:\S+ does not answer$/);
  }
  await using folder = await scratch();
  const server = new HostileServer();
  await server.stop();
  await assertRefused(
    () => join(server.url, TOKEN, { config: `${folder.path}/host.toml` }, new CollectedOut()),
    Exit.unreachable,
    /does not answer$/,
  );
});

Deno.test("join() asks nobody with a wrong address or token, and does not repeat them", async () => {
  await using folder = await scratch();
  await using server = new HostileServer();
  const config = `${folder.path}/host.toml`;
  const run = (url: string, token: string) => () =>
    join(url, token, { config }, new CollectedOut());
  for (const url of ["", "auth.example.com", "ftp://x", "https://u:p@x", `${server.url}?x`]) {
    await assertRefused(run(url, TOKEN), Exit.usage, /^URL is not a web address$/);
  }
  for (const token of ["", "ghh_", TOKEN.slice(0, -1), `${TOKEN}x`, `${TOKEN}\n`]) {
    await assertRefused(run(server.url, token), Exit.usage, /^TOKEN is not a host token$/);
  }
  assert.equal(server.connections, 0);
});

Deno.test("join() touches nothing that it cannot fill in, says why, and asks nobody then", async () => {
  await using folder = await scratch();
  await using server = new HostileServer();
  server.on("POST", joined());
  const { path: before } = await joinWith(folder, joined(), { path: `${folder.path}/joined.toml` });
  const others = await folder.file("others.toml", "servers = []\n");
  await Deno.chmod(others, 0o666);
  await Deno.symlink("nowhere", `${folder.path}/dangling`);
  const cases: [config: string, message: RegExp, hint: RegExp][] = [
    [
      before,
      /joined\.toml names servers already$/,
      /joined before.* mv .*copy \[policy\] and \[codes\]/,
    ],
    [await folder.file("a.toml", "mine"), /a\.toml:1:[0-9]+: /, /not valid TOML/],
    [await folder.file("b.toml", ""), /b\.toml: servers: missing/, /^mend /],
    [await folder.file("c.toml", "servers = []\nx = 1\n"), /c\.toml: x: unknown key/, /^mend /],
    [others, /others\.toml can be written by others/, /chmod go-w/],
    [`${folder.path}/dangling`, /dangling is not a regular file$/, /move it away/],
    [folder.path, / is not a regular file$/, /move it away/],
  ];
  for (const [config, message, hint] of cases) {
    const text = await Deno.readTextFile(config).catch(() => undefined);
    const run = () => join(server.url, TOKEN, { config }, new CollectedOut());
    const failure = await assertRefused(run, Exit.config, message);
    assert.match(failure.hint ?? "", hint);
    assert.equal(await Deno.readTextFile(config).catch(() => undefined), text);
  }
  assert.equal(server.connections, 0);
});

/** What the keys of joined() look like in a file. */
const keysAt = (server: HostileServer) => ({
  servers: `servers = [ "${server.url}" ]`,
  others: [
    `server_keys = [ "${formatServerKey(KEY)}" ]`,
    'host = "web1"',
    `host_token = "${TOKEN}"`,
    "signed_offers = true",
  ].join("\n"),
});

Deno.test("join() fills in the keys of a host without servers, and leaves all else as it is", async () => {
  await using folder = await scratch();
  const path = await folder.file(
    "host.toml",
    '# ours\n  servers = []  # "none" #\n\ntimeout = "30s"\n\n[policy] # strict\nunenrolled = "enroll"\n' +
      '[codes]\ngrace_period = "1h"   # host = "x"\n',
  );
  await Deno.chmod(path, 0o640);
  const { out, server } = await joinWith(folder, joined(), { path });
  const { servers, others } = keysAt(server);
  const text = await Deno.readTextFile(path);
  assert.equal(
    text,
    `# ours\n${servers}  # "none" #\n${others}\n\ntimeout = "30s"\n\n[policy] # strict\nunenrolled = "enroll"\n` +
      '[codes]\ngrace_period = "1h"   # host = "x"\n',
  );
  const config = parseHostConfig(text, path);
  assert.deepEqual([config.policy.unenrolled, config.codes.grace_period], ["enroll", 3_600_000]);
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o7777, 0o640);
  assert.match(out.text, /^joined \S+ as web1; wrote \S+\/host\.toml\nnext: .+$/);
  const names = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  assert.deepEqual(names.sort(), MADE);
});

Deno.test("join() does not take an account's contact for a key of its own", async () => {
  await using folder = await scratch();
  const contacts = '\n[contacts]\nhost = "zhangsan"\nservers = ["lisi"]\n';
  const path = await folder.file("host.toml", `servers = []\n${contacts}`);
  const { server } = await joinWith(folder, joined(), { path });
  const { servers, others } = keysAt(server);
  const text = await Deno.readTextFile(path);
  assert.equal(text, `${servers}\n${others}\n${contacts}`);
  assert.deepEqual([...parseHostConfig(text, path).contacts], [
    ["host", ["zhangsan"]],
    ["servers", ["lisi"]],
  ]);
});

Deno.test("join() replaces what such a host has of the other keys, whatever its line ends", async () => {
  await using folder = await scratch();
  const texts: [old: string, expected: (keys: ReturnType<typeof keysAt>) => string][] = [
    ["servers = []", ({ servers, others }) => `${servers}\n${others}`],
    [
      'host = "old#1" # named\nservers=[ ]\n',
      ({ servers, others }) =>
        `host = "web1" # named\n${servers}\n${others.replace('host = "web1"\n', "")}\n`,
    ],
    [
      'servers = []\r\nhost = "x" # y\r\ntimeout = "5s"\r\n',
      ({ servers, others }) => {
        const [key, host, ...rest] = others.split("\n");
        const lines = [servers, key, ...rest, `${host} # y`, 'timeout = "5s"', ""];
        return lines.join("\r\n");
      },
    ],
  ];
  for (const [index, [old, expected]] of texts.entries()) {
    const path = await folder.file(`${index}.toml`, old);
    const { server } = await joinWith(folder, joined(), { path });
    assert.equal(await Deno.readTextFile(path), expected(keysAt(server)));
  }
});

Deno.test("join() leaves a file alone whose keys it cannot tell, and says what to do", async () => {
  await using folder = await scratch();
  const texts = [
    '"servers" = []\n',
    "servers = [\n]\n",
    "servers = []\nserver_keys = [\n]\n",
  ];
  for (const [index, text] of texts.entries()) {
    const path = await folder.file(`${index}.toml`, text);
    const run = () => joinWith(folder, joined(), { path });
    const failure = await assertRefused(run, Exit.config, /in a form that cannot be edited$/);
    assert.match(failure.hint ?? "", /servers = \[\] on a line of its own; or .* mv /);
    assert.equal(await Deno.readTextFile(path), text);
  }
});

Deno.test("join() replaces no file that somebody else wrote meanwhile", async () => {
  await using folder = await scratch();
  const path = await folder.file("host.toml", "servers = []\n");
  const meanwhile = 'servers = []\ntimeout = "5s"\n';
  const late: Behaviour = async (...connection) => {
    await Deno.writeTextFile(path, meanwhile);
    await joined()(...connection);
  };
  await assertRefused(
    () => joinWith(folder, late, { path }),
    Exit.config,
    /somebody else meanwhile$/,
  );
  assert.equal(await Deno.readTextFile(path), meanwhile);
  await using other = await scratch();
  const made: Behaviour = async (...connection) => {
    await other.file("host.toml", "theirs");
    await joined()(...connection);
  };
  const run = () => joinWith(other, made, { path: `${other.path}/host.toml` });
  await assertRefused(run, Exit.config, /somebody else meanwhile$/);
  assert.equal(await Deno.readTextFile(`${other.path}/host.toml`), "theirs");
});

Deno.test("join() says when the file cannot be written", async () => {
  await using folder = await scratch();
  const file = await folder.file("file", "");
  for (
    const [path, message] of [
      [`${file}/host.toml`, /^cannot look at \S+: a part of the path is no directory$/],
      ["/proc/none/host.toml", /^cannot write \S+: \S/],
    ] as const
  ) {
    await assertRefused(() => joinWith(folder, joined(), { path }), Exit.config, message);
  }
});

Deno.test("no host name can smuggle anything into host.toml", async () => {
  await using folder = await scratch();
  const hostile = fc.array(
    fc.constantFrom('"', "'", '"""', "'''", "\\", "\\n", "#", "]", "=", "[policy]", " ", "é", "🦀"),
    { minLength: 1, maxLength: 20 },
  ).map((parts) => parts.join(""));
  const name = fc.oneof(hostile, fc.string({ minLength: 1, maxLength: 60 }));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(name, async (host) => {
      fc.pre(isPrintable(host));
      const keys = ["servers", "server_keys", "host", "host_token", "signed_offers"];
      for (const before of [undefined, "servers = []\n[policy]\n"]) {
        const path = `${folder.path}/${run++}.toml`;
        if (before !== undefined) await Deno.writeTextFile(path, before);
        await joinWith(folder, joined({ host }), { path });
        const text = await Deno.readTextFile(path);
        assert.equal(parseHostConfig(text, path).host, host);
        assert.deepEqual(Object.keys(parse(text)).filter((key) => key !== "policy"), keys);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("join() sends the key that is there already, and replaces none", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await scratch();
  await joinWith(folder, joined());
  const key = keyAt(`${folder.path}/etc/host.key`);
  await Deno.remove(`${folder.path}/etc/host.toml`);
  const { server } = await joinWith(folder, joined());
  assert.equal(JSON.parse(server.received[0]?.body ?? "").codes_key, key);
  assert.equal(keyAt(`${folder.path}/etc/host.key`), key);
});

Deno.test("join() comes with the same key after an answer that was lost", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await scratch();
  await assertRefused(() => joinWith(folder, hangUp), Exit.unreachable, /does not answer$/);
  const key = keyAt(`${folder.path}/etc/host.key`);
  const { server } = await joinWith(folder, joined());
  assert.equal(JSON.parse(server.received[0]?.body ?? "").codes_key, key);
});

Deno.test("join() keeps no new key where nobody has heard of it, and an old one in any case", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await scratch();
  const tls = {
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    cert: TEST_CERT,
    key: TEST_KEY,
  };
  await using distrusted = Deno.serve(tls, () => new Response(""));
  const gone = new HostileServer();
  await gone.stop();
  const cases: [url: string, message: RegExp][] = [
    [`https://127.0.0.1:${distrusted.addr.port}`, /^https:\S+ is not trusted$/],
    [gone.url, /^http:\S+ does not answer$/],
  ];
  const config = `${folder.path}/etc/host.toml`;
  const key = `${folder.path}/etc/host.key`;
  const names = () => [...Deno.readDirSync(`${folder.path}/etc`)].map(({ name }) => name);
  const all = async () => {
    for (const [url, message] of cases) {
      const run = () => join(url, TOKEN, { config }, new CollectedOut());
      await assertRefused(run, Exit.unreachable, message);
    }
  };
  await all();
  assert.deepEqual(names(), []);
  await assertRefused(() => joinWith(folder, hangUp), Exit.unreachable, /does not answer$/);
  const there = keyAt(key);
  await all();
  assert.equal(keyAt(key), there);
});

Deno.test("join() says that somebody has joined with the token before, and what may be out", async () => {
  const failure = await refused(
    problem(409, "Conflict"),
    Exit.denied,
    /^http:\S+ says that this token was used to join before, with another key or none$/,
  );
  assert.match(failure.hint ?? "", /may have fetched codes.*host revoke NAME.*host\.codes_sent/);
});

Deno.test("join() says when a server is asked too often", async () => {
  await refused(problem(429, "Too many requests"), Exit.unreachable, /with this token too often$/);
});
