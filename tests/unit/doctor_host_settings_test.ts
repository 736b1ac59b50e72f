/** What the doctor makes of host.toml, of who could change what, and of lines of sshd and PAM. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { parseHostConfig } from "../../lib/config/host.ts";
import type { Finding } from "../../lib/core/doctor/finding.ts";
import { hostSettings, type HostUse } from "../../lib/core/doctor/host_settings.ts";
import { openFinding, openTo, type Passed } from "../../lib/core/doctor/host_trust.ts";
import { gateLines, moduleLines, moduleProtocol } from "../../lib/core/doctor/host_wiring.ts";
import type { FileFacts } from "../../lib/core/doctor/site.ts";
import type { Account } from "../../lib/core/unix_account.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";

/** "critical host.clock-off" */
const said = (findings: readonly Finding[]) =>
  findings.map(({ id, severity }) => `${severity} ${id}`);

const account = (name: string, ...groups: string[]): Account => ({
  name,
  uid: 1000,
  gid: 1000,
  home: `/home/${name}`,
  shell: "/bin/bash",
  groups,
});
const ALICE = account("alice", "alice", "ssh-2fa");
const BOB = account("bob", "bob", "ssh-2fa");

const JOINED = `servers = ["https://auth.example.com"]
server_keys = ["ed25519:${"A".repeat(43)}"]
host = "web1"
host_token = "ghh_secret-of-this-host"
`;

function settings(text: string, use: Partial<HostUse> = {}): Finding[] {
  const file = "/etc/gatehouse/host.toml";
  return hostSettings(parseHostConfig(text, file), {
    file,
    text,
    byGate: true,
    byPam: false,
    guarded: [ALICE, BOB],
    accounts: [account("root", "root"), ALICE, BOB],
    loginDefs: "CHFN_RESTRICT rwh\n",
    ...use,
  });
}

Deno.test("a host.toml as join writes it has no finding", () => {
  deepEqual(settings(`${JOINED}signed_offers = true\n`), []);
  deepEqual(settings("servers = []\n"), []);
});

for (
  const [text, found] of [
    ['[policy]\noffline = "allow"', "warning host.offline-allows"],
    ['[policy]\noffline = "deny"', ""],
    ['[policy]\nunenrolled = "allow"', "warning host.unenrolled-allowed"],
    ['[policy]\nunenrolled = "enroll"', "info host.unenrolled-enrolls"],
    ['[policy]\nnoninteractive = "skip"', "critical host.commands-unasked"],
    ['[policy]\nexempt_users = ["alice"]', "warning host.exempt-accounts"],
    ['[policy]\nexempt_users = ["nobody-here"]', "info host.exempt-nobody"],
    [
      '[policy]\nexempt_groups = ["ssh-2fa"]',
      "warning host.exempt-accounts, critical host.exempt-everybody",
    ],
    ['[policy]\nexempt_sources = ["192.0.2.0/24"]', "warning host.exempt-sources"],
    ['[policy]\nexempt_sources = ["0.0.0.0/0"]', "critical host.exempt-everywhere"],
    ['[policy]\nexempt_sources = ["::/0"]', "critical host.exempt-everywhere"],
    [
      '[policy]\nexempt_sources = ["128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"]',
      "critical host.exempt-everywhere",
    ],
    ['[policy]\nexempt_sources = ["128.0.0.0/1", "0.0.0.0/2"]', "warning host.exempt-sources"],
    ['[codes]\ngrace_period = "10m"', "info host.grace-period"],
    ['[codes]\ngrace_period = "48h"', "warning host.grace-period"],
    ['[codes]\nreuse = "file"', "warning host.codes-reused"],
    ["[codes]\nno_strict_owner = true", "warning host.codes-of-anybody"],
    ['[codes]\nallowed_perm = "0644"', "warning host.codes-readable"],
  ] as const
) {
  Deno.test(`host.toml with ${text.replaceAll("\n", " ")}: ${found || "nothing"}`, () => {
    equal(said(settings(JOINED + text)).join(", "), found);
  });
}

Deno.test("a setting is found in its line", () => {
  const [finding] = settings(`${JOINED}\n[policy]\n# offline = "code"\noffline = "allow"\n`);
  deepEqual(finding?.where, { file: "/etc/gatehouse/host.toml", line: 8 });
  const [dotted] = settings(`policy.unenrolled = "allow"\n${JOINED}`);
  equal(dotted?.where?.line, 1);
});

Deno.test("without servers it does not matter what holds while none answers", () => {
  deepEqual(settings('servers = []\n[policy]\noffline = "allow"\n'), []);
});

Deno.test("commands without a terminal pass by the gate alone", () => {
  const text = `${JOINED}[policy]\nnoninteractive = "skip"\n`;
  deepEqual(settings(text, { byGate: false, byPam: true }), []);
});

Deno.test("a server without TLS, elsewhere, is asked in the open", () => {
  const http = JOINED.replace("https:", "http:");
  deepEqual(said(settings(http)), [
    "warning host.server-without-tls",
    "warning host.offers-unsigned",
  ]);
  deepEqual(said(settings(`${http}signed_offers = true\n`)), ["warning host.server-without-tls"]);
  for (const here of ["127.0.0.1:8422", "localhost", "[::1]:80/x"]) {
    deepEqual(settings(http.replace("auth.example.com", here)), [], here);
  }
});

Deno.test("contacts of the full name are refused where users change it", () => {
  const text = `${JOINED}contact = "gecos"\n`;
  deepEqual(settings(text), []);
  for (const loginDefs of [undefined, "CHFN_RESTRICT frwh\n"]) {
    deepEqual(said(settings(text, { loginDefs })), ["warning host.contact-refused"]);
  }
});

const facts = (kind: FileFacts["kind"], mode: number, uid = 0): FileFacts => ({
  kind,
  mode,
  uid,
  gid: uid,
  changedAt: 0,
  links: 1,
});
const passed = (path: string, ...rest: Parameters<typeof facts>): Passed => ({
  path,
  facts: facts(...rest),
});
const ROOT = passed("/", "folder", 0o755);

Deno.test("openTo() finds the first thing on the way that others could change", () => {
  const good = [ROOT, passed("/a", "folder", 0o755), passed("/a/b", "file", 0o755)];
  equal(openTo(good, [0], false), undefined);
  const link = [ROOT, passed("/l", "link", 0o777), passed("/f", "file", 0o644)];
  equal(openTo(link, [0], false), undefined);
  equal(openTo([ROOT, passed("/l", "link", 0o777, 7)], [0], true)?.why, "owner");
  equal(openTo([ROOT, passed("/a", "folder", 0o775), ...good], [0], true)?.path, "/a");
  const sticky = [ROOT, passed("/tmp", "folder", 0o1777)];
  equal(openTo(sticky, [0], true), undefined);
  equal(openTo(sticky, [0], false)?.why, "writable");
  equal(openTo([passed("/f", "file", 0o1666)], [0], true)?.why, "writable");
  equal(openTo([passed("/f", "file", 0o644, 7)], [0, 7], true), undefined);
});

Deno.test("openFinding() mends files and folders, but gives no home away and opens no /tmp", () => {
  const about = { id: "x", severity: "critical", name: "it", means: "Bad." } as const;
  const fix = (one: Passed, why: "owner" | "writable") => openFinding({ ...one, why }, about).fix;
  deepEqual(fix(passed("/f", "file", 0o666), "writable"), {
    kind: "mode",
    path: "/f",
    mode: 0o644,
  });
  deepEqual(fix(passed("/f", "file", 0o644, 7), "owner"), {
    kind: "owner",
    path: "/f",
    uid: 0,
    gid: 0,
  });
  deepEqual(fix(passed("/d", "folder", 0o2775), "writable"), {
    kind: "mode",
    path: "/d",
    mode: 0o2755,
  });
  equal(fix(passed("/home/a", "folder", 0o755, 7), "owner"), undefined);
  equal(fix(passed("/tmp", "folder", 0o1777), "writable"), undefined);
  const said = (one: Passed) => openFinding({ ...one, why: "writable" }, about);
  match(said(passed("/f", "file", 0o666)).what, /mode 0666/);
  match(said(passed("/f", "file", 0o666)).mend, /^chmod go-w \/f$/);
  match(said(passed("/tmp", "folder", 0o1777)).mend, /^put it elsewhere/);
});

Deno.test("gateLines() finds the gate, its program and its host.toml", () => {
  const text = [
    "Match Group ssh-2fa",
    "    ForceCommand exec /usr/local/bin/gatehouse gate",
    "# ForceCommand /x/gatehouse gate",
    "forcecommand=/opt/gatehouse gate --config /etc/other.toml",
    "ForceCommand /usr/bin/true gatehouse gate",
  ].join("\n");
  deepEqual(gateLines(text), [
    { program: "/usr/local/bin/gatehouse", config: undefined },
    { program: "/opt/gatehouse", config: "/etc/other.toml" },
  ]);
});

Deno.test("moduleLines() finds our module, and ourselves under pam_exec", () => {
  const text = [
    "auth required pam_unix.so",
    "auth required pam_gatehouse.so helper=/opt/gatehouse config=/etc/h.toml mode=pin",
    "auth required pam_gatehouse.so nonsense",
    "auth required pam_exec.so seteuid /usr/local/bin/gatehouse pam --option secret=/s/${USER}",
  ].join("\n") + "\n";
  const files = {
    text: (path: string) => path === "/etc/pam.d/sshd" ? text : undefined,
    folder: (path: string) => path === "/etc/pam.d",
  };
  const stack = readStack("sshd", "auth", files);
  ok(!("refused" in stack));
  const lines = moduleLines("sshd", stack.entries);
  deepEqual(
    lines.map(({ config, mode, module, program, secret, where }) => ({
      module,
      program,
      config,
      secret,
      mode,
      line: where.line,
    })),
    [
      {
        module: "pam_gatehouse.so",
        program: "/opt/gatehouse",
        config: "/etc/h.toml",
        secret: undefined,
        mode: "pin",
        line: 2,
      },
      {
        module: "pam_gatehouse.so",
        program: "/usr/local/bin/gatehouse",
        config: undefined,
        secret: undefined,
        mode: undefined,
        line: 3,
      },
      {
        module: undefined,
        program: "/usr/local/bin/gatehouse",
        config: undefined,
        secret: "/s/${USER}",
        mode: "auto",
        line: 4,
      },
    ],
  );
});

Deno.test("moduleProtocol() reads the version out of the module's own text", () => {
  equal(moduleProtocol("\x7fELF\0\0pam_gatehouse protocol 1\0\0x"), 1);
  equal(moduleProtocol("\x7fELF pam_gatehouse protocol 12\0"), 12);
  equal(moduleProtocol("\x7fELF pam_gatehouse protocol \0"), undefined);
  equal(moduleProtocol(""), undefined);
});

Deno.test("exempt_sources covers everything exactly where no address is left out", () => {
  const half = fc.boolean();
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.infiniteStream(half), (depth, drop) => {
    const size = 2 ** (32 - depth);
    const all = Array.from({ length: 2 ** depth }, (_, index) => {
      const first = index * size;
      const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
      return `${bytes.join(".")}/${depth}`;
    });
    const some = all.filter(() => drop.next().value !== true);
    const list = JSON.stringify(some);
    const findings = settings(`${JOINED}[policy]\nexempt_sources = ${list}\n`);
    const expected = some.length === 0
      ? []
      : some.length === all.length
      ? ["critical host.exempt-everywhere"]
      : ["warning host.exempt-sources"];
    deepEqual(said(findings), expected);
  }));
});
