/** A login answered in a chat, at the real server, with a Telegram that keeps to its documentation. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { systemClock } from "../../lib/io/clock.ts";
import { scratch } from "../support/scratch.ts";
import { type GatehouseServer, startServer } from "../support/server.ts";
import { NONCE } from "../support/server_app.ts";
import { VendorServer } from "../support/vendors/server.ts";
import { FakeTelegram, telegramVendor } from "../support/vendors/telegram.ts";

async function ask({ url }: GatehouseServer, token: string, user: string) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const source = "192.0.2.7";
  const body = JSON.stringify({ user, service: "sshd", source, tty: true, nonce: NONCE });
  const answer = await fetch(`${url}/api/v1/logins`, { method: "POST", headers, body });
  equal(answer.status, 201);
  const created: Record<"id" | "secret" | "url" | "match", string> = await answer.json();
  return { ...created, ticket: created.url.split("/").at(-1) ?? "" };
}

async function stateOf({ url }: GatehouseServer, { id, secret }: { id: string; secret: string }) {
  const headers = { authorization: `Bearer ${secret}` };
  const answer = await fetch(`${url}/api/v1/logins/${id}?wait=20`, { headers });
  const { state, reason }: { state: string; reason?: string } = await answer.json();
  return reason === undefined ? state : `${state} ${reason}`;
}

Deno.test("logins are asked about and answered in a chat, also across a restart", async () => {
  await using folder = await scratch();
  await using vendors = new VendorServer(systemClock, [telegramVendor]);
  const { url, vendor: cloud } = vendors.served("telegram");
  ok(cloud instanceof FakeTelegram);
  const { token: secret } = cloud.settings(url);
  const token = await folder.file("bot", `${secret}\n`, 0o600);
  const config = await folder.file(
    "server.toml",
    `[[notify]]
type = "telegram"
token_file = "${token}"
url = "${url}"
buttons = true
sends = ["request"]
[[accounts]]
match = ["alice@*"]
escalate = ["bob"]
escalate_after = "1s"
`,
    0o600,
  );
  await using server = await startServer(folder, { config });
  const host = await server.addHost("web1");
  await server.admin("person", "add", "alice", "--contact", `telegram=${cloud.to}`);
  await server.admin(
    ...["person", "add", "bob", "--contact", "telegram=222222222"],
    ...["--approves", "alice@*"],
  );

  const first = await ask(server, host, "alice");
  await server.logged(/"login asked".*"to":"123456789"/);
  await server.logged(/"login asked".*"to":"222222222"/);
  deepEqual(cloud.arrived.map(({ to }) => to), ["123456789", "222222222"], "bob is asked too");
  deepEqual(await cloud.press(`a:${first.ticket}:${first.match}`, 222222222), {
    text: "Approved.",
    alert: false,
  });
  equal(await stateOf(server, first), "approved");
  // Hers says so too.
  await cloud.edited;

  const second = await ask(server, host, "alice");
  await server.logged(/("login asked".*"to":"123456789"[\s\S]*){2}/);
  const { log } = server;
  await server.kill();
  await server.start();
  await cloud.press(`n:${second.ticket}`);
  equal(await stateOf(server, second), "denied not_me");
  match((await server.admin("account", "list")).out, /alice/);

  await server.admin("audit", "verify");
  const audit = await Deno.readTextFile(`${server.data}/audit.jsonl`);
  match(audit, /"event":"login.asked".*"channel":"telegram","to":"123456789"/);
  match(audit, /"event":"login.approved".*"by":"person:bob","via":"telegram"/);
  for (const text of [log, server.log, audit]) {
    doesNotMatch(text, new RegExp(`${secret}|${first.ticket}|${second.ticket}`));
  }
  await server.kill("SIGTERM");
  cloud.release();
});
