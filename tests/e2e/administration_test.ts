/** Administration at the terminal: people, backups, keys, with the executable and a server that runs. */
import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import * as v from "valibot";
import { Joined } from "../../lib/core/api.ts";
import { seedRow } from "../../lib/core/device.ts";
import { parseServerKey } from "../../lib/core/verdict_key.ts";
import { ApprovalClient } from "../../lib/io/approval_client.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { binary } from "../support/binary.ts";
import { anAttempt } from "../support/fakes.ts";
import { approve } from "../support/gate_offer.ts";
import { anAuthenticator, putting } from "../support/people.ts";
import { mustRun, run, start } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { BY_LINK, GatehouseServer, startServer } from "../support/server.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

/** A host that has pinned the server's key. */
async function joinedHost(server: GatehouseServer): Promise<ApprovalClient> {
  const token = await server.addHost("web1");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ nonce: "N".repeat(43) });
  const joined = await fetch(`${server.url}/api/v1/join`, { method: "POST", headers, body });
  const { server_keys: [key = ""] } = v.parse(Joined, await joined.json());
  const pinned = [parseServerKey(key) ?? new Uint8Array()];
  const times = { timeoutMs: 120_000, connectTimeoutMs: 20_000 };
  return new ApprovalClient(
    { servers: [server.url], host: "web1", token, pinned, signedOffers: true, ...times },
    systemClock,
    systemRandom,
  );
}

/** A whole login of that user, approved on the page. */
async function logIn(client: ApprovalClient, user: string): Promise<void> {
  const asked = await client.ask(anAttempt({ user }));
  ok(asked.kind === "open", JSON.stringify(asked));
  const { request } = asked;
  const ended = request.ended(new AbortController().signal);
  await approve({ url: request.url, number: request.match ?? "" });
  equal((await ended).state, "approved");
}

/** Adds a person with an authenticator that shows RFC 6238's codes. */
async function addWithCodes(server: GatehouseServer, name: string): Promise<string> {
  const { out } = await server.admin("person", "add", name, "--json");
  const { id }: { id: string } = JSON.parse(out);
  const sealer = await openSealer(server.data, undefined);
  const device = `d_${name}`;
  const seed = await sealer.seal(RFC_BASE32, seedRow(device));
  const store = SqliteStore.open(server.data, "command");
  try {
    await store.change(putting({ device: [anAuthenticator({ id: device, person: id, seed })] }));
  } finally {
    await store.close();
  }
  return id;
}

/** Whether the person can sign in now. Codes count once, so each call takes the step after the last. */
async function signsIn(server: GatehouseServer, name: string, step: number): Promise<boolean> {
  const response = await fetch(`${server.url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: new URL(server.url).origin },
    body: new URLSearchParams({ way: "code", name, code: codeOf(step) }),
  });
  await response.body?.cancel();
  return response.status === 303 && response.headers.has("set-cookie");
}

/** The next one that can still be used. */
const stepAfter = (step: number) => Math.max(step + 1, currentStep());
const currentStep = () => Math.floor(Date.now() / 30_000);

Deno.test("a person is added, invited, frozen and removed while the server runs", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  const admin = (...words: string[]) => server.admin("person", ...words);
  const added = await admin("add", "alice", "--approves", "own", "--approves", "deploy@web*");
  const [first = ""] = /http\S+\/i\/\S+/.exec(added.out) ?? [];
  ok(first.startsWith(`${server.url}/i/`), added.out);
  const invited = await admin("invite", "Alice", "--json");
  const { url: second }: { url: string } = JSON.parse(invited.out);
  notEqual(first, second);
  const opens = async (url: string) => {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  };
  deepEqual([await opens(first), await opens(second)], [404, 200]);
  match(
    (await admin("list")).out,
    /^alice +active +person +0 +never +2[34] h left +the own account, deploy@web\* +-$/m,
  );

  await addWithCodes(server, "bob");
  const step = currentStep();
  equal(await signsIn(server, "BOB", step), true);
  const frozen = await admin("freeze", "bob");
  match(frozen.out, /^ended: 1 session$/m);
  equal(await signsIn(server, "bob", stepAfter(step)), false);
  await admin("unfreeze", "bob");
  equal(await signsIn(server, "bob", stepAfter(step)), true);
  match((await admin("revoke-device", "bob", "d_bob")).out, /^no device is left;/m);
  await admin("remove", "alice");
  equal(await opens(second), 404);
  const unknown = await run([binary(), "person", "invite", "alice", "--data", server.data]);
  deepEqual([unknown.code, unknown.out], [2, ""]);
  match(unknown.err, /^gatehouse: error: there is nobody called alice\n/);
  const verified = await server.admin("audit", "verify");
  match(verified.out, /chain whole/);
});

Deno.test("an account that is frozen at the terminal is refused at once, until it is unfrozen", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  const client = await joinedHost(server);
  await logIn(client, "alice");
  await server.admin("account", "freeze", "alice");
  const refused = await client.ask(anAttempt());
  notEqual(refused.kind, "open");
  match((await server.admin("account", "list")).out, /^alice on all hosts/m);
  await server.admin("account", "unfreeze", "alice");
  await logIn(client, "alice");
});

Deno.test("the first start prints one link to stdout, and none of it is in the log", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  const line = await server.printed(/^.*first_invitation.*$/m);
  const { url, name }: { url: string; name: string } = JSON.parse(line);
  equal(name, "admin");
  const response = await fetch(url);
  match(await response.text(), /admin/);
  equal(response.status, 200);
  const token = url.slice(url.lastIndexOf("/") + 1);
  await server.kill("SIGTERM");
  ok(!await contains(server.data, token), "the token is on the disk");

  await server.start();
  const again: { url: string } = JSON.parse(await server.printed(/^.*first_invitation.*$/m));
  notEqual(again.url, url);
  ok(!server.log.includes(again.url.slice(-32)), "the token is in the log");
  const gone = await fetch(url);
  await gone.body?.cancel();
  equal(gone.status, 404);
});

Deno.test("a link does not go to systemd's journal, which would keep it", async () => {
  await using folder = await scratch();
  const data = await folder.dir("data", 0o700);
  // As systemd says that stdout is its journal: systemd.exec(5).
  const line = `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/1) exec "$0" server --data "$1" ` +
    "--listen 127.0.0.1:0";
  await using server = start(["sh", "-c", line, binary(), data]);
  await server.err(/nobody can sign in yet next="gatehouse person invite admin"/);
  const invited = await mustRun([binary(), "person", "invite", "admin", "--data", data]);
  match(invited.out, /^http:\S+\/i\/\S+$/m);
  await server.kill("SIGTERM");
  equal(server.outSoFar, "");
});

async function contains(folder: string, text: string): Promise<boolean> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) continue;
    const stored = new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/${name}`));
    if (stored.includes(text)) return true;
  }
  return false;
}

Deno.test("a backup made amid logins, restored elsewhere, goes on where it was", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  const client = await joinedHost(server);
  await addWithCodes(server, "carol");
  const step = currentStep();
  equal(await signsIn(server, "carol", step), true);

  const path = `${folder.path}/backup.tar`;
  let going = true;
  const users = ["u1", "u2"];
  const logins = users.map(async (user) => {
    let count = 0;
    // A host may ask so often within a minute, and no more.
    for (; going && count < 100; count++) await logIn(client, `${user}-${count}`);
    return count;
  });
  await logIn(client, "before");
  await server.admin("server", "backup", path);
  going = false;
  const [done = 0] = await Promise.all(logins);
  ok(done > 0, "nobody logged in meanwhile");
  const listen = new URL(server.url).host;
  await server.kill("SIGTERM");

  const target = `${folder.path}/restored`;
  await mustRun([binary(), "server", "restore", path, "--data", target]);
  const config = await folder.file("restored.toml", BY_LINK, 0o600);
  await using restored = new GatehouseServer(target, { config, listen });
  await restored.start();
  await logIn(client, "after");
  equal(await signsIn(restored, "carol", step), false, "a code counts once, also here");
  equal(await signsIn(restored, "carol", stepAfter(step)), true);
  match((await restored.admin("audit", "verify")).out, /chain whole/);
  match((await restored.admin("audit", "show")).out, /server\.restored/);
  const again = await run([binary(), "server", "restore", path, "--data", target]);
  equal(again.code, 2);
  match(again.err, /is not empty/);
});

Deno.test("the key of secrets is changed under a server that runs, and codes count as before", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  const names = ["dave", "erin"];
  for (const name of names) await addWithCodes(server, name);
  const step = currentStep();
  for (const name of names) equal(await signsIn(server, name, step), true);
  const keyFile = `${server.data}/keys/secrets.key`;
  const before = await Deno.readTextFile(keyFile);
  const rotated = await server.admin("server", "rotate-secrets");
  match(rotated.out, /^2 secrets sealed anew with key [0-9a-f]{12};/);
  const after = await Deno.readTextFile(keyFile);
  notEqual(after, before);
  equal(after.trimEnd().split("\n").length, 1);
  for (const name of names) equal(await signsIn(server, name, stepAfter(step)), true);
  await server.kill("SIGTERM");
  await server.start();
  await addWithCodes(server, "frank");
  equal(await signsIn(server, "frank", currentStep()), true);
});

Deno.test("rotations, backups and new devices at the same time lose nothing", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  await addWithCodes(server, "p0");
  const paths = [0, 1, 2].map((n) => `${folder.path}/backup${n}.tar`);
  await Promise.all([
    ...paths.map((path) => server.admin("server", "backup", path)),
    server.admin("server", "rotate-secrets"),
    server.admin("server", "rotate-secrets"),
  ]);
  equal(await signsIn(server, "p0", currentStep()), true);
  for (const [n, path] of paths.entries()) {
    const target = `${folder.path}/restored${n}`;
    const { err } = await mustRun([binary(), "server", "restore", path, "--data", target]);
    ok(!/sealed with key/.test(err), err);
  }
});

Deno.test("what a killed backup leaves is no backup, and is in nobody's way", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  await killedBackup(server, folder);
  const path = `${folder.path}/b.tar`;
  await server.admin("server", "backup", path);
  await mustRun([binary(), "server", "restore", path, "--data", `${folder.path}/restored`]);
});

/** Kills it as soon as there is a draft. */
async function killedBackup(server: GatehouseServer, folder: Scratch): Promise<void> {
  const outside = await folder.dir("outside", 0o700);
  using watcher = Deno.watchFs(outside);
  const argv = [binary(), "server", "backup", `${outside}/b.tar`, "--data", server.data];
  await using backup = start(argv);
  for await (const { kind } of watcher) if (kind === "create") break;
  await backup.kill("SIGKILL");
  for await (const { name } of Deno.readDir(outside)) {
    if (name === "b.tar") continue; // it was faster
    const target = `${folder.path}/none`;
    const restore = [binary(), "server", "restore", `${outside}/${name}`, "--data", target];
    const { code } = await run(restore);
    ok(code === 65 || code === 0, `exit ${code}`);
    if (code !== 0) await rejects(Deno.stat(target), Deno.errors.NotFound);
  }
}

Deno.test("root backs up and restores another user's data, and leaves it that user's", async () => {
  await using folder = await scratch();
  // Root acts as the directory's owner; anybody else is that owner.
  const owner = Deno.uid() === 0 ? 65_534 : Deno.uid() ?? 0;
  const ownDir = async (name: string) => {
    const path = await folder.dir(name, 0o700);
    if (Deno.uid() === 0) await Deno.chown(path, owner, owner);
    return path;
  };
  const data = await ownDir("data");
  const gatehouse = (...words: string[]) => mustRun([binary(), ...words]);
  await gatehouse("host", "add", "web1", "--data", data);
  const outside = await folder.dir("outside", 0o700);
  await gatehouse("server", "backup", `${outside}/b.tar`, "--data", data);
  equal((await Deno.stat(`${outside}/b.tar`)).uid, Deno.uid());
  const target = await ownDir("target");
  const { err } = await gatehouse("server", "restore", `${outside}/b.tar`, "--data", target);
  ok(!/belongs to root/.test(err), err);
  await gatehouse("host", "list", "--data", target);
  for (const dir of [data, target, `${data}/keys`, `${target}/keys`]) {
    for await (const { name } of Deno.readDir(dir)) {
      equal((await Deno.stat(`${dir}/${name}`)).uid, owner, `${dir}/${name}`);
    }
  }
});

Deno.test("options of the server itself do not go with a command below it", async () => {
  const { code, err } = await run([binary(), "server", "--listen", "127.0.0.1:1", "backup", "x"]);
  equal(code, 2);
  match(err, /options of a command are written behind it/);
  const mistyped = await run([binary(), "server", "bakup", "x"]);
  equal(mistyped.code, 2);
});
