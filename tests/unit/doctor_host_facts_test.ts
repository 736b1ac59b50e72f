/** What the doctor makes of facts about a host: servers, clock, codes, the machine. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Finding } from "../../lib/core/doctor/finding.ts";
import {
  debris,
  type Enrolment,
  enrolments,
  fetchedCodes,
  provenOfEnrolments,
} from "../../lib/core/doctor/host_codes.ts";
import { emergencyFindings } from "../../lib/core/doctor/host_emergency.ts";
import { diskRoom, logFindings, spoolFindings } from "../../lib/core/doctor/host_machine.ts";
import {
  clocks,
  provenOfServers,
  type ServerLook,
  serverLooks,
  type TokenLook,
} from "../../lib/core/doctor/host_servers.ts";
import type { FileFacts } from "../../lib/core/doctor/site.ts";
import { VERSION } from "../../lib/core/version.ts";

/** "critical host.clock-off" */
const said = (findings: readonly Finding[]) =>
  findings.map(({ id, severity }) => `${severity} ${id}`);

const facts = (kind: FileFacts["kind"], mode: number, uid = 0): FileFacts => ({
  kind,
  mode,
  uid,
  gid: uid,
  changedAt: 0,
  links: 1,
});
const SERVER = "https://auth.example.com";
const NOW = 1_767_225_600_000;
const DAY = 86_400_000;
function look(more: Partial<ServerLook> = {}): ServerLook {
  return {
    server: SERVER,
    answered: { ready: true, ahead: 0 },
    hint: "nothing listens there",
    certificateFault: false,
    certificateEnds: NOW + 90 * DAY,
    token: { kind: "proven", version: VERSION },
    ...more,
  };
}
const HOST = { file: "/etc/gatehouse/host.toml", offline: "code" } as const;

Deno.test("a server that answers and signs has no finding, and is proven", () => {
  deepEqual(serverLooks([look()], HOST, NOW), []);
  deepEqual(provenOfServers([look()]), [
    `${SERVER} can be reached`,
    `${SERVER} knows this host, and signs with a key that is pinned here`,
  ]);
});

Deno.test("a server that does not answer is critical when it is the last", () => {
  const gone = look({ answered: undefined, token: { kind: "unasked" } });
  const other = look({ server: "https://second.example.com" });
  deepEqual(said(serverLooks([gone], HOST, NOW)), ["critical host.server-unreachable"]);
  deepEqual(said(serverLooks([gone, other], HOST, NOW)), ["warning host.server-unreachable"]);
  match(
    serverLooks([gone], { ...HOST, offline: "allow" }, NOW)[0]?.means ?? "",
    /Everybody gets in/,
  );
  const unready = look({ answered: { ready: false, ahead: 0 } });
  deepEqual(said(serverLooks([unready], HOST, NOW)), ["critical host.server-unready"]);
  const untrusted = { ...gone, certificateFault: true };
  deepEqual(said(serverLooks([untrusted], HOST, NOW)), ["critical host.certificate-untrusted"]);
});

for (
  const [days, found] of [
    [14, []],
    [13, ["warning host.certificate-ends"]],
    [1, ["critical host.certificate-ends"]],
    [-3, ["critical host.certificate-ends"]],
  ] as const
) {
  Deno.test(`a certificate that ends in ${days} days: ${found.join() || "nothing"}`, () => {
    deepEqual(said(serverLooks([look({ certificateEnds: NOW + days * DAY })], HOST, NOW)), found);
  });
}

const TOKENS: readonly (readonly [TokenLook, string])[] = [
  [{ kind: "unknown" }, "critical host.token-unknown"],
  [{ kind: "unsigned", fault: "x" }, "critical host.server-key-unknown"],
  [{ kind: "busy" }, "info host.server-busy"],
  [{ kind: "odd", detail: "x" }, "warning host.server-odd"],
  [{ kind: "known", version: undefined }, ""],
  [{ kind: "known", version: "9.9.9" }, "info host.version-differs"],
  [{ kind: "unasked" }, ""],
];
for (const [token, found] of TOKENS) {
  Deno.test(`a token that is ${token.kind}: ${found || "nothing"}`, () => {
    equal(said(serverLooks([look({ token })], HOST, NOW)).join(), found);
  });
}

for (
  const [ahead, codesCount, found] of [
    [29_000, true, ""],
    [30_000, true, "warning host.clock-off"],
    [-89_000, true, "warning host.clock-off"],
    [-90_000, true, "critical host.clock-off"],
    [90_000, false, "warning host.clock-off"],
  ] as const
) {
  Deno.test(`clocks ${ahead / 1000} s apart, codes ${codesCount}: ${found || "nothing"}`, () => {
    const all = [{ server: "https://other", ahead: 0 }, { server: SERVER, ahead }];
    const findings = clocks({ ahead: all, kept: true, codesCount });
    equal(said(findings).join(), found);
    if (ahead > 0) ok(findings.every(({ what }) => what.includes("behind")));
    else ok(findings.every(({ what }) => what.includes("ahead of")));
  });
}

Deno.test("a clock that nothing keeps, or that nothing is known of, is told", () => {
  const clock = (kept: boolean | undefined, ...ahead: number[]) =>
    said(
      clocks({ kept, ahead: ahead.map((ahead) => ({ server: SERVER, ahead })), codesCount: true }),
    );
  deepEqual(clock(true), []);
  deepEqual(clock(undefined, 0), []);
  deepEqual(clock(false, 0), ["warning host.clock-unkept"]);
  deepEqual(clock(undefined), ["warning host.clock-unknown"]);
});

const enrolment = (name: string, state: Enrolment["state"]): Enrolment => ({
  name,
  path: `/c/${name}`,
  state,
  command: `gatehouse enroll --user ${name}`,
  byItself: false,
});
const ENROLMENT = enrolment("alice", "enrolled");
const USE = { file: "/h", hasServers: true, offline: "code", unenrolled: "deny" } as const;

Deno.test("accounts without an authenticator are locked out while no server answers", () => {
  deepEqual(enrolments([ENROLMENT], USE), []);
  deepEqual(provenOfEnrolments([ENROLMENT, ENROLMENT]), [
    "1 account: each has an authenticator that can be used",
  ]);
  const [finding] = enrolments([ENROLMENT, enrolment("bob", "missing")], USE);
  equal(finding?.severity, "warning");
  equal(finding?.witness, "bob");
  deepEqual(provenOfEnrolments([ENROLMENT, enrolment("bob", "missing")]), []);
});

Deno.test("with no server, and nobody enrolled, nobody gets in", () => {
  const nobody = ["alice", "bob"].map((name) => enrolment(name, "missing"));
  const alone = { ...USE, hasServers: false };
  deepEqual(said(enrolments(nobody, alone)), ["critical codes.not-enrolled"]);
  const carol = enrolment("carol", "enrolled");
  deepEqual(said(enrolments([...nobody, carol], alone)), ["warning codes.not-enrolled"]);
  deepEqual(enrolments(nobody, { ...alone, unenrolled: "enroll" }), []);
  deepEqual(enrolments(nobody, { ...USE, offline: "deny" }), []);
});

Deno.test("many names are ten names and a number", () => {
  const many = Array.from({ length: 42 }, (_, index) => enrolment(`u${100 + index}`, "missing"));
  const [finding] = enrolments(many, USE);
  match(finding?.what ?? "", /none of 42 accounts/);
  match(finding?.witness ?? "", /^u100, .*, u109 and 32 more$/);
});

Deno.test("a file that is refused is told with its reason, one that is open elsewhere", () => {
  const all = [enrolment("a", { refused: "line 1: no secret" }), enrolment("b", "open")];
  const findings = enrolments(all, USE);
  deepEqual(said(findings), ["warning codes.file-refused"]);
  match(findings[0]?.what ?? "", /of a is refused: line 1: no secret/);
});

Deno.test("debris is one finding, and all of it is removed", () => {
  deepEqual(debris([]), []);
  const [finding] = debris(["/a~", "/b~"]);
  deepEqual(finding?.fix, [{ kind: "remove", path: "/a~" }, { kind: "remove", path: "/b~" }]);
});

Deno.test("fetched codes that run out, grow old, or are not fetched again", () => {
  const file = (at: number, until: number) => [{ name: "alice", at, until }];
  const fresh = file(NOW, NOW + DAY);
  deepEqual(fetchedCodes([], "none", NOW), []);
  deepEqual(fetchedCodes(fresh, "timer", NOW), []);
  deepEqual(said(fetchedCodes(fresh, "none", NOW)), ["warning codes.sync-unscheduled"]);
  const old = fetchedCodes(file(NOW - 3 * DAY, NOW + DAY), "cron", NOW);
  deepEqual(said(old), ["warning codes.sync-old"]);
  match(old[0]?.what ?? "", /3 d ago/);
  deepEqual(said(fetchedCodes(file(NOW - 31 * DAY, NOW), "timer", NOW)), [
    "warning codes.sync-over",
  ]);
});

const EMERGENCY = { byPam: true, hasServers: true, lockedOut: false, path: "/e" };
Deno.test("the emergency code: missing, weak, unusable, or without a door", () => {
  deepEqual(emergencyFindings({ state: "good" }, EMERGENCY), []);
  const of = (...[look, use]: Parameters<typeof emergencyFindings>) =>
    said(emergencyFindings(look, use));
  deepEqual(of({ state: "missing" }, EMERGENCY), ["info emergency.missing"]);
  const out = { ...EMERGENCY, lockedOut: true };
  deepEqual(of({ state: "missing" }, out), ["warning emergency.missing"]);
  const gate = { ...EMERGENCY, byPam: false };
  deepEqual(of({ state: "missing" }, gate), []);
  deepEqual(of({ state: "good" }, gate), ["info emergency.no-door"]);
  deepEqual(of({ state: "weak" }, EMERGENCY), ["warning emergency.weak"]);
  const unusable = (file: FileFacts) =>
    emergencyFindings({ state: "unusable", why: "x", facts: file }, EMERGENCY)[0]?.fix;
  deepEqual(unusable(facts("file", 0o644)), { kind: "mode", path: "/e", mode: 0o600 });
  for (const other of [facts("file", 0o644, 7), facts("link", 0o777), facts("file", 0o600)]) {
    equal(unusable(other), undefined);
  }
});

Deno.test("room on the disk: enough, little, none", () => {
  const MIB = 1_048_576;
  const room = (free: number, files?: number, readOnly = false) =>
    said(diskRoom("/var", { free, files, readOnly })).join();
  equal(room(100 * MIB, 1_000), "");
  equal(room(100 * MIB), "");
  equal(room(99 * MIB), "warning host.disk-full");
  equal(room(100 * MIB, 999), "warning host.disk-full");
  equal(room(MIB - 1), "critical host.disk-full");
  equal(room(100 * MIB, 9), "critical host.disk-full");
  equal(room(100 * MIB, 1_000, true), "critical host.disk-full");
});

Deno.test("syslog is there where /dev/log is a socket", () => {
  deepEqual(logFindings(facts("socket", 0o666)), []);
  for (const log of [undefined, facts("file", 0o666)]) {
    deepEqual(said(logFindings(log)), ["warning host.no-syslog"]);
  }
});

Deno.test("the folder of alerts: missing, open, or full of old ones", () => {
  const HOUR = 3_600_000;
  deepEqual(spoolFindings(undefined, false, undefined), []);
  deepEqual(said(spoolFindings(undefined, true, undefined)), ["warning host.spool-missing"]);
  deepEqual(spoolFindings(facts("folder", 0o1733), true, [HOUR]), []);
  const old = spoolFindings(facts("folder", 0o1733), true, [HOUR + 1, HOUR + 1, 0]);
  deepEqual(said(old), ["warning host.alerts-waiting"]);
  match(old[0]?.what ?? "", /^2 alerts/);
  const fix = { kind: "mode", path: "/var/spool/gatehouse", mode: 0o1733 };
  deepEqual(spoolFindings(facts("folder", 0o777), true, [])[0]?.fix, fix);
  for (const other of [facts("folder", 0o700), facts("folder", 0o777, 7), facts("link", 0o777)]) {
    const findings = spoolFindings(other, true, []);
    deepEqual(said(findings), ["warning host.spool-open"]);
    equal(findings[0]?.fix, undefined);
  }
});
