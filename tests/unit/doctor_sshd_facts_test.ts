import type { Judged } from "../../lib/core/doctor/sshd_guard.ts";
import { servicesOf, severalServices } from "../../lib/core/doctor/sshd_reliance.ts";
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { differences } from "../../lib/core/doctor/sshd_cases.ts";
import {
  alternativesOf,
  factorOf,
  mentionsGate,
  readGate,
} from "../../lib/core/doctor/sshd_factor.ts";
import { isSshdFile } from "../../lib/core/doctor/sshd_intent.ts";
import { runningFindings, versionFindings } from "../../lib/core/doctor/sshd_running.ts";
import { SshdAnswer } from "../../lib/core/sshd/answer.ts";
import { readLine } from "../../lib/core/sshd/words.ts";
import { GATE_BLOCK } from "../support/sshd_tree.ts";

Deno.test("readGate() takes the gate alone, however its path is written", () => {
  const gate = "/usr/local/bin/gatehouse";
  const cases: [command: string, gate: ReturnType<typeof readGate>][] = [
    [`exec ${gate} gate`, { program: gate, exec: true, config: undefined }],
    [`${gate} gate`, { program: gate, exec: false, config: undefined }],
    [`exec '${gate}' gate --config "/etc/a b"`, { program: gate, exec: true, config: "/etc/a b" }],
    [`exec ${gate} gate --config=/x`, { program: gate, exec: true, config: "/x" }],
    ["exec gatehouse gate", { program: "gatehouse", exec: true, config: undefined }],
    ["none", undefined],
    [`exec ${gate} pam`, undefined],
    [`exec /usr/bin/env ${gate} gate`, undefined],
    [`exec ${gate}2 gate`, undefined],
    [`${gate} gate || true`, undefined],
    [`${gate} gate; sh`, undefined],
    [`${gate} gate & sh`, undefined],
    [`${gate} gate $(sh)`, undefined],
    [`${gate} gate # x`, undefined],
    [`${gate} gate --config`, undefined],
    [`${gate} gate x`, undefined],
  ];
  for (const [command, expected] of cases) deepEqual(readGate(command), expected, command);
  ok(mentionsGate(`'${gate}' gate || true`));
});

Deno.test("readGate() takes nothing that a shell makes more of", () => {
  const tail = fc.string({
    unit: fc.constantFrom(";", "|", "&", "$", "`", "\n", "(", ">", "a", " "),
  });
  fc.assert(fc.property(tail, (tail) => {
    const taken = readGate(`exec /usr/local/bin/gatehouse gate${tail}`) !== undefined;
    equal(taken, tail.trim() === "" && !tail.includes("\n"), JSON.stringify(tail));
  }));
});

function answer(lines: Readonly<Record<string, string>>): SshdAnswer {
  const stock = {
    usepam: "yes",
    pubkeyauthentication: "yes",
    passwordauthentication: "yes",
    kbdinteractiveauthentication: "yes",
    gssapiauthentication: "no",
    hostbasedauthentication: "no",
    permitrootlogin: "without-password",
    authenticationmethods: "any",
    forcecommand: "none",
  };
  return new SshdAnswer(
    Object.entries({ ...stock, ...lines }).map((one) => one.join(" ")).join("\n"),
  );
}

Deno.test("alternativesOf() leaves out what sshd leaves out", () => {
  const of = (lines: Readonly<Record<string, string>>, uid = 1_000) =>
    alternativesOf(answer(lines), uid).map((one) => one.join()).join(" ");
  equal(of({}), "publickey keyboard-interactive password");
  equal(of({}, 0), "publickey");
  equal(of({ permitrootlogin: "yes" }, 0), "publickey keyboard-interactive password");
  equal(of({ usepam: "no" }), "publickey password without PAM");
  equal(
    of({ gssapiauthentication: "yes", passwordauthentication: "no" }),
    "publickey keyboard-interactive gssapi-with-mic",
  );
  const both = { authenticationmethods: "publickey,keyboard-interactive:pam publickey,password" };
  equal(of(both), "publickey,keyboard-interactive:pam publickey,password");
  equal(of({ ...both, passwordauthentication: "no" }), "publickey,keyboard-interactive:pam");
  equal(of({ ...both, pubkeyauthentication: "no" }), "");
  equal(of({ authenticationmethods: "keyboard-interactive:skey" }), "");
});

Deno.test("factorOf() sees every alternative, and the gate before all", () => {
  const of = (lines: Readonly<Record<string, string>>) => factorOf(answer(lines), 1_000).kind;
  equal(of({}), "none");
  equal(of({ authenticationmethods: "publickey,keyboard-interactive" }), "pam");
  equal(
    of({ authenticationmethods: "publickey,keyboard-interactive publickey,publickey" }),
    "none",
  );
  equal(of({ authenticationmethods: "hostbased,keyboard-interactive" }), "shut");
  equal(of({ authenticationmethods: "password", usepam: "no" }), "none");
  equal(of({ gssapiauthentication: "yes", pubkeyauthentication: "no" }), "none");
  equal(of({ pubkeyauthentication: "no" }), "pam");
  equal(of({ forcecommand: "exec /usr/local/bin/gatehouse gate" }), "gate");
});

Deno.test("whose file it is, its name says", () => {
  ok(isSshdFile("/etc/ssh/sshd_config.d/50-gatehouse.conf.off"));
  ok(isSshdFile("/etc/ssh/gatehouse.conf"));
  for (
    const name of [
      "ssh_config",
      "moduli",
      "sshd_config.dpkg-old",
      "sshd_config~",
      "sshd_config.d/.a.swp",
    ]
  ) {
    equal(isSshdFile(`/etc/ssh/${name}`), false, name);
  }
});

Deno.test("the sshd that runs may go by an older configuration", () => {
  const running = { pid: 7, startedAt: 100_000, command: "/usr/sbin/sshd -D" };
  const changed = { file: "/etc/ssh/sshd_config", at: 200_000 };
  const ids = (facts: Parameters<typeof runningFindings>[0]) =>
    runningFindings(facts).map(({ id, severity }) => `${severity} ${id}`);
  const usual = { listeners: [running], pidFileAt: 100_500, changed };
  deepEqual(ids(usual), ["warning sshd.not-loaded"]);
  deepEqual(ids({ ...usual, pidFileAt: undefined }), ["info sshd.not-loaded"]);
  // A reload keeps the process, and writes its file anew.
  deepEqual(ids({ ...usual, pidFileAt: 200_100 }), []);
  deepEqual(ids({ ...usual, changed: { ...changed, at: 99_000 } }), []);
  deepEqual(ids({ ...usual, listeners: undefined }), ["info sshd.running-unknown"]);
  deepEqual(ids({ ...usual, listeners: [] }), ["info sshd.not-running"]);
  deepEqual(ids({ ...usual, listeners: [running, { ...running, pid: 8 }] }), [
    "warning sshd.several",
  ]);
  const withOptions = (options: string) => ({
    ...usual,
    pidFileAt: 200_100,
    listeners: [{ ...running, command: `/usr/sbin/sshd -D ${options}` }],
  });
  deepEqual(ids(withOptions("-o UsePAM=no")), ["info sshd.options"]);
  deepEqual(ids(withOptions("-f /etc/ssh/sshd_config")), ["info sshd.options"]);
  deepEqual(ids(withOptions("-f /etc/other")), ["warning sshd.options"]);
});

Deno.test("what old versions lack, for whom it matters", () => {
  const ids = (major: number, minor: number, gate: boolean, pam: boolean) =>
    versionFindings({ major, minor }, { gate, pam }).map(({ id }) =>
      id.replace("sshd.version-", "")
    );
  deepEqual(ids(10, 3, true, true), []);
  deepEqual(ids(10, 2, true, true), ["prompts"]);
  deepEqual(ids(9, 9, true, false), ["forwarding"]);
  deepEqual(ids(8, 1, false, true), ["no-include", "prompts"]);
  deepEqual(ids(7, 4, true, false), ["old", "no-include", "forwarding"]);
  deepEqual(versionFindings(undefined, { gate: true, pam: true }), []);
});

const CIRCUMSTANCES = {
  address: "192.0.2.7",
  host: "192.0.2.7",
  localAddress: "192.0.2.1",
  localPort: 22,
  rdomain: undefined,
};

Deno.test("an answer that is not what the files say is a finding of its own", () => {
  const of = (text: string, found: string) =>
    differences([{
      accounts: [],
      allowed: true,
      circumstances: CIRCUMSTANCES,
      reading: { key: "", directives: [{ ...readLine(text), where: { file: "/a", line: 3 } }] },
      answer: answer({ forcecommand: found }),
    }]).map(({ id, where }) => `${id} ${where?.file}:${where?.line}`);
  deepEqual(of("ForceCommand a  b", "a  b"), []);
  deepEqual(of("ForceCommand NONE", "none"), []);
  deepEqual(of("Banner x", "none"), []);
  deepEqual(of("ForceCommand a", "none"), ["sshd.read-otherwise /a:3"]);
});

Deno.test("docs/sshd.md has the block that the other tests are about", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/sshd.md", import.meta.url));
  ok(text.includes(GATE_BLOCK));
});

Deno.test("the name by which sshd asks PAM is the one that it says, that of the guarded first", () => {
  const judged = (kind: "pam" | "none", service?: string): Judged => ({
    one: {
      accounts: [],
      allowed: true,
      circumstances: CIRCUMSTANCES,
      reading: { key: "", directives: [] },
      answer: answer(service === undefined ? {} : { pamservicename: service }),
    },
    factor: kind === "pam" ? { kind, alternatives: [] } : { kind, ways: [] },
    blocks: [],
    exempt: false,
  });
  deepEqual(servicesOf([]), ["sshd"]);
  deepEqual(servicesOf([judged("none"), judged("pam")]), ["sshd"]);
  deepEqual(servicesOf([judged("none", "own"), judged("pam", "own")]), ["own"]);
  const both = servicesOf([judged("none", "open"), judged("pam", "own")]);
  deepEqual(both, ["own", "open"]);
  deepEqual(severalServices(both).map(({ id, severity }) => `${severity} ${id}`), [
    "warning sshd.pam-services",
  ]);
  deepEqual(severalServices(["own"]), []);
});
