/** What the doctor prints: for people, for programs, for Prometheus. */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type Examined,
  type Finding,
  fixesOf,
  inOrder,
  SEVERITIES,
} from "../../lib/core/doctor/finding.ts";
import { doctorJson } from "../../lib/core/doctor/json.ts";
import { doctorMetrics } from "../../lib/core/doctor/metrics.ts";
import { doctorText } from "../../lib/core/doctor/text.ts";
import { displayWidth, withoutStyles } from "../../lib/core/display_width.ts";
import { isPrintable } from "../../lib/core/text.ts";

const WARNING: Finding = {
  id: "host.exempt-accounts",
  severity: "warning",
  where: { file: "/etc/gatehouse/host.toml", line: 9 },
  what: "policy.exempt_users names bob: 1 account not asked",
  means: "For these a stolen key or password is enough.",
  mend: "take it out of [policy] as soon as they can be asked",
  witness: "bob",
};
const CRITICAL: Finding = {
  id: "sshd.factor-missing",
  severity: "critical",
  what: "alice can log in without the second factor",
  means: "Whoever has the key gets in.",
  mend: "write:\n  Match User alice\n      ForceCommand exec /usr/local/bin/gatehouse gate",
};
const INFO: Finding = { ...WARNING, id: "host.config-readable", severity: "info" };
const only = (...findings: Finding[]): Examined => ({ findings, proven: [] });

Deno.test("doctorText() begins with the verdict, and has the worst first", () => {
  deepEqual(doctorText("web1", only(WARNING, CRITICAL), false), [
    "web1: 1 critical, 1 warning",
    "",
    "critical",
    "",
    "  alice can log in without the second factor",
    "    means   Whoever has the key gets in.",
    "    mend    write:",
    "              Match User alice",
    "                  ForceCommand exec /usr/local/bin/gatehouse gate",
    "    id      sshd.factor-missing",
    "",
    "warning",
    "",
    "  policy.exempt_users names bob: 1 account not asked",
    "    where   /etc/gatehouse/host.toml:9",
    "    means   For these a stolen key or password is enough.",
    "    mend    take it out of [policy] as soon as they can be asked",
    "    witness bob",
    "    id      host.exempt-accounts",
  ]);
});

Deno.test("doctorText() says that all is well, and what was proven", () => {
  const proven = ["12 accounts meet the factor in every one of 9 situations"];
  deepEqual(doctorText("web1", { findings: [], proven }, false), [
    "web1: all is well",
    "",
    "proven",
    "",
    "  - 12 accounts meet the factor in every one of 9 situations",
  ]);
  equal(doctorText("web1", only(INFO), false)[0], "web1: all is well, 1 info");
  equal(
    doctorText("w", only(WARNING, { ...WARNING, what: "another" }), false)[0],
    "w: 2 warnings",
  );
});

Deno.test("doctorText() has colours only where they are asked for", () => {
  const plain = doctorText("web1", only(WARNING, CRITICAL), false);
  const styled = doctorText("web1", only(WARNING, CRITICAL), true);
  ok(styled.join("\n").includes("\x1b["));
  deepEqual(styled.map(withoutStyles), plain);
});

const hostile = fc.string({ unit: "binary", maxLength: 200 });
const anyFinding: fc.Arbitrary<Finding> = fc.record({
  id: fc.constantFrom("host.a", "sshd.b", 'x"\n\\'),
  severity: fc.constantFrom(...SEVERITIES),
  where: fc.record({ file: hostile, line: fc.nat(999) }),
  what: hostile,
  means: hostile,
  mend: hostile,
  witness: hostile,
});

Deno.test("doctorText() prints nothing that could mislead a terminal, in 80 columns where words allow", () => {
  fc.assert(fc.property(fc.array(anyFinding), hostile, (findings, name) => {
    for (const line of doctorText(name, { findings, proven: [name] }, false)) {
      ok(isPrintable(line), JSON.stringify(line));
      // A word that is longer stays whole.
      ok(displayWidth(line) <= 80 || !/\S \S/.test(line.slice(12)), line);
    }
  }));
});

Deno.test("inOrder() leaves out what was found twice, and keeps what differs", () => {
  const other = { ...CRITICAL, where: { file: "/etc/ssh/sshd_config" } };
  deepEqual(inOrder([WARNING, CRITICAL, { ...CRITICAL }, other]), [CRITICAL, other, WARNING]);
});

Deno.test("doctorJson() has the shape that docs/doctor.md gives", () => {
  const fixed: Finding = { ...WARNING, fix: { kind: "mode", path: "/x", mode: 0o600 } };
  deepEqual(doctorJson("web1", "", { findings: [CRITICAL, fixed], proven: ["it is there"] }), {
    verdict: "critical",
    host: "web1",
    root: null,
    counts: { critical: 1, warning: 1, info: 0 },
    findings: [
      {
        id: "sshd.factor-missing",
        severity: "critical",
        where: null,
        what: CRITICAL.what,
        means: CRITICAL.means,
        mend: CRITICAL.mend,
        fixable: false,
      },
      {
        id: "host.exempt-accounts",
        severity: "warning",
        where: "/etc/gatehouse/host.toml:9",
        what: WARNING.what,
        means: WARNING.means,
        mend: WARNING.mend,
        witness: "bob",
        fixable: true,
      },
    ],
    proven: ["it is there"],
  });
  equal(doctorJson("web1", "/srv/image", only(INFO)).verdict, "ok");
  equal(doctorJson("web1", "/srv/image", only(INFO)).root, "/srv/image");
  equal(doctorJson("web1", "", only(INFO, WARNING)).verdict, "warning");
});

Deno.test("fixesOf() gives one, several or none", () => {
  const one = { kind: "remove", path: "/a" } as const;
  deepEqual(fixesOf(WARNING), []);
  deepEqual(fixesOf({ ...WARNING, fix: one }), [one]);
  deepEqual(fixesOf({ ...WARNING, fix: [one, one] }), [one, one]);
});

Deno.test("doctorMetrics() counts findings, and names each once", () => {
  const twice = { ...WARNING, what: "another" };
  const text = doctorMetrics({
    findings: [CRITICAL, WARNING, twice],
    lastRun: 1_767_225_600_999,
  });
  deepEqual(text.split("\n").filter((line) => !line.startsWith("#")), [
    "gatehouse_doctor_up 1",
    "gatehouse_doctor_last_run_timestamp_seconds 1767225600",
    'gatehouse_doctor_findings{severity="critical"} 1',
    'gatehouse_doctor_findings{severity="warning"} 2',
    'gatehouse_doctor_findings{severity="info"} 0',
    'gatehouse_doctor_finding{id="host.exempt-accounts",severity="warning"} 1',
    'gatehouse_doctor_finding{id="sshd.factor-missing",severity="critical"} 1',
    "",
  ]);
});

Deno.test("doctorMetrics() of a run that failed says so, and when the last one did not", () => {
  const lines = (run: Parameters<typeof doctorMetrics>[0]) =>
    doctorMetrics(run).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  deepEqual(lines({ findings: undefined, lastRun: 5_000 }), [
    "gatehouse_doctor_up 0",
    "gatehouse_doctor_last_run_timestamp_seconds 5",
  ]);
  deepEqual(lines({ findings: undefined, lastRun: undefined }), ["gatehouse_doctor_up 0"]);
});

Deno.test("doctorMetrics() is what the text format allows, whatever is found", () => {
  const comment = /^# (HELP|TYPE) gatehouse_doctor_[a-z_]+ .+$/;
  const sample =
    /^gatehouse_doctor_[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z]+="[a-z]+")?\})? [0-9]+$/;
  fc.assert(fc.property(fc.array(anyFinding), (findings) => {
    const lines = doctorMetrics({ findings, lastRun: 0 }).trimEnd().split("\n");
    for (const line of lines) ok(comment.test(line) || sample.test(line), line);
    equal(new Set(lines).size, lines.length);
  }));
});
