import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { parseHostConfig } from "../../lib/config/host.ts";
import { Exit } from "../../lib/core/errors.ts";
import { assertRefused, failureOf, printed } from "../support/failure.ts";

const KEY = `ed25519:${"A".repeat(43)}`;
const TOKEN = "ghh_this-is-the-secret-token";

const minimal = {
  servers: ["https://a.example"],
  server_keys: [KEY],
  host: "web1",
  host_token: TOKEN,
};

const parse = (text: string) => parseHostConfig(text, "/etc/gatehouse/host.toml");
const parseObject = (object: Record<string, unknown>) => parse(stringify(object));

async function faultsOf(changes: Record<string, unknown>): Promise<string[]> {
  const run = () => parseObject({ ...minimal, ...changes });
  const failure = await assertRefused(run, Exit.config, /./);
  return failure.message.split("\n").map((fault) => {
    assert.ok(fault.startsWith("/etc/gatehouse/host.toml: "), fault);
    return fault.slice("/etc/gatehouse/host.toml: ".length);
  });
}

Deno.test("parseHostConfig() reads the documented example", () => {
  const config = parse(`
    servers = ["https://a.example"]         # tried in order
    server_keys = ["${KEY}"]     # two during rotation
    host = "web1"
    host_token = "${TOKEN}"
    timeout = "60s"
    connect_timeout = "2s"
    language = "auto"                       # auto | en | zh-CN

    [policy]
    noninteractive = "require"              # require | skip
    unenrolled = "deny"
    offline = "code"                        # code | deny | allow
    exempt_users = []
    exempt_groups = []
    exempt_sources = []                     # CIDR, IPv4 and IPv6

    [codes]
    secret = "\${HOME}/.google_authenticator"
    totp_secrets = ""
  `);
  assert.deepEqual(config, parseObject(minimal));
});

Deno.test("parseHostConfig() is strict where nothing is said", () => {
  const { timeout, connect_timeout, policy, codes } = parseObject(minimal);
  assert.deepEqual({ timeout, connect_timeout }, { timeout: 60_000, connect_timeout: 2_000 });
  assert.deepEqual(policy, {
    noninteractive: "require",
    unenrolled: "deny",
    offline: "code",
    exempt_users: [],
    exempt_groups: [],
    exempt_sources: [],
  });
  assert.equal(codes.totp_secrets, "");
});

Deno.test("parseHostConfig() reports every fault at once and no secret", async () => {
  const failure = await failureOf(() =>
    parse(`
      servers = []
      server_keys = ["ed25519:short"]
      host_token = "${TOKEN} with spaces"
      timeout = "10m"
      colour = "blue"
      [policy]
      offline = "open"
      exempt_sources = ["10.0.0.0/33", "10.0.0.0/8"]
      [codes]
      secret = "relative"
    `)
  );
  assert.deepEqual(failure.message.replaceAll("/etc/gatehouse/host.toml: ", "").split("\n"), [
    "servers: must name at least one server, found a list of 0",
    'server_keys.0: must be "ed25519:" and 43 characters, found "ed25519:short"',
    "host: missing",
    "host_token: must be the host's token",
    'timeout: must be at most 300 s, found "10m"',
    'policy.offline: must be one of ("code" | "deny" | "allow"), found "open"',
    'policy.exempt_sources.0: must be a network or address such as "10.0.0.0/8" or ' +
    '"2001:db8::/32", found "10.0.0.0/33"',
    "codes.secret: must be a path that begins with /, ~/, ${HOME}/ or %h/",
    "colour: unknown key",
  ]);
  assert.ok(!printed(failure).includes(TOKEN));
  assert.ok(failure.hint?.includes("/etc/gatehouse/host.toml"));
});

Deno.test("parseHostConfig() checks the networks of exempt_sources when it loads them", async () => {
  const good = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/0"];
  assert.deepEqual(
    parseObject({ ...minimal, policy: { exempt_sources: good } }).policy.exempt_sources,
    good,
  );
  for (const bad of ["10.0.0.0/33", "::/129", "10/8", "example.com", "", "010.0.0.0/8", "::1/"]) {
    const [fault = ""] = await faultsOf({ policy: { exempt_sources: [bad] } });
    assert.match(fault, /^policy\.exempt_sources\.0: must be a network/, bad);
  }
});

Deno.test("parseHostConfig() refuses each wrong value by its key", async () => {
  const cases: [key: string, changes: Record<string, unknown>][] = [
    ["servers", { servers: "https://a.example" }],
    ["servers.0", { servers: ["a.example"] }],
    ["servers.1", { servers: ["https://a.example", "https://u:p@b.example"] }],
    ["server_keys", { server_keys: [] }],
    ["server_keys", { server_keys: [KEY, KEY, KEY] }],
    ["host", { host: "" }],
    ["host", { host: "web\u202e1" }],
    ["host", { host: "x".repeat(129) }],
    ["host_token", { host_token: "short" }],
    ["timeout", { timeout: "500ms" }],
    ["timeout", { timeout: 60 }],
    ["timeout", { timeout: "60" }],
    ["connect_timeout", { connect_timeout: "1h" }],
    ["language", { language: "fr" }],
    ["policy.noninteractive", { policy: { noninteractive: "allow" } }],
    ["policy.unenrolled", { policy: { unenrolled: "enroll" } }],
    ["policy.exempt_users.0", { policy: { exempt_users: [0] } }],
    ["policy.exempt_groups.0", { policy: { exempt_groups: [""] } }],
    ["policy.exempt_user", { policy: { exempt_user: [] } }],
    ["codes.secret", { codes: { secret: "" } }],
    ["codes.secret", { codes: { secret: "~other/x" } }],
    ["codes.totp_secrets", { codes: { totp_secrets: "etc/x" } }],
    ["codes.spent", { codes: { spent: "/a\n/b" } }],
  ];
  for (const [key, changes] of cases) {
    const faults = await faultsOf(changes);
    assert.equal(faults.length, 1, faults.join());
    assert.ok(faults[0]?.startsWith(`${key}: `), faults[0]);
  }
});

Deno.test("parseHostConfig() takes each kind of path", () => {
  for (const secret of ["/x/${USER}", "~/x", "${HOME}/x", "%h/x"]) {
    const { codes } = parseObject({ ...minimal, codes: { secret, totp_secrets: secret } });
    assert.deepEqual([codes.secret, codes.totp_secrets], [secret, secret]);
  }
});

Deno.test("parseHostConfig() names what an empty or cut-off file lacks", async () => {
  const failure = await failureOf(() => parse(""));
  assert.equal(failure.message.split("\n").length, 4);
  const whole = stringify(minimal);
  for (let length = 0; length < whole.length - 2; length += 3) {
    const { exit } = await failureOf(() => parse(whole.slice(0, length)));
    assert.equal(exit, Exit.config);
  }
});

Deno.test("parseHostConfig() says nothing of the token, whatever is wrong with the file", async () => {
  // The token as written by people in a hurry: wrong type, wrong quotes, cut off, control characters.
  const written = fc.oneof(
    fc.constantFrom(
      `"${TOKEN}`,
      TOKEN,
      `'${TOKEN}"`,
      `["${TOKEN}"]`,
      `{ a = "${TOKEN}" }`,
      `"${TOKEN}\\q"`,
      `"${TOKEN}\\u0000"`,
      `"""${TOKEN}\n"""`,
      `"${TOKEN}" "${TOKEN}"`,
      `"${TOKEN}" # fine`,
    ),
    fc.string().map((junk) => `"${TOKEN}${junk}`),
  );
  const others = fc.array(
    fc.constantFrom(
      "servers = 1",
      'host = "web1"',
      "[policy]",
      "[policy]\n[policy]",
      "timeout = [",
      "x =",
      `server_keys = ["${KEY}"]`,
    ),
  );
  await fc.assert(fc.asyncProperty(others, written, others, async (before, token, after) => {
    const text = [...before, `host_token = ${token}`, ...after].join("\n");
    const failure = await failureOf(() => parse(text));
    assert.ok(!printed(failure).includes("this-is-the-secret"), failure.message);
  }));
});
