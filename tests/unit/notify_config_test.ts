import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { type ChannelConfig, holdsSecret } from "../../lib/config/notify.ts";
import { parseServerConfig } from "../../lib/config/server.ts";
import { Failure } from "../../lib/core/errors.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { anyText } from "../support/texts.ts";

function channels(toml: string): readonly ChannelConfig[] {
  return parseServerConfig(toml, "server.toml").notify;
}

function faults(toml: string): string[] {
  try {
    channels(toml);
  } catch (error) {
    if (error instanceof Failure) return error.message.split("\n").toSorted();
    throw error;
  }
  return [];
}

const SECRET = "Sg-0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const WECOM = `
[[notify]]
type = "wecom"
corpid = "ww0123456789abcdef"
agentid = 1000002
`;
const WEBHOOK = `
[[notify]]
type = "webhook"
url = "https://hooks.example.com/x"
`;
const COMMAND = '[[notify]]\ntype = "command"\nargv = ["/usr/local/bin/tell"]\n';
const NTFY = '[[notify]]\ntype = "ntfy"\n';

Deno.test("a channel needs little, and writes Chinese to WeCom's own address", () => {
  deepEqual(channels(`${WECOM}secret = "${SECRET}"`), [{
    type: "wecom",
    name: "wecom",
    reach: "person",
    language: "zh-CN",
    sends: ["request", "pin", "alert"],
    alerts: [],
    buttons: false,
    proxy: null,
    settings: {
      corpid: "ww0123456789abcdef",
      agentid: 1_000_002,
      url: "https://qyapi.weixin.qq.com",
    },
    secrets: { secret: { in: "toml", value: SECRET } },
  }]);
});

Deno.test("a group gets requests and alerts, and PINs only where server.toml says so", () => {
  const [usual] = channels(`${WEBHOOK}secret_env = "HOOK_SECRET"`);
  deepEqual(usual?.sends, ["request", "alert"]);
  equal(usual?.language, "en");
  deepEqual(usual?.secrets, { secret: { in: "environment", name: "HOOK_SECRET" } });
  const [told] = channels(`${WEBHOOK}secret_file = "hook"\nsends = ["pin", "request", "pin"]`);
  deepEqual(told?.sends, ["request", "pin"]);
  deepEqual(told?.secrets, { secret: { in: "file", path: "hook" } });
});

Deno.test("several channels, also of one type, are told apart by their names", () => {
  const two = `${COMMAND}${COMMAND}name = "second"\n${NTFY}proxy = "http://proxy.example:3128"`;
  deepEqual(channels(two).map(({ name }) => name), ["command", "second", "ntfy"]);
  deepEqual(faults(`${COMMAND}${NTFY}${COMMAND}`), [
    "server.toml: [[notify]] 3 (command): name: must be another one than that of [[notify]] 1, " +
    'which is "command", too, found "command"',
  ]);
  deepEqual(faults(`${COMMAND}name = "ntfy"\n${NTFY}language = "de"`), [
    'server.toml: [[notify]] 2 (ntfy): language: must be one of ("en" | "zh-CN"), found "de"',
    "server.toml: [[notify]] 2 (ntfy): name: must be another one than that of [[notify]] 1, " +
    'which is "ntfy", too, found "ntfy"',
  ]);
});

Deno.test("there may be 32 channels", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => `${COMMAND}name = "c${index}"\n`).join("");
  equal(channels(many(32)).length, 32);
  deepEqual(faults(many(33)), [
    "server.toml: notify: must be 32 channels at most, found a list of 33",
  ]);
});

const at = (channel: string) => `server.toml: [[notify]] 1 (${channel}): `;
const CASES: readonly (readonly [toml: string, ...faults: (string | RegExp)[]])[] = [
  [WECOM, `${at("wecom")}secret: missing: set secret_file, secret_env or secret`],
  [
    `${WECOM}secret = "${SECRET}"\nsecret_file = "/a"\nsecret_env = "A"`,
    `${at("wecom")}secret_env: must not be set together with secret`,
    `${at("wecom")}secret_file: must not be set together with secret`,
  ],
  [`${WECOM}secret = "two words"`, `${at("wecom")}secret: must be visible ASCII without spaces`],
  [`${WECOM}secret = 7`, `${at("wecom")}secret: must be text in quotes`],
  [
    `${WECOM}secret_file = "../x"`,
    `${
      at("wecom")
    }secret_file: must be an absolute path, or the name of one of systemd's credentials`,
  ],
  [
    `${WECOM}secret_env = "A B"`,
    `${at("wecom")}secret_env: must be the name of a variable of the environment`,
  ],
  [
    `${WECOM}secert = "${SECRET}"\nagent = 1`,
    `${at("wecom")}agent: unknown key; did you mean agentid?`,
    `${at("wecom")}secert: unknown key; did you mean secret?`,
    `${at("wecom")}secret: missing: set secret_file, secret_env or secret`,
  ],
  [
    '[[notify]]\ntype = "wecom_robot"\ntoken_file = "/a"\npassword = "b"',
    `${at("wecom_robot")}key: missing: set key_file, key_env or key`,
    `${at("wecom_robot")}password: unknown key; did you mean key?`,
    `${at("wecom_robot")}token_file: unknown key; did you mean key_file?`,
  ],
  [`${WECOM}secret_env = "A"\ncolour = "${SECRET}"`, `${at("wecom")}colour: unknown key`],
  [
    `${WECOM}secret_env = "A"\nurl = "http://wecom.example.com/${SECRET}"`,
    `${at("wecom")}url: must begin with https:// (http:// only on this machine)`,
  ],
  [
    `${WECOM}secret_env = "A"\nalerts = ["lisi", "@all"]`,
    `${at("wecom")}alerts, entry 2: must be the account of a member, found "@all"`,
  ],
  [
    `${WECOM}secret_env = "A"\nalerts = [${Array(9).fill('"a"')}]`,
    `${at("wecom")}alerts: must be 8 at most, found a list of 9`,
  ],
  [
    `${WECOM}secret_env = "A"\nalerts = ["a"]\nsends = ["pin"]`,
    `${at("wecom")}alerts: must not be set where sends has no "alert"`,
  ],
  [
    `${COMMAND}alerts = ["a"]\nbuttons = true\nproxy = "http://u:${SECRET}@p.example:1"`,
    `${at("command")}alerts: must not be set: whoever reads command gets all alerts`,
    `${at("command")}buttons: must be false: nothing can be answered in command, found true`,
    `${at("command")}proxy: must not be set: a program connects by itself`,
  ],
  [
    `${NTFY}proxy = "socks5://u:${SECRET}@p.example:1"`,
    `${at("ntfy")}proxy: must be "http://HOST:PORT" or "http://USER:PASSWORD@HOST:PORT"`,
  ],
  [
    `${NTFY}name = "grant"`,
    `${
      at("grant")
    }name: must be 1 to 32 lower-case letters, digits, - and _, the first a letter, and no ` +
    'word of gatehouse\'s own (admin, person, grant, link, pin, code, …), found "grant"',
  ],
  [`${NTFY}proxy = "http://p.example"`, /^.*proxy: must be "http:\/\/HOST:PORT"/],
  [
    `${NTFY}sends = []\nbuttons = 1\nname = "Two Words"`,
    `${at("Two Words")}buttons: must be true or false, found 1`,
    /name: must be 1 to 32 lower-case letters, digits, - and _, .*, found "Two Words"$/,
    `${at("Two Words")}sends: must name some of "request", "pin", "alert", found a list of 0`,
  ],
  [
    `${NTFY}sends = ["login"]`,
    `${at("ntfy")}sends, entry 1: must be one of ("request" | "pin" | "alert"), found "login"`,
  ],
  ['[[notify]]\nname = "a"', `${at("a")}type: missing`],
  ["[[notify]]\ntype = 7", `server.toml: [[notify]] 1: type: must be text in quotes, found 7`],
  [
    `[[notify]]\ntype = "telegarm"\nlanguage = "de"\ntoken = "${SECRET}"`,
    `${at("telegarm")}language: must be one of ("en" | "zh-CN"), found "de"`,
    /^server.toml: \[\[notify\]\] 1 \(telegarm\): type: must be one of "wecom", .*"command" \(did you mean "telegram"\?\), found "telegarm"$/,
  ],
  [
    `[[notify]]\ntype = "carrier pigeon"`,
    /^server.toml: \[\[notify\]\] 1 \(carrier pigeon\): type: must be one of "wecom", .*"command", found "carrier pigeon"$/,
  ],
  ["notify = [7]", /^server.toml: notify, entry 1: must be a table, found 7$/],
  [
    "[notify]\ntype = 'wecom'",
    "server.toml: notify: must be a list in square brackets, found a table",
  ],
  [
    `${COMMAND.replace("/usr/local/bin/", "")}`,
    `${at("command")}argv: must begin with the program, by its absolute path: ` +
    '["/usr/local/bin/tell", "--loud"]',
  ],
  [`${COMMAND}timeout = "26s"`, `${at("command")}timeout: must be at most 25 s, found "26s"`],
  [
    `${WECOM}secret_env = "A"\nbuttons = true\nsends = ["pin"]`,
    `${at("wecom")}buttons: must be false where sends has no "request", found true`,
    /aes_key: missing.*: set aes_key_file, aes_key_env or aes_key$/,
    /token: missing.*: set token_file, token_env or token$/,
  ],
];

for (const [toml, ...expected] of CASES) {
  Deno.test(`faults of a channel: ${JSON.stringify(expected[0])}`, () => {
    const found = faults(toml);
    equal(found.length, expected.length, found.join("\n"));
    for (const one of expected) {
      ok(
        found.some((fault) => typeof one === "string" ? fault === one : one.test(fault)),
        found.join("\n"),
      );
    }
    ok(!found.join().includes(SECRET));
  });
}

Deno.test("a secret elsewhere is as good as one that is there, for the rules of the type", () => {
  const buttons = `${WECOM}buttons = true\nsecret_env = "A"\n`;
  deepEqual(faults(`${buttons}token_env = "B"\naes_key_file = "/c"`), []);
  equal(faults(`${buttons}token_env = "B"`).length, 1);
});

Deno.test("http is for this machine alone", () => {
  for (const url of ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost"]) {
    deepEqual(faults(`${WECOM}secret_env = "A"\nurl = "${url}"`), []);
  }
});

Deno.test("proxies are http, with a port, and with name and password if it must be", () => {
  const proxies = [
    "http://proxy.example:3128",
    "http://10.0.0.1:80",
    "http://[2001:db8::1]:3128",
    "http://user:pass%40word@proxy.example:3128",
  ];
  for (const proxy of proxies) {
    equal(channels(`${NTFY}proxy = "${proxy}"`)[0]?.proxy, proxy);
  }
  for (
    const proxy of [
      "proxy.example:3128",
      "https://proxy.example:3128",
      "http://user@proxy.example:3128",
      "http://proxy.example:3128/path",
      "http://proxy.example:99999",
      "http://proxy example:3128",
      "http://:3128",
    ]
  ) {
    equal(faults(`${NTFY}proxy = "${proxy}"`).length, 1, proxy);
  }
});

Deno.test("no type has a setting that is called as what all have, or as a secret's place", () => {
  const common = ["type", "name", "language", "sends", "alerts", "buttons", "proxy"];
  for (const { type, settings, secrets } of CHANNEL_TYPES) {
    const places = secrets.flatMap((name) => [`${name}_file`, `${name}_env`]);
    for (const name of [...common, ...places]) ok(!(name in settings), `${type}: ${name}`);
    for (const name of secrets) {
      ok(name in settings, `${type}: ${name}`);
      ok(holdsSecret(name) && holdsSecret(`${name}_env`), name);
    }
    match(type, /^[a-z][a-z0-9_]{0,31}$/);
  }
  const types = CHANNEL_TYPES.map(({ type }) => type);
  equal(new Set(types).size, types.length);
});

/** TOML's basic strings are JSON's, but for what is no scalar value. */
const toml = (value: unknown) => JSON.stringify(value).replaceAll("\x7f", "\\u007f");

Deno.test("whatever stands in a channel, it is read, or there are printable faults without its secrets", () => {
  const text = anyText().filter((one) => one.isWellFormed());
  const value = fc.oneof(text, fc.boolean(), fc.nat(), fc.array(text, { maxLength: 3 }));
  const type = fc.oneof(fc.constantFrom(...CHANNEL_TYPES.map(({ type }) => type)), text);
  const key = fc.constantFrom(
    ...new Set(CHANNEL_TYPES.flatMap(({ settings, secrets }) => [
      ...Object.keys(settings),
      ...secrets.flatMap((name) => [`${name}_file`, `${name}_env`]),
    ])),
    ...["name", "language", "sends", "alerts", "buttons", "proxy", "constructor", "__proto__"],
  );
  const table = fc.tuple(
    type,
    fc.uniqueArray(fc.tuple(key, value), {
      selector: ([name]) => name,
      maxLength: 8,
    }),
  );
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 3 }), (tables) => {
      const document = tables.map(([type, entries]) =>
        `[[notify]]\ntype = ${toml(type)}\n` +
        entries.map(([name, one]) => `${toml(name)} = ${toml(one)}\n`).join("")
      ).join("");
      const found = faults(document);
      ok(found.every(isPrintable), found.join("\n"));
      for (const [name, one] of tables.flatMap(([, entries]) => entries)) {
        if (!holdsSecret(name) || typeof one !== "string" || one.length < 12) continue;
        ok(!found.some((fault) => fault.includes(one)), `${name}: ${found.join("\n")}`);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("what has passed can be opened: the type gets its own settings and nothing else", () => {
  const [channel] = channels(
    `${COMMAND}name = "tell"\nlanguage = "zh-CN"\nsends = ["alert"]\ntimeout = "3s"`,
  );
  deepEqual(channel?.settings, { argv: ["/usr/local/bin/tell"], timeout: 3_000 });
  equal(channel?.language, "zh-CN");
});
