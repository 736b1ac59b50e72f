/** A login by PIN at the real server, with a WeCom that keeps to its documentation. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import * as v from "valibot";
import { Joined } from "../../lib/core/api.ts";
import { parseServerKey } from "../../lib/core/verdict_key.ts";
import { PinClient } from "../../lib/io/approval_pin.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { anAttempt } from "../support/fakes.ts";
import { scratch } from "../support/scratch.ts";
import { type GatehouseServer, startServer } from "../support/server.ts";
import { AGENTID, CORPID, FakeWecom, SECRET } from "../support/wecom.ts";

async function clientOf(server: GatehouseServer): Promise<PinClient> {
  const token = await server.addHost("web1");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ nonce: "N".repeat(43) });
  const joined = await fetch(`${server.url}/api/v1/join`, { method: "POST", headers, body });
  const { server_keys: [key = ""] } = v.parse(Joined, await joined.json());
  const pinned = [parseServerKey(key) ?? new Uint8Array()];
  const times = { timeoutMs: 120_000, connectTimeoutMs: 20_000 };
  return new PinClient(
    { servers: [server.url], host: "web1", token, pinned, signedOffers: true, ...times },
    systemClock,
    systemRandom,
  );
}

Deno.test("a PIN by WeCom lets in, also after a restart, and is left nowhere", async () => {
  await using folder = await scratch();
  await using wecom = new FakeWecom(systemClock);
  const secret = await folder.file("secret", `${SECRET}\n`, 0o600);
  const config = await folder.file(
    "server.toml",
    `[pin]
ttl = "2m"
[[notify]]
type = "wecom"
corpid = "${CORPID}"
agentid = ${AGENTID}
secret_file = "${secret}"
url = "${wecom.url}"
`,
  );
  await using server = await startServer(folder, { config });
  const client = await clientOf(server);
  const ask = async (contact: string) => {
    const asked = await client.ask(anAttempt({ service: "sudo" }), [contact]);
    ok(asked.kind === "open", JSON.stringify(asked));
    return asked.request;
  };

  const first = await ask("zhangsan");
  equal(first.offer.triesLeft, 3);
  await server.logged(/"login pin sent".*"to":"zhangsan"/);
  match(wecom.delivered[0]?.text ?? "", /^[0-9]{6} 是您的登录验证码\n账号：alice\n主机：web1\n/);
  const right = wecom.lastPin;
  const wrong = right === "000000" ? "000001" : "000000";
  deepEqual(await first.try(wrong), { kind: "wrong", triesLeft: 2 });

  const { log } = server;
  await server.kill("SIGKILL");
  await server.start();
  const approved = { state: "approved", by: "zhangsan" };
  deepEqual(await first.try(right), { kind: "ended", ending: approved });

  const second = await ask("lisi");
  await server.logged(/"login pin sent".*"to":"lisi"/);
  deepEqual(await second.try(wecom.lastPin), {
    kind: "ended",
    ending: { ...approved, by: "lisi" },
  });
  equal(wecom.count("/cgi-bin/gettoken"), 1, "the token outlives the process");

  await client.ask(anAttempt(), ["wangwu"]);
  await server.logged(/"login pin not sent".*"why":"recipient"/);
  await server.logged(/"login denied".*"reason":"not_delivered"/);

  await server.admin("audit", "verify");
  const audit = await Deno.readTextFile(`${server.data}/audit.jsonl`);
  match(audit, /"event":"login.pin_sent".*"to":"lisi"/);
  match(audit, /"event":"login.approved".*"by":"lisi","via":"pin"/);
  for (const text of [log, server.log, audit]) {
    doesNotMatch(text, new RegExp(`${SECRET}|\\b(${right}|${wecom.lastPin})\\b`));
  }
});

Deno.test("a server whose channel is wrong says so at the start", async () => {
  await using folder = await scratch();
  const config = await folder.file(
    "server.toml",
    `[[notify]]\ntype = "wecom"\ncorpid = "ww1"\nagentid = 1\nsecret_file = "${folder.path}/none"\n`,
  );
  let said = "";
  try {
    await using _ = await startServer(folder, { config });
  } catch (error) {
    said = String(error);
  }
  match(said, /none does not exist/);
  match(said, /check secret_file in server.toml/);
});
