import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import type { ConfigFiles } from "../../lib/core/sshd/config.ts";
import { loginGraceTime } from "../../lib/core/sshd/login_grace.ts";
import { isListener, isSshd } from "../../lib/core/sshd/running.ts";
import { showsAtOnce } from "../../lib/core/sshd/version.ts";

const MAIN = "/etc/ssh/sshd_config";

/** Files by their paths; what globs match, by the pattern. */
function files(
  texts: Readonly<Record<string, string>>,
  globs: Readonly<Record<string, readonly string[]>> = {},
): ConfigFiles {
  return {
    text: (path) => texts[path],
    matching: (pattern) => globs[pattern] ?? (pattern in texts ? [pattern] : []),
  };
}

/** As one sshd reads that file. */
const inFile = (text: string) => loginGraceTime("/usr/sbin/sshd -D", files({ [MAIN]: text }));

Deno.test("LoginGraceTime is what sshd_config(5) says, and 120 where it says nothing", () => {
  const cases: [text: string, seconds: number][] = [
    ["", 120],
    ["LoginGraceTime 33", 33],
    ["logingracetime=1m30", 90],
    ['  LOGINGRACETIME = "1h30m"', 5_400],
    ['"LoginGraceTime" 44s # c', 44],
    ["LoginGraceTime\t12\f\r", 12],
    ["LoginGraceTime '1'\"2\"", 12],
    ["LoginGraceTime 0", 0],
    ["LoginGraceTime 1w2d3h4m5S", 788_645],
    ["LoginGraceTime 1m1m", 120],
    ["LoginGraceTime 2147483647", 2_147_483_647],
    ["LoginGraceTime 12\nLoginGraceTime 13", 12],
    ["# LoginGraceTime 12\n#LoginGraceTime 13\n\n \nPort 22\nLoginGraceTime 14", 14],
    ["LoginGraceTimes 12\nLoginGrace 13", 120],
  ];
  for (const [text, seconds] of cases) equal(inFile(text), seconds, text);
});

Deno.test("what no sshd could have started with counts for nothing", () => {
  const values = [
    "none",
    "",
    "-1",
    "1.5",
    "12x",
    "s",
    "2147483648",
    "12#x",
    "==12",
    String.raw`1\2`,
  ];
  for (const value of values) equal(inFile(`LoginGraceTime ${value}\n`), 120, value);
  equal(inFile("LoginGraceTime soon\nLoginGraceTime 33"), 33);
});

Deno.test("within a Match block it does not stand, but after `Match all` it does", () => {
  equal(inFile("Match User x\nLoginGraceTime 33"), 120);
  equal(inFile("Match User x\nX11Forwarding no\nMatch all\nLoginGraceTime 33"), 33);
  equal(inFile('match "ALL" # c\nLoginGraceTime 33'), 33);
  equal(inFile("Match all\nMatch User all\nLoginGraceTime 33"), 120);
});

Deno.test("what is included stands where it is included", () => {
  const read = (text: string, more: Record<string, string>, globs = {}) =>
    loginGraceTime("", files({ [MAIN]: text, ...more }, globs));
  const one = { "/etc/ssh/one": "LoginGraceTime 31", "/etc/ssh/two": "LoginGraceTime 32" };
  equal(read("Include one", one), 31);
  equal(read("Include /etc/ssh/two", one), 32);
  equal(read("LoginGraceTime 30\nInclude one", one), 30);
  equal(read("Include nothing one two", one), 31);
  equal(read("Include nothing\nLoginGraceTime 30", one), 30);
  equal(
    read("Include sshd_config.d/*.conf\nLoginGraceTime 30", one, {
      "/etc/ssh/sshd_config.d/*.conf": ["/etc/ssh/two", "/etc/ssh/one"],
    }),
    32,
  );
  equal(read('Include "a b"', { "/etc/ssh/a b": "LoginGraceTime 31" }), 31);
  equal(read(String.raw`Include a\ b`, { "/etc/ssh/a b": "LoginGraceTime 31" }), 31);
  // A Match block ends with the file, and none can be opened by what it does not read.
  equal(read("Include x\nLoginGraceTime 33", { "/etc/ssh/x": "Match User x" }), 33);
  equal(read("Match User x\nInclude x\nLoginGraceTime 33", { "/etc/ssh/x": "Match all" }), 120);
  equal(read("Match User x\nInclude one", one), 120);
  equal(read("Match all\nInclude one", one), 31);
});

Deno.test("the vendor's file counts where the administrator has none", () => {
  const vendors = { "/usr/etc/ssh/sshd_config": "LoginGraceTime 31" };
  equal(loginGraceTime("/usr/sbin/sshd -D", files(vendors)), 31);
  equal(loginGraceTime("/usr/sbin/sshd -D", files({ ...vendors, [MAIN]: "Port 22" })), 120);
});

Deno.test("files that include each other come to an end", () => {
  equal(inFile("Include sshd_config\n".repeat(20) + "LoginGraceTime 33"), 33);
  const round = { [MAIN]: "Include a\nInclude a", "/etc/ssh/a": "Include sshd_config\nInclude a" };
  equal(loginGraceTime("", files(round)), 120);
});

Deno.test("the listener's command line names the file, or the time itself", () => {
  const texts = {
    [MAIN]: "LoginGraceTime 1",
    "/a": "LoginGraceTime 2",
    "/a b": "LoginGraceTime 3",
    "/none": "",
  };
  const cases: [commandLine: string, seconds: number][] = [
    ["", 1],
    ["/usr/sbin/sshd", 1],
    ["/usr/sbin/sshd -D", 1],
    ["/usr/sbin/sshd -f /a", 2],
    ["/usr/sbin/sshd -f/a -D", 2],
    ["/usr/sbin/sshd -Def /a", 2],
    ["/usr/sbin/sshd -rf /b -f /a", 2],
    ["/usr/sbin/sshd -f /a b -D", 3],
    ["sshd: /usr/sbin/sshd -D -f /a [listener] 0 of 10-100 startups", 2],
    ["sshd: /usr/sbin/sshd [listener] 0 of 10-100 startups", 1],
    ["ghpam: /x/ghpam -D -f /a [listener] 3 of 10-100 startups", 2],
    ["/usr/sbin/sshd -f /gone", 120],
    ["/usr/sbin/sshd -f none", 120],
    ["/usr/sbin/sshd -f /a -o LoginGraceTime=13 -o LoginGraceTime=14", 13],
    ["/usr/sbin/sshd -f /a -oLoginGraceTime=13", 13],
    ["/usr/sbin/sshd -f /a -o LoginGraceTime 13 -D", 13],
    ["/usr/sbin/sshd -f /a -o Port=22 -p 2222", 2],
    ["/usr/sbin/sshd -f /a -o LoginGraceTime=13 -g 14", 14],
    ["/usr/sbin/sshd -g 14 -o LoginGraceTime=13", 14],
    ["/usr/sbin/sshd -h /f/key -u0 -E /var/log/f -c f", 1],
  ];
  for (const [commandLine, seconds] of cases) {
    equal(loginGraceTime(commandLine, files(texts)), seconds, commandLine);
  }
});

Deno.test("no text makes it anything else than a whole number of seconds, nor never end", () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."LoginGraceTime =\"'\\#\t12smh0") }),
    fc.tuple(fc.constantFrom("LoginGraceTime", "Include", "Match"), fc.string()).map((all) =>
      all.join(" ")
    ),
    fc.string({ unit: "binary" }),
  );
  const text = fc.array(line).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, fc.string(), (text, commandLine) => {
      for (const each of [commandLine, `/usr/sbin/sshd ${commandLine}`, `x: x -o ${text}`]) {
        const seconds = loginGraceTime(each, {
          text: () => text,
          matching: () => ["/a", "/b"],
        });
        equal(Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 2 ** 31, true);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("isSshd() goes by the program's name, not by what holds it", () => {
  const are = ["sshd", "sshd-session", "sshd-auth"].flatMap((name) => [
    name,
    `/usr/sbin/${name}`,
    `/usr/lib/openssh/${name} (deleted)`,
  ]);
  const are_not = ["", "/usr/bin/sudo", "/usr/bin/ssh", "/x/notsshd", "/sshd/su", "/x/sshd-keygen"];
  deepEqual([...are, ...are_not].filter(isSshd), are);
});

Deno.test("isListener() tells the sshd that waits from those that serve a connection", () => {
  const listeners = [
    "/usr/sbin/sshd -D",
    "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
    "ghpam: /x/ghpam -D -f /a b [listener] 0 of 10-100 startups",
  ];
  const others = ["sshd: alice [priv]", "sshd-session: unknown [pam]", "sshd: [accepted]"];
  deepEqual([...listeners, ...others].filter(isListener), listeners);
});

Deno.test("showsAtOnce() finds the version among those that it only knows of", () => {
  const cases: [text: string, answer: boolean | undefined][] = [
    ["OpenSSH_2.*,OpenSSH_3.0*\0OpenSSH_7.4*\0OpenSSH_6.6.1*\0OpenSSH_12*", undefined],
    ["", undefined],
    ["\0OpenSSH_7.4*\0OpenSSH_9.2p1 Debian-2\0", false],
    ["OpenSSH_10.2p1", false],
    ["OpenSSH_10.3p1", true],
    ["OpenSSH_10.3\0", true],
    ["OpenSSH_10.12p1", true],
    ["OpenSSH_11.0\n", true],
    ["OpenSSH_9.1", undefined],
    ["OpenSSH_10.12", undefined],
    ["OpenSSH_9.12p1", false],
  ];
  for (const [text, answer] of cases) equal(showsAtOnce(text), answer, text);
});
