/** install.sh and the doctor read sshd_config and PAM's stacks each by itself: what they read is the same. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { runPass } from "../../lib/core/pam_stack/calls.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import type { PamResult } from "../../lib/core/pam_stack/stack.ts";
import { type ConfigFiles, placed, readConfig } from "../../lib/core/sshd/config.ts";
import { matchesPattern } from "../../lib/core/sshd/patterns.ts";
import { ROOT } from "../../scripts/run.ts";
import { filesOf } from "../support/pam_worlds.ts";
import { run } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const MAIN = "/etc/ssh/sshd_config";

const SSHD: Readonly<Record<string, string>> = {
  [MAIN]: [
    "# Match User nobody",
    "Include /etc/ssh/sshd_config.d/*.conf # and no other",
    '"UsePAM" "yes"\r',
    "\tPort=22",
    "# a remark that does not go on \\",
    "X11Forwarding no \\",
    "PrintMotd no",
    "",
    "\r",
    'include="/etc/ssh/with blanks.conf"\r',
    'MATCH user="alice,bob" Address 10.0.0.0/8\r',
    "\tForceCommand /bin/true # not a remark",
    "  Include own.conf\tlast.conf",
    "\tBanner none",
    'Match\tGroup "ssh 2fa"',
    "PermitTTY no",
    "match all",
    "ClientAliveInterval 5\r",
  ].join("\n"),
  "/etc/ssh/sshd_config.d/a.conf": "LogLevel VERBOSE\nMatch LocalPort 2222\nMaxSessions 1\n",
  "/etc/ssh/sshd_config.d/b.conf": "Compression no",
  "/etc/ssh/sshd_config.d/c.off": "Compression yes\n",
  "/etc/ssh/with blanks.conf": "TCPKeepAlive yes\r\n",
  "/etc/ssh/own.conf": "Match Host *.example.com\nAllowUsers x\n",
  "/etc/ssh/last.conf": "DenyUsers y\n",
};

const matching = (pattern: string) =>
  Object.keys(SSHD).filter((path) => matchesPattern(path, pattern)).sort();

/** "user=alice address=10.0.0.0/8 ▸ banner" for each directive, in the order in which it is read. */
function readByDoctor(): string[] {
  const files: ConfigFiles = { text: (path) => SSHD[path], matching };
  const config = readConfig(MAIN, files);
  ok(config);
  return [...placed(config)].map(({ directive: { keyword }, under }) => {
    const scope = under.flat().map((one) =>
      "pattern" in one && one.kind !== "all" ? `${one.kind}=${one.pattern}` : one.kind
    );
    return [...scope, "▸", keyword].join(" ");
  });
}

/** Also shows the words that were found in each line. */
const WORDS = '{ printf "W"; for (at = 1; at <= count; at++) printf "\\t%s", list[at]; print "" }';

async function readByInstaller(path: string, around: readonly string[] = []): Promise<string[]> {
  const script = '. install/sshd_ask.sh && awk "$SSHD_LINES$1"';
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
  const { out } = await run(["sh", "-c", script, "-", WORDS], {
    cwd: ROOT,
    input: SSHD[path] ?? "",
    env,
  });
  const found: string[] = [];
  let under = around;
  for (const line of out.split("\n").filter((line) => /^[IW]./.test(line))) {
    const [keyword = "", ...words] = line.slice(2).split("\t");
    if (line.startsWith("I")) {
      const named = line.slice(1);
      const pattern = named.startsWith("/") ? named : `/etc/ssh/${named}`;
      for (const one of matching(pattern)) found.push(...await readByInstaller(one, under));
    } else if (/^match$/i.test(keyword)) {
      under = [...around, ...criteria(words)];
    } else if (!/^include$/i.test(keyword)) {
      found.push([...under, "▸", keyword.toLowerCase()].join(" "));
    }
  }
  return found;
}

function criteria([name = "", pattern, ...more]: readonly string[]): string[] {
  const kind = name.toLowerCase();
  if (kind === "" || kind === "all" || pattern === undefined) return kind === "" ? [] : [kind];
  return [`${kind}=${pattern}`, ...criteria(more)];
}

Deno.test("sshd_config has the same directives under the same Match lines for both", async () => {
  const read = await readByInstaller(MAIN);
  deepEqual(read, readByDoctor());
  equal(read.length, 14);
  ok(read.includes("user=alice,bob address=10.0.0.0/8 host=*.example.com ▸ allowusers"));
  ok(read.includes("group=ssh 2fa ▸ permittty"));
});

/** Each is the stack of a service, beside what it includes. */
const STACKS: readonly string[] = [
  "auth required a.so\nauth sufficient b.so\nauth requisite c.so\n",
  "# auth requisite no.so\nauth REQUIRED a.so # auth required no.so\n\n-auth optional b.so\n",
  "auth \\\n  required \\\n a.so # remark \\\nauth sufficient b.so\nsession required no.so\n",
  "auth required a.so\r\nauth [success=1 default=ignore] b.so x\r\nauth requisite c.so\r\n",
  "auth [success=1 default=ignore] a.so [b c] d\nauth [ success = ok default = die ] b.so\nauth required c.so\n",
  "auth [success=ok ignore=ignore default=bad] a.so\nauth [success=done default=die] b.so\n",
  "auth [success=1 default=ignore] a.so\nauth substack inner\nauth optional c.so\n",
  "auth required a.so\nauth substack resetting\nauth [auth_err=9 default=ignore] c.so\n",
  "@include inner\nauth include resetting\nauth requisite c.so\n",
  "auth substack nested\nauth [success=1 default=die] b.so\nauth required c.so\nauth optional d.so\n",
  "auth optional a.so\nauth [default=ignore success=bad] b.so",
];

const INCLUDED: Readonly<Record<string, string>> = {
  inner: "auth sufficient a.so\nauth [success=1 default=bad] b.so\nauth requisite c.so\n",
  resetting: "auth required a.so\nauth [success=ok default=reset] b.so\n",
  nested: "auth substack inner\nauth [success=1 default=ignore] e.so\naccount required no.so\n",
};

const RESULTS = ["success", "auth_err", "ignore"] as const satisfies readonly PamResult[];

function everyResults(count: number): PamResult[][] {
  if (count === 0) return [[]];
  return everyResults(count - 1).flatMap((some) => RESULTS.map((one) => [...some, one]));
}

/** The verdict on each line of results. */
const HARNESS = `BEGIN {
    work = ENVIRON["work"]
    read_stack("svc")
    while ((getline given) > 0) { split(given, result, " "); print n " " run(result) }
}`;

Deno.test("PAM's stacks come to the same for both, whatever modules answer", async () => {
  const reader = await Deno.readTextFile(`${ROOT}/install/pam_read.awk`);
  const placer = await Deno.readTextFile(`${ROOT}/install/pam_place.awk`);
  const program = `${reader}\n${placer.replace(/^BEGIN \{$.*/ms, "")}\n${HARNESS}`;
  await using folder = await scratch();
  for (const [name, text] of Object.entries(INCLUDED)) await folder.file(name, text);
  for (const text of STACKS) {
    const services = Object.entries({ ...INCLUDED, svc: text });
    const files = Object.fromEntries(services.map(([name, one]) => [`/etc/pam.d/${name}`, one]));
    const stack = readStack("svc", "auth", filesOf(files));
    ok("entries" in stack);
    await folder.file("svc", text);
    const given = everyResults(stack.entries.length);
    const input = given.map((results) => `${results.join(" ")}\n`).join("");
    const env = { PATH: "/usr/bin:/bin", work: folder.path };
    const { out } = await run(["awk", program], { input, env });
    const expected = given.map((results) => {
      const { result } = runPass(stack, "authenticate", (_, __, at) => results[at] ?? "abort");
      return `${results.length} ${Number(result === "success")}`;
    });
    deepEqual(out.trim().split("\n"), expected, text);
    ok(expected.some((one) => one.endsWith(" 1")), text);
  }
});
