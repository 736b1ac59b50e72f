import { equal, match, ok } from "node:assert/strict";
import { FakeTime, problemOf, TestServer } from "../support/server_app.ts";
import { Limiter } from "../../server/limiter.ts";
import { networkOf } from "../../lib/core/cidr.ts";
import { clientAddress } from "../../server/source.ts";
import { pickLanguage } from "../../server/messages/language.ts";

Deno.test("/healthz is ok whatever the store does, /readyz is not", async () => {
  const server = await TestServer.start();
  equal(await (await server.fetch("GET", "/readyz")).text(), "ready\n");
  server.failing = "probe";
  await problemOf(await server.fetch("GET", "/readyz"), 503);
  equal(await (await server.fetch("GET", "/healthz")).text(), "ok\n");
});

Deno.test("/metrics counts logins, waiting polls and answers", async () => {
  const server = await TestServer.start();
  const login = await server.create();
  const other = await server.create({ user: "bob" });
  await server.approve(login);
  await server.poll(login);
  await server.poll({ id: other.id, secret: "wrong" });
  const { answer } = await server.waiting(other);
  const response = await server.fetch("GET", "/metrics");
  match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n");
  for (
    const line of [
      'gatehouse_logins_total{outcome="created"} 2',
      'gatehouse_logins_total{outcome="approved"} 1',
      'gatehouse_logins_total{outcome="collected"} 1',
      "gatehouse_logins_pending 1",
      "gatehouse_polls_waiting 1",
      'gatehouse_requests_total{class="2xx"} 4',
      'gatehouse_requests_total{class="4xx"} 1',
    ]
  ) {
    ok(lines.includes(line), line);
  }
  server.app.stop();
  await answer;
  server.time.advance(60_000);
  equal(server.app.metrics.pending(), 0);
});

Deno.test("/metrics is for the allowed networks only", async () => {
  const server = await TestServer.start({ metricsAllow: ["192.0.2.0/24", "2001:db8::/32"] });
  equal((await server.fetch("GET", "/metrics", {}, "192.0.2.9")).status, 200);
  equal((await server.fetch("GET", "/metrics", {}, "::ffff:192.0.2.9")).status, 200);
  equal((await server.fetch("GET", "/metrics", {}, "2001:db8::9")).status, 200);
  await problemOf(await server.fetch("GET", "/metrics", {}, "127.0.0.1"), 403);
  const headers = { "x-forwarded-for": "192.0.2.9" };
  await problemOf(await server.fetch("GET", "/metrics", { headers }, "127.0.0.1"), 403);
});

Deno.test("clientAddress() believes trusted proxies only, from the right", () => {
  const proxies = ["10.0.0.0/8", "::1"];
  const cases: [string, string | undefined, string][] = [
    ["203.0.113.1", undefined, "203.0.113.1"],
    ["203.0.113.1", "198.51.100.7", "203.0.113.1"],
    ["10.0.0.1", "198.51.100.7", "198.51.100.7"],
    ["10.0.0.1", "127.0.0.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"],
    ["10.0.0.1", "198.51.100.7:4711", "198.51.100.7"],
    ["::1", "[2001:db8::7]:443", "2001:db8::7"],
    ["10.0.0.1", "198.51.100.7, garbage", "10.0.0.1"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["::ffff:203.0.113.1", undefined, "203.0.113.1"],
    ["fe80::1%eth0", undefined, "fe80::1"],
    ["<b>", undefined, "unknown"],
  ];
  for (const [remote, forwarded, want] of cases) {
    equal(clientAddress(remote, forwarded, proxies), want, `${remote} for ${forwarded}`);
  }
});

Deno.test("networkOf() takes an IPv6 network for one source", () => {
  equal(networkOf("2001:db8:1:2:3:4:5:6"), networkOf("2001:db8:1:2::1"));
  ok(networkOf("2001:db8:1:2::1") !== networkOf("2001:db8:1:3::1"));
  equal(networkOf("192.0.2.1"), "192.0.2.1");
  equal(networkOf("unknown"), "unknown");
});

Deno.test("Limiter stays bounded and keeps who was seen last", () => {
  const limiter = new Limiter({ burst: 1, perMinute: 1 }, new FakeTime());
  for (let i = 0; i < 10_000; i++) limiter.take(`source ${i}`);
  ok(limiter.take("source 0") !== undefined);
  for (let i = 10_000; i < 19_999; i++) limiter.take(`source ${i}`);
  equal(limiter.size, 10_000);
  ok(limiter.take("source 0") !== undefined);
});

Deno.test("pickLanguage() follows quality and knows regions", () => {
  const cases: [string | undefined, string][] = [
    [undefined, "en"],
    ["", "en"],
    ["zh", "zh-CN"],
    ["zh-Hans-SG;q=0.5, en;q=0.4", "zh-CN"],
    ["en-GB, zh;q=0.9", "en"],
    ["de, fr;q=0.8", "en"],
    ["de, zh-CN;q=0.1", "zh-CN"],
    ["zh;q=0, en;q=0.1", "en"],
    ["*, zh;q=0.5", "en"],
    ["zh;q=nonsense", "zh-CN"],
    [",;,q=1;;", "en"],
  ];
  for (const [header, want] of cases) equal(pickLanguage(header), want, header);
});
