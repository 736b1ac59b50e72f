/** All kinds of channels at one real server: each works there, and none of them tells a secret. */
import { equal, match, ok } from "node:assert/strict";
import { stringify } from "smol-toml";
import { systemClock } from "../../lib/io/clock.ts";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { run } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";
import { binary } from "../support/binary.ts";
import { type GatehouseServer, startServer } from "../support/server.ts";
import { NONCE } from "../support/server_app.ts";
import { VENDORS } from "../support/vendors/all.ts";
import { VendorServer } from "../support/vendors/server.ts";

async function ask({ url }: GatehouseServer, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const login = { user: "alice", service: "sshd", source: "192.0.2.7", tty: true, nonce: NONCE };
  const body = JSON.stringify(login);
  const answer = await fetch(`${url}/api/v1/logins`, { method: "POST", headers, body });
  equal(answer.status, 201);
  const created: { url: string } = await answer.json();
  return created.url.split("/").at(-1) ?? "";
}

Deno.test("every channel tells of a login, and nothing tells their secrets", async () => {
  await using folder = await scratch();
  await using vendors = new VendorServer(systemClock, VENDORS);
  const told = `${folder.path}/told`;
  const program = await folder.file("tell", `#!/bin/sh\ncat >> ${told}\n`, 0o755);
  const served = VENDORS.map(({ type }) => ({ type, ...vendors.served(type) }));
  const notify: readonly Readonly<Record<string, unknown>>[] = [
    ...served.map(({ type, url, vendor }) => ({ type, language: "en", ...vendor.settings(url) })),
    { type: "command", argv: [program] },
    // Nobody listens there.
    {
      type: "email",
      host: "127.0.0.1",
      port: 9,
      tls: "none",
      from: "gatehouse@example.com",
      user: "gatehouse",
      password: "the-password-of-the-mail-server",
    },
  ];
  const config = await folder.file(
    "server.toml",
    stringify({ notify, routing: { next_after: "0s" } }),
    0o600,
  );
  await using server = await startServer(folder, { config });
  const host = await server.addHost("web1");
  const contacts = served.filter(({ type }) =>
    CHANNEL_TYPES.find((one) => one.type === type)?.reach === "person"
  ).flatMap(({ type, vendor }) => ["--contact", `${type}=${vendor.to}`]);
  await server.admin(
    ...["person", "add", "alice", ...contacts, "--contact", "email=alice@example.com"],
  );

  const ticket = await ask(server, host);
  for (const { type } of notify) {
    await server.logged(new RegExp(`"message":"login (not )?asked".*"channel":"${type}"`));
  }
  for (const { type, vendor } of served) {
    ok(vendor.arrived.some(({ text }) => text.includes("alice")), `${type} has told nobody`);
  }
  match(await Deno.readTextFile(told), /"type":"login.request"/);

  for (const { type } of VENDORS) vendors.served(type).mode = "page";
  const outputs: string[] = [];
  for (const { type } of notify) {
    const argv = [binary(), "notify", "test", String(type), "--config", config];
    const { err, out } = await run([...argv, "--data", server.data, "--to", "alice"]);
    outputs.push(out, err);
  }
  outputs.push((await server.admin("person", "list", "--json")).err);
  const list = await run([binary(), "notify", "list", "--config", config, "--data", server.data]);
  const audit = await Deno.readTextFile(`${server.data}/audit.jsonl`);
  const texts = [server.log, audit, list.out, list.err, ...outputs];
  const secrets = notify.flatMap((table) => {
    const names = CHANNEL_TYPES.find(({ type }) => type === table.type)?.secrets ?? [];
    return Object.entries(table).filter(([name]) => names.includes(name)).map(([, value]) => value);
  });
  ok(secrets.length >= 18, String(secrets.length));
  for (const secret of [...secrets, ticket, host]) {
    for (const text of texts) ok(!text.includes(String(secret)), `it tells ${secret}`);
  }
  await server.kill("SIGTERM");
});
