/** What the doctor gives up, refuses or does as somebody else: each has to stay so. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { examineFactor } from "../../lib/core/doctor/pam_factor.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import { canBeAsked, copyConfig } from "../../lib/core/sshd/copy.ts";
import { askSshd } from "../../lib/io/sshd_program.ts";
import { examine } from "../../lib/modes/doctor/examine.ts";
import { report } from "../../lib/modes/doctor/report.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { DoctorTree } from "../support/doctor_tree.ts";
import { scratch } from "../support/scratch.ts";
import { asSomebody } from "../support/somebody.ts";
import {
  briefly,
  DROP_IN,
  examineTree,
  GATE_BLOCK,
  only,
  PAM_BLOCK,
} from "../support/sshd_tree.ts";

const MAIN = "/etc/ssh/sshd_config";

Deno.test("only root may report", async () => {
  await rejects(
    asSomebody(() => report([], "/nowhere/host.toml")),
    ({ message }: Error) => message === "only root may report",
  );
});

Deno.test({
  name: "who is not root is told so, of this machine alone",
  sanitizeResources: false,
  fn: async () => {
    await using tree = await DoctorTree.make();
    const site = openSite(tree.path);
    const found = async (root: string) =>
      (await examine({ ...site, root })).findings.some(({ id }) => id === "doctor.not-root");
    deepEqual(await asSomebody(() => Promise.all([found(""), found(tree.path)])), [true, false]);
    equal(await found(""), false);
  },
});

Deno.test("another machine's configuration is read by nobody, this one's by root", async () => {
  await using folder = await scratch();
  const program = await folder.file("sshd", "#!/bin/sh\nid -u; id -g\n", 0o755);
  const ids = async (powerless: boolean) =>
    (await askSshd(program, [], "user=x", powerless)).answer;
  equal(await ids(true), "65534\n65534\n");
  equal(await ids(false), "0\n0\n");
});

Deno.test("a few lines of another sshd's are passed over, and no more than that", async () => {
  const lines = (count: number) => "GSSAPIEnablek5users no\n".repeat(count);
  const found = async (count: number) =>
    briefly(
      await examineTree({ [DROP_IN]: GATE_BLOCK, "/etc/ssh/sshd_config.d/40.conf": lines(count) }),
    );
  const refused = "critical sshd.refused /etc/ssh/sshd_config.d/40.conf:51";
  ok(!(await found(50)).some((line) => line.includes("sshd.refused")));
  ok((await found(51)).includes(refused));
});

Deno.test("where Match lines tell too many situations apart, sshd is not asked, and nothing proven", async () => {
  const networks = Array.from({ length: 64 }, (_, at) => `10.${at}.0.0/16`);
  const linesWith = (value: (at: number) => number) =>
    networks.flatMap((one, at) => [
      ...[`Match Address ${one}`, `MaxSessions ${value(at)}`],
      ...[`Match LocalAddress ${one}`, `ClientAliveInterval ${value(at)}`],
    ]);
  const found = async (match: readonly string[]) =>
    await examineTree({ [DROP_IN]: `${GATE_BLOCK}${match.join("\n")}\n` });
  const lines = linesWith((at) => at + 1);
  const many = await found(lines);
  equal(only(many, "sshd.too-many-situations").severity, "warning");
  deepEqual([many.proven, many.reliance.unknown], [[], true]);
  // However many there are, sshd is asked as often as its answers can differ.
  const alike = await found(linesWith(() => 5));
  deepEqual([alike.proven.length, alike.reliance.unknown], [1, undefined]);
  const few = await found(lines.slice(0, 8));
  deepEqual([few.proven.length, few.reliance.unknown], [1, undefined]);
});

Deno.test("where files include more than anybody needs, sshd is not asked, and nothing proven", async () => {
  const more = "/etc/ssh/more";
  const found = async (times: number, levels: number) => {
    const files: Record<string, string> = { [`${more}/${levels + 1}`]: "X11Forwarding no\n" };
    for (let level = 1; level <= levels; level++) {
      files[`${more}/${level}`] = `Include more/${level + 1}\n`.repeat(times);
    }
    return await examineTree({ ...files, [DROP_IN]: `Include more/1\n${GATE_BLOCK}` });
  };
  const bomb = await found(3, 13);
  const finding = only(bomb, "sshd.too-many-files");
  equal(finding.severity, "warning");
  match(finding.where?.file ?? "", /^\/etc\/ssh\/more\//);
  deepEqual([bomb.proven, bomb.reliance.unknown], [[], true]);
  const some = await found(3, 4);
  deepEqual([some.proven.length, some.reliance.unknown], [1, undefined]);
  const lines = "# nothing\n".repeat(150_000);
  const long = await examineTree({
    [`${more}/a`]: lines,
    [`${more}/b`]: lines,
    [`${more}/c`]: "",
    [DROP_IN]: `Include more/*\n${GATE_BLOCK}`,
  });
  deepEqual(only(long, "sshd.too-many-files").where, { file: DROP_IN, line: 1 });
});

Deno.test("keys that belong to another account count for nothing", async () => {
  const examined = await examineTree(
    { [DROP_IN]: PAM_BLOCK },
    (root) => Deno.chown(`${root}/home/alice/.ssh/authorized_keys`, 5002, 5002),
  );
  match(JSON.stringify(only(examined, "sshd.keys-unknown")), /belongs to uid 5002/);
});

Deno.test("canBeAsked() takes no name that means something to -C or to a list of User", () => {
  for (const name of ["alice", "björn", "a.b-c_d", "web$", "x+y", "a@b"]) {
    ok(canBeAsked(name), name);
  }
  for (const name of ["", "a,addr=1", "a b", "a*", "!a", "a?", 'a"', "a=b", "a\nb"]) {
    ok(!canBeAsked(name), name);
  }
});

Deno.test("a copy of sshd_config has no name that this machine would look up to listen at", () => {
  const listen = [
    ["ListenAddress 192.0.2.1", "ListenAddress 192.0.2.1"],
    ["ListenAddress 192.0.2.1:2222", "ListenAddress 192.0.2.1:2222"],
    ["ListenAddress [2001:db8::1]:22", "ListenAddress [2001:db8::1]:22"],
    ["listenaddress 2001:db8::1", "ListenAddress 2001:db8::1"],
    ["ListenAddress ssh.example.com", "ListenAddress 127.0.0.1"],
    ["ListenAddress ssh.example.com:2222", "ListenAddress 127.0.0.1:2222"],
    ["ListenAddress 192.0.2.1 rdomain red", "ListenAddress 192.0.2.1"],
    ["ListenAddress", "ListenAddress"],
  ];
  const text = listen.map(([line]) => line).join("\n");
  const files = { text: (path: string) => path === MAIN ? text : undefined, matching: () => [] };
  const copied = copyConfig(files, { folder: "/copy", askedFor: [], without: new Set() });
  deepEqual([...copied?.files.values() ?? []].join().split("\n"), listen.map(([, line]) => line));
});

Deno.test("a stack with more ways through it than can be looked at is told of", () => {
  const found = (lines: number) => {
    const text = `${
      "auth [default=ok] pam_strange.so\n".repeat(lines)
    }auth required pam_gatehouse.so\n`;
    const stack = readStack("sshd", "auth", {
      text: (path) => path.endsWith("/sshd") ? text : undefined,
    });
    ok("entries" in stack);
    const outcomes = () => ["success", "auth_err", "user_unknown", "maxtries"] as const;
    const one = { accounts: [], outcomes, credentials: outcomes };
    const asked = { stack, guarded: [one], alone: [], relied: true, inside: false };
    return examineFactor(asked).findings.map(({ id, severity }) => `${severity} ${id}`);
  };
  ok(!found(10).includes("warning pam.stack-unknown"));
  ok(found(5_000).includes("warning pam.stack-unknown"));
});

Deno.test({
  name: "--config counts for the examination of sshd as well",
  sanitizeResources: false,
  fn: async () => {
    await using tree = await DoctorTree.make();
    await tree.write(DROP_IN, "");
    await Deno.rename(
      `${tree.path}/etc/gatehouse/host.toml`,
      `${tree.path}/etc/gatehouse/own.toml`,
    );
    const text = async (config: string) => (await tree.doctor({ config })).text;
    match(await text("/etc/gatehouse/own.toml"), /sshd\.nobody-guarded/);
    ok(!(await text("/etc/gatehouse/none.toml")).includes("sshd.nobody-guarded"));
  },
});
