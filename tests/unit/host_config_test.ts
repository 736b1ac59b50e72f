import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { hasServers, parseHostConfig } from "../../lib/config/host.ts";
import { isContact, MAX_CONTACTS } from "../../lib/core/contact.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
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
    signed_offers = false
    language = "auto"                       # auto | en | zh-CN
    contact = "server"                      # server | gecos

    [policy]
    noninteractive = "require"              # require | skip
    unenrolled = "deny"                     # deny | enroll | allow
    offline = "code"                        # code | deny | allow
    exempt_users = []
    exempt_groups = []
    exempt_sources = []                     # CIDR, IPv4 and IPv6

    [codes]
    totp_secrets = ""
    emergency = "/etc/gatehouse/emergency"
    reuse = "never"                         # never | file
    noskewadj = false
    no_increment_hotp = false
    no_strict_owner = false
    allowed_perm = "0600"
    grace_period = "0s"

    [contacts]
  `);
  assert.deepEqual(config, parseObject(minimal));
});

Deno.test("parseHostConfig() is strict where nothing is said", () => {
  const config = parseObject(minimal);
  const { timeout, connect_timeout, signed_offers, policy, codes, contact, contacts } = config;
  assert.deepEqual([timeout, connect_timeout, signed_offers], [60_000, 2_000, false]);
  assert.deepEqual([contact, contacts], ["server", new Map()]);
  assert.deepEqual(policy, {
    noninteractive: "require",
    unenrolled: "deny",
    offline: "code",
    exempt_users: [],
    exempt_groups: [],
    exempt_sources: [],
  });
  assert.deepEqual(codes, {
    totp_secrets: "",
    emergency: "/etc/gatehouse/emergency",
    reuse: "never",
    noskewadj: false,
    no_increment_hotp: false,
    no_strict_owner: false,
    allowed_perm: 0o600,
    grace_period: 0,
  });
});

Deno.test("parseHostConfig() takes a host without servers, which then needs no key and no name", () => {
  const alone = parse("servers = []");
  assert.ok(!hasServers(alone));
  assert.deepEqual([alone.server_keys, alone.host, alone.host_token], [
    undefined,
    undefined,
    undefined,
  ]);
  const left = parseObject({ ...minimal, servers: [] });
  assert.deepEqual([hasServers(left), left.host], [false, "web1"]);
  assert.deepEqual(parse("servers = []\nserver_keys = []").server_keys, []);
  const joined = parseObject(minimal);
  assert.ok(hasServers(joined) && joined.host_token === TOKEN);
});

Deno.test("parseHostConfig() wants all of it for the first server", async () => {
  const failure = await failureOf(() => parse('servers = ["https://a.example"]'));
  assert.deepEqual(failure.message.replaceAll("/etc/gatehouse/host.toml: ", "").split("\n"), [
    "server_keys: missing",
    "host: missing",
    "host_token: missing",
  ]);
});

Deno.test("parseHostConfig() checks what a host without servers says all the same", async () => {
  const failure = await failureOf(() =>
    parse(`servers = []\nhost = ""\nserver_keys = ["short"]\nhost_token = "x"\ncolour = 1`)
  );
  assert.deepEqual(failure.message.replaceAll("/etc/gatehouse/host.toml: ", "").split("\n"), [
    'server_keys, entry 1: must be "ed25519:" and 43 characters, found "short"',
    'host: must not be empty, found ""',
    "host_token: must be the host's token",
    "colour: unknown key",
  ]);
});

Deno.test("parseHostConfig() reads modes as octal and grace periods in milliseconds", () => {
  const codes = (changes: Record<string, unknown>) =>
    parseObject({ ...minimal, codes: changes }).codes;
  for (
    const [text, mode] of [["0600", 0o600], ["600", 0o600], ["0640", 0o640], [
      "1777",
      0o1777,
    ]] as const
  ) {
    assert.equal(codes({ allowed_perm: text }).allowed_perm, mode);
  }
  for (
    const [text, ms] of [["0s", 0], ["90s", 90_000], ["12h", 43_200_000], [
      "720h",
      2_592_000_000,
    ]] as const
  ) {
    assert.equal(codes({ grace_period: text }).grace_period, ms);
  }
});

Deno.test("parseHostConfig() reports every fault at once and no secret", async () => {
  const failure = await failureOf(() =>
    parse(`
      servers = ["a.example"]
      server_keys = ["ed25519:short"]
      host_token = "${TOKEN} with spaces"
      timeout = "10m"
      colour = "blue"
      [policy]
      offline = "open"
      exempt_sources = ["10.0.0.0/33", "10.0.0.0/8"]
      [codes]
      secret = "relative"
      allowed_perm = 600
      noskewadj = "no"
      grace_period = "31d"
    `)
  );
  assert.deepEqual(failure.message.replaceAll("/etc/gatehouse/host.toml: ", "").split("\n"), [
    'servers, entry 1: must be a web address such as "https://auth.example.com", without user, query or ' +
    'fragment, found "a.example"',
    'server_keys, entry 1: must be "ed25519:" and 43 characters, found "ed25519:short"',
    "host: missing",
    "host_token: must be the host's token",
    'timeout: must be at most 300 s, found "10m"',
    'policy.offline: must be one of ("code" | "deny" | "allow"), found "open"',
    'policy.exempt_sources, entry 1: must be a network or address such as "10.0.0.0/8" or ' +
    '"2001:db8::/32", found "10.0.0.0/33"',
    "codes.secret: must be a path that begins with /, ~/, ${HOME}/ or %h/",
    'codes.noskewadj: must be true or false, found "no"',
    'codes.allowed_perm: must be a file mode in quotes, such as "0600", found 600',
    'codes.grace_period: must be a number with ms, s, m or h, such as "60s", found "31d"',
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
    assert.match(fault, /^policy\.exempt_sources, entry 1: must be a network/, bad);
  }
});

Deno.test("parseHostConfig() refuses each wrong value by its key", async () => {
  const cases: [key: string, changes: Record<string, unknown>][] = [
    ["servers", { servers: "https://a.example" }],
    ["servers, entry 1", { servers: ["a.example"] }],
    ["servers, entry 2", { servers: ["https://a.example", "https://u:p@b.example"] }],
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
    ["signed_offers", { signed_offers: "true" }],
    ["language", { language: "fr" }],
    ["policy.noninteractive", { policy: { noninteractive: "allow" } }],
    ["policy.unenrolled", { policy: { unenrolled: "nullok" } }],
    ["policy.exempt_users, entry 1", { policy: { exempt_users: [0] } }],
    ["policy.exempt_groups, entry 1", { policy: { exempt_groups: [""] } }],
    ["policy.exempt_user", { policy: { exempt_user: [] } }],
    ["codes.secret", { codes: { secret: "" } }],
    ["codes.secret", { codes: { secret: "~other/x" } }],
    ["codes.totp_secrets", { codes: { totp_secrets: "etc/x" } }],
    ["codes.spent", { codes: { spent: "/a\n/b" } }],
    ["codes.emergency", { codes: { emergency: "${HOME}/emergency" } }],
    ["codes.emergency", { codes: { emergency: "~/emergency" } }],
    ["codes.emergency", { codes: { emergency: "" } }],
    ["codes.emergency", { codes: { emergency: "/" } }],
    ["codes.emergency", { codes: { emergency: "/etc/a\u202e" } }],
    ["contact", { contact: "gecko" }],
    ["contact", { contact: "" }],
    ["contacts", { contacts: ["zhangsan"] }],
    ["contacts.alice", { contacts: { alice: 7 } }],
    ["contacts.alice", { contacts: { alice: "@all" } }],
    ["contacts.alice", { contacts: { alice: "a|b" } }],
    ["contacts.alice", { contacts: { alice: [] } }],
    ["contacts.alice", { contacts: { alice: Array.from("123456789") } }],
    ["contacts.alice, entry 2", { contacts: { alice: ["a", ""] } }],
    ["contacts.alice", { contacts: { alice: { id: "a" } } }],
    ["contacts.", { contacts: { "": "a" } }],
    ["contacts.al\\u{202e}ice", { contacts: { "al\u202eice": "a" } }],
    ["codes.reuse", { codes: { reuse: "always" } }],
    ["codes.no_increment_hotp", { codes: { no_increment_hotp: 1 } }],
    ["codes.no_strict_owner", { codes: { no_strict_owner: "yes" } }],
    ["codes.allowed_perm", { codes: { allowed_perm: "0o600" } }],
    ["codes.allowed_perm", { codes: { allowed_perm: "0680" } }],
    ["codes.allowed_perm", { codes: { allowed_perm: "60" } }],
    ["codes.allowed_perm", { codes: { allowed_perm: "00600" } }],
    ["codes.allowed_perm", { codes: { allowed_perm: "0000" } }],
    ["codes.grace_period", { codes: { grace_period: "721h" } }],
    ["codes.grace_period", { codes: { grace_period: "-1s" } }],
    ["codes.grace_period", { codes: { grace_period: 60 } }],
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

Deno.test("parseHostConfig() takes contacts of an account, one or several", () => {
  const { contact, contacts } = parse(`
    servers = []
    contact = "gecos"
    [contacts]
    alice = "zhangsan"
    bob = ["li.si", "wang-wu@example.com"]
    "domain user" = "0"
  `);
  assert.equal(contact, "gecos");
  assert.deepEqual([...contacts], [
    ["alice", ["zhangsan"]],
    ["bob", ["li.si", "wang-wu@example.com"]],
    ["domain user", ["0"]],
  ]);
  assert.deepEqual([contacts.get("toString"), contacts.get("carol")], [undefined, undefined]);
});

Deno.test("parseHostConfig() takes for a contact what isContact() does, and nothing else", () => {
  const eight = fc.array(fc.oneof(fc.string({ maxLength: 6 }), fc.constant("zhangsan")), {
    maxLength: 10,
  });
  fc.assert(fc.property(eight, (ids) => {
    const good = ids.length > 0 && ids.length <= MAX_CONTACTS && ids.every(isContact);
    let contacts: unknown;
    try {
      contacts = parseObject({ ...minimal, contacts: { alice: ids } }).contacts.get("alice");
    } catch (error) {
      assert.ok(error instanceof Failure);
    }
    assert.deepEqual(contacts, good ? ids : undefined);
  }));
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
