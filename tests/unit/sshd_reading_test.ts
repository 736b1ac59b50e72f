import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { SshdAnswer } from "../../lib/core/sshd/answer.ts";
import { keyFiles, readAuthorizedKeys } from "../../lib/core/sshd/authorized_keys.ts";
import { allEntries, type ConfigFiles, placed, readConfig } from "../../lib/core/sshd/config.ts";
import { readCriteria } from "../../lib/core/sshd/criteria.ts";
import { globalDirectives } from "../../lib/core/sshd/globals.ts";
import { meets, type Situation } from "../../lib/core/sshd/matching.ts";
import { addressOf, networkRange, rangeOf } from "../../lib/core/sshd/networks.ts";
import { matchesAddress, matchesList, matchesPattern } from "../../lib/core/sshd/patterns.ts";
import { readFor, winner } from "../../lib/core/sshd/reading.ts";
import { isOfOthers, readRefusal } from "../../lib/core/sshd/refusal.ts";
import {
  isSshdProgram,
  overriding,
  readProcesses,
  readSockets,
} from "../../lib/core/sshd/running.ts";
import { addressExamples, circumstancesOf, classesOf } from "../../lib/core/sshd/situations.ts";

const MAIN = "/etc/ssh/sshd_config";

function files(texts: Readonly<Record<string, string>>): ConfigFiles {
  return {
    text: (path) => texts[path],
    matching: (pattern) =>
      Object.keys(texts).filter((path) => matchesPattern(path, pattern)).toSorted(),
  };
}

function config(texts: Readonly<Record<string, string>>) {
  const read = readConfig(MAIN, files(texts));
  if (read === undefined) throw new Error("no sshd_config");
  return read;
}

const ALICE: Situation = {
  user: "alice",
  groups: ["alice", "staff"],
  address: "192.0.2.7",
  host: "192.0.2.7",
  localAddress: "192.0.2.1",
  localPort: 22,
  rdomain: undefined,
};

/** Where the value of `Banner` comes from. */
function banner(texts: Readonly<Record<string, string>>, situation = ALICE): string | undefined {
  const all = config(texts);
  const won = winner(
    readFor(all, globalDirectives(all), (criteria) => meets(criteria, situation)),
    "banner",
  );
  return won === undefined
    ? undefined
    : `${won.where.file.replace("/etc/ssh/", "")}:${won.where.line}`;
}

Deno.test("the first value stands, and one of a Match before all global ones", () => {
  equal(banner({ [MAIN]: "Port 22" }), undefined);
  equal(banner({ [MAIN]: "Banner a\nBanner b" }), "sshd_config:1");
  equal(
    banner({ [MAIN]: "Banner a\nMatch User bob\nBanner b\nMatch User al*\nBanner c" }),
    "sshd_config:5",
  );
  equal(
    banner({ [MAIN]: "Match User alice\nBanner a\nMatch Group staff\nBanner b" }),
    "sshd_config:2",
  );
  equal(banner({ [MAIN]: "Match all\nBanner a" }), "sshd_config:2");
});

Deno.test("an included file leaves the Match around it as it was", () => {
  const own = { "/etc/ssh/own": "Banner x\nMatch User alice\nBanner y" };
  equal(banner({ [MAIN]: "Include own\nBanner a", ...own }), "own:3");
  equal(banner({ [MAIN]: "Include own\nBanner a", ...own }, { ...ALICE, user: "bob" }), "own:1");
  // Within a block that does not hold, none of the included file does.
  equal(banner({ [MAIN]: "Banner a\nMatch User bob\nInclude own", ...own }), "sshd_config:1");
  equal(banner({ [MAIN]: "Banner a\nMatch User alice\nInclude own", ...own }), "own:1");
  equal(
    banner({ [MAIN]: "Banner a\nMatch User alice\nInclude own", ...own }, {
      ...ALICE,
      user: "bob",
    }),
    "sshd_config:1",
  );
});

Deno.test("all criteria of a line have to hold", () => {
  const cases: [text: string, holds: boolean][] = [
    ["all", true],
    ["User alice", true],
    ["USER=alice", true],
    ['User "alice" # remark', true],
    ["User *,!alice", false],
    ["User alice,!bob", true],
    ["Group staff", true],
    ["Group *,!staff", false],
    ["Group wheel", false],
    ["User alice Group staff Address 192.0.2.0/24 LocalPort 22", true],
    ["User alice Address 192.0.3.0/24", false],
    ["Address 192.0.2.*", true],
    ["Address *,!192.0.2.7", false],
    ["Address 2001:db8::/32", false],
    ["Host 192.*", true],
    ["LocalAddress 192.0.2.1", true],
    ["LocalPort 2222", false],
    ["RDomain *", false],
    ["Invalid-User", false],
    ["Exec /bin/true", false],
    ["", false],
  ];
  for (const [text, holds] of cases) equal(meets(readCriteria(text), ALICE), holds, text);
});

Deno.test("every directive keeps its place, whatever is around it", () => {
  const line = fc.oneof(
    fc.constantFrom("", "# x", "Banner a", "Match User alice", "Match all", "Include own"),
    fc.string({ maxLength: 40 }).map((text) => text.replaceAll("\n", " ")),
  );
  fc.assert(fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 6 }), (
    main,
    own,
  ) => {
    const texts = { [MAIN]: main.join("\n"), "/etc/ssh/own": own.join("\n") };
    const all = config(texts);
    const globals = globalDirectives(all);
    const read = readFor(all, globals, (criteria) => meets(criteria, ALICE));
    for (const { keyword, where } of [...allEntries(all), ...read.directives]) {
      const text = files(texts).text(where.file)?.split("\n")[where.line - 1] ?? "";
      ok(text.toLowerCase().includes(keyword), `${keyword} in ${text}`);
    }
    ok([...placed(all)].length >= globals.length);
  }));
});

Deno.test("matchesPattern() is what a regular expression says", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  fc.assert(fc.property(text, text, (subject, pattern) => {
    const source = pattern.replaceAll("*", "[^]*").replaceAll("?", "[^]");
    equal(matchesPattern(subject, pattern), new RegExp(`^${source}$`).test(subject));
  }));
  equal(matchesPattern("a".repeat(5_000), "*a".repeat(50) + "b"), false);
});

Deno.test("a negated part wins, wherever it stands", () => {
  equal(matchesList("ab", "a*,!ab"), "denied");
  equal(matchesList("ab", "!ab,a*"), "denied");
  equal(matchesList("ab", "!b"), "no");
  equal(matchesAddress("::1", "::/64,!::1"), "denied");
  equal(matchesAddress("no address", "*"), "no");
});

Deno.test("addresses are numbers and back", () => {
  fc.assert(fc.property(fc.ipV4(), (address) => {
    equal(addressOf("ipv4", rangeOf(address)?.first ?? 0n), address);
  }));
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (number) => {
    equal(rangeOf(addressOf("ipv6", number))?.first, number);
  }));
});

Deno.test("addressExamples() has one of each part into which networks cut all addresses", () => {
  const network = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
    .map(([address, bits]) => `${address}/${bits}`);
  fc.assert(fc.property(fc.array(network, { maxLength: 5 }), fc.ipV4(), (networks, address) => {
    const view = (one: string) => networks.map((network) => matchesAddress(one, network)).join();
    const views = addressExamples([networks.join()].filter((list) => list !== ""))
      .filter((one) => rangeOf(one)?.family === "ipv4").map(view);
    ok(views.includes(view(address)), `${address} among ${networks.join()}`);
  }));
  deepEqual(networkRange("10.0.0.0/33"), undefined);
  deepEqual(addressExamples([]), ["192.0.2.7", "2001:db8::7"]);
});

Deno.test("circumstances are those that some criterion tells apart", () => {
  const listening = [{ address: "0.0.0.0", port: 22 }, { address: "192.0.2.9", port: 2222 }];
  const all = (text: string, names = false) =>
    circumstancesOf(config({ [MAIN]: text }), listening, names)
      .map((one) =>
        `${one.host} ${one.address} ${one.localAddress}:${one.localPort} ${one.rdomain ?? ""}`
          .trim()
      );
  deepEqual(all("Banner a"), ["192.0.2.7 192.0.2.7 192.0.2.1:22"]);
  deepEqual(all("Match LocalPort 2222"), [
    "192.0.2.7 192.0.2.7 192.0.2.1:22",
    "192.0.2.7 192.0.2.7 192.0.2.9:2222",
  ]);
  deepEqual(all("Match Host *.example.org", true), [
    "192.0.2.7 192.0.2.7 192.0.2.1:22",
    "x.example.org 192.0.2.7 192.0.2.1:22",
  ]);
  deepEqual(all("Match RDomain red"), [
    "192.0.2.7 192.0.2.7 192.0.2.1:22",
    "192.0.2.7 192.0.2.7 192.0.2.1:22 red",
  ]);
});

Deno.test("accounts that nothing tells apart are one class", () => {
  const account = (name: string, ...groups: string[]) => ({ name, groups });
  const classes = classesOf(
    [account("a", "x"), account("b", "x"), account("c"), account("d", "y"), account("e", "z")],
    [config({ [MAIN]: "Match Group x\nMatch User c\nAllowGroups y" })],
    () => [],
  );
  deepEqual(classes.map((one) => one.map(({ name }) => name)), [["a", "b"], ["c"], ["d"], ["e"]]);
});

Deno.test("SshdAnswer holds what sshd -T prints", () => {
  const answer = new SshdAnswer(
    "port 22\nacceptenv LANG\nacceptenv LC_*\nbanner none\nsetenv A=b c\n",
  );
  deepEqual(answer.words("acceptenv"), ["LANG", "LC_*"]);
  deepEqual(answer.words("banner"), []);
  deepEqual(answer.all("setenv"), ["A=b c"]);
  equal(answer.one("forcecommand"), undefined);
  ok(answer.is("port", "22"));
});

Deno.test("readRefusal() names the line, in both ways in which sshd does", () => {
  deepEqual(
    readRefusal(
      "/x/y line 3: Deprecated option RSAAuthentication\n/x/y: line 4: Bad configuration option: Foo\r\n/x/y: terminating, 1 bad configuration options\r\n",
    ),
    { where: { file: "/x/y", line: 4 }, why: "Bad configuration option: Foo", unknown: "Foo" },
  );
  deepEqual(readRefusal("Missing privilege separation directory: /run/sshd\r\n"), {
    where: undefined,
    why: "Missing privilege separation directory: /run/sshd",
    unknown: undefined,
  });
});

Deno.test("readRefusal() tells nothing of a line but its keyword", () => {
  const why = (stderr: string) => readRefusal(`/etc/x${stderr}\r\n`).why;
  for (
    const stderr of [
      ": line 1: Bad configuration option: root:$6$secret:19000:0:99999:7:::",
      ' line 1: unsupported option "secret".',
      " line 1: Bad SSH2 cipher spec 'secret'.",
      " line 1: bad Match argument secret more",
      " line 1: invalid channel timeout secret",
      " line 1: Bad yes/no value: secret",
      " line 1: Deprecated integer value secret.",
      " line 1: unsupported IPQoS option secret",
      " line 1: no match for /etc/secret",
      " line 1: new include /etc/secret",
    ]
  ) ok(!why(stderr).includes("secret"), why(stderr));
  equal(
    why(" line 2: Directive 'Port' is not allowed within a Match block"),
    "Directive 'Port' is not allowed within a Match block",
  );
  equal(
    why(" line 2: keyword Port extra arguments at end of line"),
    "keyword Port extra arguments at end of line",
  );
  equal(readRefusal("/etc/x: line 1: Bad configuration option: a$b\n").unknown, undefined);
  ok(!why(": Unsupported Match attribute secret").includes("secret"));
});

Deno.test("what runs is an sshd by its program, also when that was replaced", () => {
  ok(isSshdProgram("/usr/sbin/sshd") && isSshdProgram("/usr/sbin/sshd (deleted)"));
  ok(!isSshdProgram("/usr/bin/su") && !isSshdProgram("/usr/bin/perl"));
});

Deno.test("authorized keys: options, quotes, and what is no key", () => {
  const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0";
  const keys = readAuthorizedKeys([
    "# remark",
    `ssh-ed25519 ${blob} a b`,
    `restrict,Command="echo \\"x, y\\" z",from="10.*" sk-ssh-ed25519@openssh.com ${blob}`,
    `cert-authority ecdsa-sha2-nistp256 ${blob}`,
    "root:$6$hash:1::",
    "ssh-ed25519",
  ].join("\n"));
  deepEqual(keys.map(({ line, options }) => [line, Object.fromEntries(options)]), [
    [2, {}],
    [3, { restrict: "", command: 'echo "x, y" z', from: "10.*" }],
    [4, { "cert-authority": "" }],
  ]);
  fc.assert(fc.property(fc.string(), (text) => {
    for (const { line } of readAuthorizedKeys(text)) ok(line >= 1);
  }));
});

Deno.test("keyFiles() replaces sshd's tokens and no others", () => {
  const account = { name: "alice", uid: 7, home: "/home/a" };
  deepEqual(keyFiles([".ssh/keys", "/k/%u/%U", "%h/x%%h", "/%q"], account), [
    "/home/a/.ssh/keys",
    "/k/alice/7",
    "/home/a/x%h",
    "/%q",
  ]);
});

Deno.test("running sshds, from what ps and ss print", () => {
  const text = [
    "      1     0     0   100 4026531836 init            /sbin/init",
    "    700     0     0    40 4026531836 sshd            sshd: /usr/sbin/sshd -D -o UsePAM=no [listener] 0 of 10-100 startups",
    "    701     0     0     4 4026531836 sshd            sshd: alice [priv]",
    "    702     0     0     4 4026531836 sshd            /usr/sbin/sshd -D -f /etc/other",
    "    703     0     0     4 4026532179 sshd            sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
    "    704     0     0     0 4026531836 sshd            /usr/sbin/sshd -t -f /etc/other",
    "    705     0     0     0 4026531836 ps              ps -ww -eo pid=",
    "    706  1000  1000     9 4026531836 sshd            /usr/sbin/sshd -f /home/alice/ok.conf",
    "    707  1000     0     9 4026531836 sshd            /usr/sbin/sshd -f /home/alice/ok.conf",
    "    708     0  1000     9 4026531836 sshd            /usr/sbin/sshd -f /home/alice/ok.conf",
  ].join("\n");
  deepEqual(readProcesses(text, 50_000), [
    { pid: 700, startedAt: 10_000, command: "/usr/sbin/sshd -D -o UsePAM=no" },
    { pid: 702, startedAt: 46_000, command: "/usr/sbin/sshd -D -f /etc/other" },
  ]);
  deepEqual(overriding("/usr/sbin/sshd -D -o UsePAM=no -f/etc/other"), [
    "-o",
    "UsePAM=no",
    "-f",
    "/etc/other",
  ]);
  deepEqual(
    readSockets(
      'LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=700,fd=4))\nLISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("httpd",pid=1,fd=4))\n',
    ),
    [{ address: "::", port: 22, pids: [700] }],
  );
});

Deno.test("isOfOthers() takes no option on which an examination rests", () => {
  for (
    const keyword of ["GSSAPIEnablek5users", "DebianBanner", "RSAMinSize", "PerSourcePenalties"]
  ) {
    ok(isOfOthers(keyword), keyword);
  }
  const examined = [
    ...["Include", "Match", "DisableForwarding", "SetEnv", "ExposeAuthInfo", "ForceCommand"],
    ...["AuthenticationMethods", "UsePAM", "PermitRootLogin", "PermitTunnel", "AcceptEnv"],
  ];
  for (const keyword of examined) ok(!isOfOthers(keyword), keyword);
});
