import { deepEqual, equal, throws } from "node:assert/strict";
import { parseListen, parseServerConfig } from "../../lib/config/server.ts";
import { serverSettings } from "../../lib/config/server_settings.ts";
import { Failure } from "../../lib/core/errors.ts";
import { readServerConfig, readTlsFiles } from "../../lib/io/server_config.ts";
import { scratch } from "../support/scratch.ts";

function faults(toml: string): string[] {
  try {
    parseServerConfig(toml, "server.toml");
  } catch (error) {
    if (error instanceof Failure) return error.message.split("\n");
    throw error;
  }
  return [];
}

Deno.test("an empty server.toml is a whole configuration", () => {
  deepEqual(parseServerConfig("", "server.toml"), {
    listen: "127.0.0.1:8422",
    data: "/var/lib/gatehouse",
    trusted_proxies: [],
    store: { url: "sqlite:" },
    approval: {
      require: "person",
      number_match: true,
      grants_max: 8 * 3_600_000,
      grants_ipv6: 128,
    },
    accounts: [],
    routing: { next_after: 20_000 },
    groups: new Map(),
    codes: { accounts: [], offline: 720 * 3_600_000 },
    limits: {
      pending_per_account: 3,
      logins_per_minute_per_host: 600,
      failures_per_minute_per_source: 30,
    },
    compat: { ssh2fa: false },
    metrics: { allow: ["127.0.0.0/8", "::1/128"] },
    pin: { ttl: 60_000, tries: 3 },
    notify: [],
  });
});

Deno.test("every key can be set", () => {
  const config = parseServerConfig(
    `
    listen = "[::]:443"
    public_url = "https://auth.example.com/"
    data = "/srv/gatehouse"
    tls_cert = "/etc/ssl/auth.pem"
    tls_key = "/etc/ssl/auth.key"
    trusted_proxies = ["10.0.0.0/8", "2001:db8::1"]
    [store]
    url = "sqlite:"
    [approval]
    require = "link"
    number_match = false
    grants_max = "90m"
    grants_ipv6 = 64
    [[accounts]]
    match = ["root@prod*", "deploy@group:web"]
    approvers = 2
    [groups]
    web = ["web*", "edge1"]
    [limits]
    pending_per_account = 5
    logins_per_minute_per_host = 100000
    failures_per_minute_per_source = 10
    [compat]
    ssh2fa = true
    [metrics]
    allow = []
    [codes]
    accounts = ["*@group:web", "alice@corp@db1"]
    offline = "12h"
    [pin]
    ttl = "2m"
    tries = 5
    [[notify]]
    type = "wecom"
    corpid = "ww0123456789abcdef"
    agentid = 1000002
    secret_file = "/etc/gatehouse/wecom.secret"
    url = "https://wecom.example.com/proxy/"
    language = "en"
    alerts = ["zhangsan", "li.si"]
    `,
    "server.toml",
  );
  equal(config.public_url, "https://auth.example.com");
  deepEqual(config.approval, {
    require: "link",
    number_match: false,
    grants_max: 90 * 60_000,
    grants_ipv6: 64,
  });
  deepEqual(config.accounts, [{ match: ["root@prod*", "deploy@group:web"], approvers: 2 }]);
  deepEqual(config.groups, new Map([["web", ["web*", "edge1"]]]));
  equal(config.compat.ssh2fa, true);
  deepEqual(config.metrics.allow, []);
  deepEqual(config.codes, {
    accounts: ["*@group:web", "alice@corp@db1"],
    offline: 12 * 3_600_000,
  });
  deepEqual(config.pin, { ttl: 120_000, tries: 5 });
  deepEqual(config.notify, [{
    type: "wecom",
    name: "wecom",
    reach: "person",
    language: "en",
    sends: ["request", "pin", "alert"],
    alerts: ["zhangsan", "li.si"],
    buttons: false,
    proxy: null,
    settings: {
      corpid: "ww0123456789abcdef",
      agentid: 1_000_002,
      url: "https://wecom.example.com/proxy",
    },
    secrets: { secret: { in: "file", path: "/etc/gatehouse/wecom.secret" } },
  }]);
});

Deno.test("all faults are reported at once, each with its key and what is allowed", () => {
  deepEqual(
    faults(`
      listen = "8422"
      public_url = "auth.example.com"
      data = "relative"
      tls_cert = "/a"
      trusted_proxies = ["10.0.0.0/40"]
      colour = "red"
      [store]
      url = "redis://redis"
      [approval]
      require = "anybody"
      grants_max = "31d"
      grants_ipv6 = 56
      [[accounts]]
      match = ["root", "deploy@web *"]
      approvers = 3
      [groups]
      "a b" = ["web*"]
      web = []
      db = ["db 1"]
      [limits]
      pending_per_account = 0
      [compat]
      ssh2fa = "yes"
      [metrics]
      allow = "all"
    `).sort(),
    [
      "server.toml: [[accounts]] 1: approvers: must be one of 2, found 3",
      'server.toml: [[accounts]] 1: match, entry 1: must be USER@HOST, such as "deploy@web*", found "root"',
      "server.toml: [[accounts]] 1: match, entry 2: must not contain spaces, control or invisible characters, " +
      'found "deploy@web *"',
      "server.toml: approval.grants_ipv6: must be one of (128 | 64), found 56",
      "server.toml: approval.grants_max: must be a number with ms, s, m or h, such as " +
      '"60s", found "31d"',
      'server.toml: approval.require: must be one of ("person" | "link"), found "anybody"',
      "server.toml: colour: unknown key",
      'server.toml: compat.ssh2fa: must be true or false, found "yes"',
      'server.toml: data: must be an absolute path, found "relative"',
      "server.toml: groups.a b: must be called by letters, digits, dots, underscores and hyphens " +
      'only, found "a b"',
      "server.toml: groups.db, entry 1: must be letters, digits, dots, underscores, hyphens, * and ? " +
      'only, found "db 1"',
      "server.toml: groups.web: must name at least one, found a list of 0",
      "server.toml: limits.pending_per_account: must be at least 1, found 0",
      'server.toml: listen: must be "HOST:PORT", found "8422"',
      'server.toml: metrics.allow: must be a list in square brackets, found "all"',
      "server.toml: public_url: must be a web address such as " +
      '"https://auth.example.com", without user, query or fragment, found "auth.example.com"',
      'server.toml: store.url: must be "sqlite:" (the database in the data directory), ' +
      "the one store of this version",
      "server.toml: tls_key: missing",
      "server.toml: trusted_proxies, entry 1: must be a network or address such as " +
      '"10.0.0.0/8" or "2001:db8::/32", found "10.0.0.0/40"',
    ],
  );
});

Deno.test("accounts may name only groups that there are, and grants may be none", () => {
  const named = '[[accounts]]\nmatch = ["root@group:prod"]\napprovers = 2\n';
  deepEqual(faults(named), [
    'server.toml: [[accounts]] 1: match, entry 1: names the group "prod", which [groups] does not ' +
    'have, found "root@group:prod"',
  ]);
  deepEqual(faults(`${named}[groups]\nprod = ["prod*"]`), []);
  const codes = '[codes]\naccounts = ["*@web*", "alice@group:db"]\n';
  deepEqual(faults(codes), [
    'server.toml: codes.accounts, entry 2: names the group "db", which [groups] does not have, ' +
    'found "alice@group:db"',
  ]);
  equal(faults(`${named}${codes}`).length, 2);
  deepEqual(faults(`${codes}[groups]\ndb = ["db*"]`), []);
  const faulty = faults(`colour = "red"\n${named}${named}escalate = 7\n[groups]\n"a b" = ["*"]`);
  deepEqual(faulty.filter((fault) => fault.includes("names the group")), [
    'server.toml: [[accounts]] 1: match, entry 1: names the group "prod", which [groups] does not ' +
    'have, found "root@group:prod"',
    'server.toml: [[accounts]] 2: match, entry 1: names the group "prod", which [groups] does not ' +
    'have, found "root@group:prod"',
  ]);
  equal(faulty.length, 5, faulty.join("\n"));
  deepEqual(faults('[codes]\naccounts = ["web*"]\nhosts = ["*"]'), [
    'server.toml: codes.accounts, entry 1: must be USER@HOST, such as "deploy@web*", found "web*"',
    "server.toml: codes.hosts: unknown key",
  ]);
  deepEqual(faults("groups = [[]]"), ["server.toml: groups: must be a table, found a list of 1"]);
  const none = parseServerConfig('[approval]\ngrants_max = "0s"', "server.toml");
  equal(none.approval.grants_max, 0);
  deepEqual(faults('[approval]\ngrants_max = "721h"'), [
    'server.toml: approval.grants_max: must be at most 2592000 s, found "721h"',
  ]);
});

Deno.test("a TLS key without certificate is a fault", () => {
  deepEqual(faults('tls_key = "/a"'), ["server.toml: tls_cert: missing"]);
});

Deno.test("what is no TOML is a fault with its place", () => {
  equal(faults("listen = 127.0.0.1:8422")[0]?.startsWith("server.toml:1:"), true);
});

Deno.test("parseListen() takes hosts, IPv4 and bracketed IPv6 addresses", () => {
  deepEqual(parseListen("127.0.0.1:0"), { hostname: "127.0.0.1", port: 0 });
  deepEqual(parseListen("auth.internal:65535"), { hostname: "auth.internal", port: 65_535 });
  deepEqual(parseListen("[::1]:443"), { hostname: "::1", port: 443 });
  for (const text of ["", "8422", ":8422", "a:", "a:65536", "::1:80", "a b:1", "a:-1", "[x]:1"]) {
    equal(parseListen(text), undefined, text);
  }
});

Deno.test("serverSettings() lets the command line go before the file", () => {
  const text = 'listen = "10.0.0.1:1"\ndata = "/a"\npublic_url = "https://a.example"';
  const file = parseServerConfig(text, "server.toml");
  const fromFile = serverSettings({}, file);
  deepEqual([fromFile.listen.hostname, fromFile.data, fromFile.publicUrl], [
    "10.0.0.1",
    "/a",
    "https://a.example",
  ]);
  const options = { listen: "10.0.0.2:2", data: "b", publicUrl: "https://b.example/" };
  const fromLine = serverSettings(options, file);
  deepEqual([fromLine.listen.hostname, fromLine.data, fromLine.publicUrl], [
    "10.0.0.2",
    "b",
    "https://b.example",
  ]);
});

Deno.test("readServerConfig() reads the usual file, if there is one, and no other", async () => {
  await using folder = await scratch();
  const usual = `${folder.path}/usual.toml`;
  equal(readServerConfig(undefined, usual).listen, "127.0.0.1:8422");
  await folder.file("usual.toml", 'listen = "10.0.0.1:1"');
  equal(readServerConfig(undefined, usual).listen, "10.0.0.1:1");
  const named = await folder.file("named.toml", 'listen = "10.0.0.2:2"');
  equal(readServerConfig(named, usual).listen, "10.0.0.2:2");
});

Deno.test("readServerConfig() passes over no file that it cannot read", async () => {
  await using folder = await scratch();
  const refused = (error: unknown) => error instanceof Failure && error.exit === 78;
  throws(() => readServerConfig(`${folder.path}/none.toml`), refused);
  const dangling = `${folder.path}/dangling.toml`;
  await Deno.symlink(`${folder.path}/none.toml`, dangling);
  throws(() => readServerConfig(undefined, dangling), refused);
});

Deno.test("readTlsFiles() reads both files, or says which it cannot", async () => {
  await using folder = await scratch();
  const cert = await folder.file("cert.pem", "CERT");
  const key = await folder.file("key.pem", "KEY");
  const read = (cert: string) =>
    readTlsFiles(parseServerConfig(`tls_cert = "${cert}"\ntls_key = "${key}"`, "server.toml"));
  deepEqual(read(cert), { cert: "CERT", key: "KEY" });
  equal(readTlsFiles(parseServerConfig("", "server.toml")), undefined);
  throws(() => read(`${folder.path}/none.pem`), (error) => {
    return error instanceof Failure && /^tls_cert .*none.pem cannot be read$/.test(error.message);
  });
});

Deno.test("serverSettings() refuses a wrong option with a hint", () => {
  for (const options of [{ listen: "nowhere" }, { publicUrl: "ftp://a" }, { publicUrl: "a" }]) {
    throws(() => serverSettings(options, parseServerConfig("", "server.toml")), (error) => {
      return error instanceof Failure && error.exit === 2 && error.hint !== undefined;
    });
  }
});
