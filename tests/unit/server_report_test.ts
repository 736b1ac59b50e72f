/** What hosts' doctors found: what the server believes, and what its pages show. */
import assert from "node:assert/strict";
import type { Finding } from "../../lib/core/doctor/finding.ts";
import { type ReportRequest } from "../../lib/core/host_report.ts";
import { signReport } from "../../lib/core/host_report_signing.ts";
import { makeHostKey } from "../../lib/io/host_key.ts";
import { formatServerKey } from "../../lib/core/verdict_key.ts";
import { reportKey } from "../../lib/io/report_key.ts";
import { signedIn } from "../support/board.ts";
import { someone } from "../support/people.ts";
import { HOST_TOKEN, problemOf, TestServer } from "../support/server_app.ts";

const PATH = "/api/v1/report";
const DAY_MS = 24 * 3_600_000;
const open: Finding = {
  id: "sshd.forwarding-open",
  severity: "critical",
  where: { file: "/etc/ssh/sshd_config", line: 3 },
  what: "alice can forward ports <b>\u202e",
  means: "the factor is not asked for",
  mend: "DisableForwarding yes",
};
const old: Finding = { ...open, id: "host.clock-off", severity: "info", what: "2 s off" };

const bearer = { authorization: `Bearer ${HOST_TOKEN}` };
const key = await reportKey(await makeHostKey());

function report(server: TestServer, findings: readonly Finding[] = [open], host = "web1") {
  return signReport(findings, host, key, server.time.now());
}

const send = (server: TestServer, body: ReportRequest) => server.json(PATH, body, bearer);

async function kept(server: TestServer) {
  return (await server.memory.find("report", { all: true }))[0];
}

/** A signed-in administrator's page. */
async function page(server: TestServer, path: string): Promise<string> {
  const admin = await signedIn(server, someone("root", { administrator: true }));
  const answer = await admin.get(path);
  assert.equal(answer.status, 200);
  return await answer.text();
}

Deno.test("a report is kept, the newest one, with what is worst first", async () => {
  const server = await TestServer.start();
  assert.equal((await send(server, await report(server, [old]))).status, 204);
  assert.equal((await kept(server))?.verdict, "ok");
  server.time.advance(1_000);
  assert.equal((await send(server, await report(server, [old, open]))).status, 204);
  const now = await kept(server);
  assert.equal(now?.verdict, "critical");
  assert.deepEqual(now?.counts, { critical: 1, warning: 0, info: 1 });
  assert.deepEqual(now?.findings.map(({ id }) => id), ["sshd.forwarding-open", "host.clock-off"]);
  assert.ok(!now?.findings[0]?.what.includes("\u202e"));
});

Deno.test("a report that is older than the last one changes nothing", async () => {
  const server = await TestServer.start();
  const well = await report(server, []);
  server.time.advance(1_000);
  assert.equal((await send(server, await report(server))).status, 204);
  assert.equal((await send(server, well)).status, 409);
  assert.equal((await kept(server))?.verdict, "critical");
});

Deno.test("a report that is not of now is refused", async () => {
  const server = await TestServer.start();
  const body = await report(server);
  server.time.advance(11 * 60_000);
  assert.equal((await send(server, body)).status, 422);
  assert.equal(await kept(server), undefined);
});

Deno.test("another key is refused, on record once an hour, until the host is added anew", async () => {
  const server = await TestServer.start();
  assert.equal((await send(server, await report(server))).status, 204);
  server.time.advance(1_000);
  const other = await reportKey(await makeHostKey());
  for (const _ of [1, 2]) {
    const body = await signReport([], "web1", other, server.time.now());
    const answer = await send(server, body);
    assert.equal((await problemOf(answer, 409)).reason, "other_report_key");
  }
  assert.equal((await kept(server))?.verdict, "critical");
  assert.equal(server.audited.filter(({ event }) => event === "host.report_refused").length, 1);
});

Deno.test("with a key that came when the host joined, no other report is the first", async () => {
  const server = await TestServer.start();
  const report_key = formatServerKey(key.publicKey);
  const join = (body: object) =>
    server.json("/api/v1/join", { nonce: "N".repeat(43), ...body }, bearer);
  assert.equal((await join({ report_key })).status, 200);
  const theirs = await reportKey(await makeHostKey());
  const other = { report_key: formatServerKey(theirs.publicKey) };
  assert.equal((await problemOf(await join(other), 409)).reason, "other_report_key");
  assert.equal((await join({ report_key })).status, 200);
  const well = await signReport([], "web1", theirs, server.time.now());
  assert.equal((await problemOf(await send(server, well), 409)).reason, "other_report_key");
  assert.equal(await kept(server), undefined);
  assert.equal((await send(server, await report(server))).status, 204);
  assert.equal((await kept(server))?.verdict, "critical");
});

Deno.test("a host that joined without a key for reports is given none later", async () => {
  const server = await TestServer.start();
  const join = (body: object) =>
    server.json("/api/v1/join", { nonce: "N".repeat(43), ...body }, bearer);
  assert.equal((await join({})).status, 200);
  const theirs = await reportKey(await makeHostKey());
  assert.equal((await join({ report_key: formatServerKey(theirs.publicKey) })).status, 200);
  assert.equal((await send(server, await report(server))).status, 204);
});

Deno.test("what is forged or signed by another key uses up no reports of the host", async () => {
  const server = await TestServer.start();
  assert.equal((await send(server, await report(server))).status, 204);
  const mine = await report(server);
  const theirs = await signReport(
    [],
    "web1",
    await reportKey(await makeHostKey()),
    server.time.now(),
  );
  for (let count = 0; count < 12; count++) {
    assert.equal((await send(server, { ...mine, report: `${mine.report}x` })).status, 403);
    assert.equal((await send(server, theirs)).status, 409);
  }
  assert.equal((await send(server, await report(server))).status, 204);
});

Deno.test("what is signed by another key than it says, or for another host, is refused", async () => {
  const server = await TestServer.start();
  const mine = await report(server);
  const theirs = await signReport([], "web1", await reportKey(await makeHostKey()), 0);
  assert.equal((await send(server, { ...mine, key: theirs.key })).status, 403);
  assert.equal((await send(server, await report(server, [], "web2"))).status, 403);
  assert.equal((await send(server, { ...mine, report: `${mine.report}x` })).status, 403);
  assert.equal((await server.json(PATH, mine)).status, 401);
  assert.equal((await server.json(PATH, { ...mine, more: 1 }, bearer)).status, 422);
  assert.equal(await kept(server), undefined);
});

Deno.test("whatever is found, the report of it fits into a request", async () => {
  const server = await TestServer.start();
  const much = { ...open, what: "𠮷".repeat(4_000) };
  const all = Array.from({ length: 400 }, (_, n) => ({ ...much, id: `sshd.${n}` }));
  assert.equal((await send(server, await report(server, all))).status, 204);
  assert.equal((await kept(server))?.counts.critical, 400);
});

Deno.test("pages show the verdict, and that there is none for a day", async () => {
  const server = await TestServer.start();
  assert.ok((await page(server, "/admin/hosts/web1")).includes("gatehouse doctor --report"));
  assert.equal((await send(server, await report(server))).status, 204);
  const html = await page(server, "/admin/hosts/web1");
  assert.ok(
    html.includes("alice can forward ports &lt;b&gt;") && html.includes("sshd.forwarding-open"),
  );
  assert.ok((await page(server, "/admin/hosts")).includes(">critical<"));
  server.time.advance(DAY_MS + 1);
  assert.ok((await page(server, "/admin/hosts")).includes(">overdue<"));
});

Deno.test("pages show no text of a host's that could mislead, whatever was kept", async () => {
  const server = await TestServer.start();
  assert.equal((await send(server, await report(server))).status, 204);
  const before = await kept(server);
  assert.ok(before);
  const findings = [{ ...open, what: "safe \u202eelif" }];
  await server.memory.change({
    wants: { report: [{ id: before.id }] },
    make: () => ({ answer: undefined, put: { report: [{ ...before, findings }] } }),
  });
  const html = await page(server, "/admin/hosts/web1");
  assert.ok(html.includes("safe "));
  assert.ok(!html.includes("\u202e"));
});

Deno.test("a host that reports too often is told to wait, and taken again then", async () => {
  const server = await TestServer.start();
  for (let count = 0; count < 10; count++) {
    assert.equal((await send(server, await report(server))).status, 204);
  }
  const refused = await send(server, await report(server));
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "30");
  server.time.advance(30_000);
  assert.equal((await send(server, await report(server))).status, 204);
});
