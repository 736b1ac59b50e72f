/** Channels of the executable: `gatehouse notify`, and a server that starts a program for each message. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { systemClock } from "../../lib/io/clock.ts";
import { binary } from "../support/binary.ts";
import { mustRun, run, type StartOptions } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { startServer } from "../support/server.ts";
import { VendorServer } from "../support/vendors/server.ts";
import { WEBHOOK_SECRET, webhookVendor } from "../support/vendors/webhook.ts";

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A program that hands what it gets on stdin, and before it its environment, to whoever asks next. */
class Teller {
  private constructor(readonly path: string, private readonly pipe: string) {}

  static async make(folder: Scratch): Promise<Teller> {
    const pipe = `${folder.path}/pipe`;
    await mustRun(["mkfifo", pipe]);
    // It waits until somebody reads.
    const script = `#!/bin/sh\n{ env -0; echo; cat; } > '${pipe}'\n`;
    return new Teller(await folder.file("tell", script, 0o755), pipe);
  }

  async next(): Promise<{ told: Told; env: Record<string, string> }> {
    const [env = "", told = ""] = (await Deno.readTextFile(this.pipe)).split("\0\n");
    const entries = env.split("\0").map((line) => line.split("="));
    return {
      told: JSON.parse(told),
      env: Object.fromEntries(entries.map(([name = "", ...value]) => [name, value.join("=")])),
    };
  }
}

const commandAt = (path: string) => `[[notify]]\ntype = "command"\nargv = ["${path}"]\n`;

async function place() {
  const folder = await scratch();
  const data = await folder.dir("data", 0o700);
  const at = ["--config", `${folder.path}/server.toml`, "--data", data];
  await mustRun([binary(), "host", "add", "web1", "--data", data]);
  return {
    folder,
    channels: (toml: string) => folder.file("server.toml", toml, 0o600),
    notify: (words: readonly string[], options?: StartOptions) =>
      run([binary(), "notify", ...words, ...at], options),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("notify test starts the program of a channel, with nothing of our own environment", async () => {
  await using at = await place();
  const teller = await Teller.make(at.folder);
  await at.channels(commandAt(teller.path));
  const env = { PATH: "/nowhere", LD_LIBRARY_PATH: "/nowhere", HTTP_PROXY: "http://127.0.0.1:9" };
  const [{ code, out, err }, { told, env: seen }] = await Promise.all([
    at.notify(["test", "command", "--to", "ops"], { env }),
    teller.next(),
  ]);
  deepEqual([code, err], [0, ""]);
  match(out, /^channel {2}command\nto {7}contact ops\ntook {5}[0-9.]+ m?s\nanswer {3}taken\n$/);
  equal(told.type, "test");
  equal(told.data["to"], "ops");
  equal(seen["GATEHOUSE_EVENT"], "test");
  doesNotMatch(Object.entries(seen).join("\n"), /nowhere|127\.0\.0\.1:9/);
});

Deno.test("notify test that fails has an error, a hint, and an exit status to go by", async () => {
  await using at = await place();
  await at.channels(commandAt("/bin/false"));
  const failed = await at.notify(["test", "command"]);
  equal(failed.code, 69);
  equal(
    failed.err,
    "gatehouse: error: command failed: its program ended with exit 1\n" +
      "gatehouse: hint: run the program by hand, as the server's user, to see what it says: " +
      "its output is not kept, for it may hold secrets\n",
  );
  await at.channels(commandAt(`${at.folder.path}/none`));
  const missing = await at.notify(["test", "command"]);
  equal(missing.code, 78);
  match(missing.err, /none does not exist\ngatehouse: hint: check argv in server.toml\n$/);
  equal((await at.notify(["test", "comand"])).code, 2);
});

Deno.test("notify test signs a webhook with a secret of the environment, and never shows it", async () => {
  await using at = await place();
  await using vendors = new VendorServer(systemClock, [webhookVendor]);
  const { url, vendor } = vendors.served("webhook");
  const hook = String(vendor.settings(url)["url"]);
  await at.channels(`[[notify]]\ntype = "webhook"\nurl = "${hook}"\nsecret_env = "HOOK_SECRET"\n`);
  const sent = await at.notify(["test", "webhook", "--json"], {
    env: { HOOK_SECRET: WEBHOOK_SECRET },
  });
  equal(sent.code, 0, sent.err);
  equal(JSON.parse(sent.out).ok, true);
  equal(vendor.arrived.length, 1);
  const another = `${WEBHOOK_SECRET.slice(0, -4)}AA==`;
  const refused = await at.notify(["test", "webhook"], { env: { HOOK_SECRET: another } });
  equal(refused.code, 78);
  match(refused.err, /^gatehouse: error: webhook receiver answers HTTP 401\n/);
  for (const text of [sent.out, sent.err, refused.out, refused.err]) {
    doesNotMatch(text, new RegExp(WEBHOOK_SECRET.slice(6, 30)));
  }
});

Deno.test("notify list counts persons while the server runs", async () => {
  await using folder = await scratch();
  const config = await folder.file("server.toml", '[[notify]]\ntype = "ntfy"\n', 0o600);
  await using server = await startServer(folder, { config });
  const none = await server.admin("notify", "list", "--config", config);
  match(none.out, /^ntfy .* 0 +ready$/m);
  match(none.err, /^nobody can be reached by ntfy/);
  await server.admin("person", "add", "alice", "--contact", "ntfy=alice-7Qk2mZrW9xPd");
  const one = await server.admin("notify", "list", "--config", config);
  match(one.out, /^ntfy .* 1 +ready$/m);
  equal(one.err, "");
});

Deno.test("a server starts the program for a request, and again when it is over", async () => {
  await using folder = await scratch();
  const teller = await Teller.make(folder);
  const config = await folder.file("server.toml", commandAt(teller.path), 0o600);
  await using server = await startServer(folder, { config });
  const token = await server.addHost("web1");
  const asked = await fetch(`${server.url}/api/v1/logins`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({
      user: "alice",
      service: "sshd",
      source: "192.0.2.7",
      tty: true,
      nonce: "N".repeat(43),
    }),
  });
  equal(asked.status, 201);
  const { id, secret, url } = await asked.json();
  const { told: request } = await teller.next();
  equal(request.type, "login.request");
  const { user, host, url: link } = request.data;
  deepEqual({ user, host, link }, { user: "alice", host: "web1", link: url });
  ok(!JSON.stringify(request).includes(secret));

  const gone = await fetch(`${server.url}/api/v1/logins/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${secret}` },
  });
  await gone.body?.cancel();
  const { told: ended } = await teller.next();
  equal(ended.type, "login.ended");
  equal(ended.data["outcome"], "cancelled");
  equal(ended.data["ticket"], request.data["ticket"]);
});

Deno.test("a server whose program others may change does not start", async () => {
  await using folder = await scratch();
  const path = await folder.file("tell", "#!/bin/sh\n", 0o777);
  const config = await folder.file("server.toml", commandAt(path), 0o600);
  const data = await folder.dir("data", 0o700);
  const argv = [binary(), "server", "--listen", "127.0.0.1:0", "--data", data];
  const { code, err } = await run([...argv, "--config", config]);
  equal(code, 78);
  match(err, /^gatehouse: error: .*tell can be written by others/m);
});
