/** Backups of a server that runs, restored elsewhere. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { seedRow } from "../../lib/core/device.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { TAR_BLOCK, tarEnd, tarHeader, tarPadding } from "../../lib/core/tar.ts";
import { AuditFile } from "../../lib/io/audit_file.ts";
import { systemClock } from "../../lib/io/clock.ts";
import type { Out } from "../../lib/io/out.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { newSecretKey, SecretKeyFile } from "../../lib/io/secret_keys.ts";
import { openServerKeys } from "../../lib/io/server_keys.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { auditVerify } from "../../lib/modes/admin/audit.ts";
import { serverBackup } from "../../lib/modes/admin/backup.ts";
import { serverRestore } from "../../lib/modes/admin/restore.ts";
import { auditLog, fails, printed, withStore } from "../support/admin.ts";
import { aLogin } from "../support/logins.ts";
import { CollectedOut } from "../support/out.ts";
import {
  aFreeze,
  aGrant,
  anAuthenticator,
  anInvitation,
  aPasskey,
  aSession,
  putting,
  someone,
} from "../support/people.ts";
import { mustRun } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/** A server that runs, with all kinds of things in its store. */
async function server(folder: Scratch) {
  const data = await folder.dir("data", 0o700);
  const { publicKey } = await openServerKeys(data);
  const sealer = await openSealer(data, undefined);
  const store = SqliteStore.open(data, "server");
  const audit = AuditFile.open(data, systemClock);
  const seed = await sealer.seal(SEED, seedRow("d_app"));
  await store.change(putting({
    person: [someone("alice")],
    device: [aPasskey({ id: "d_key" }), anAuthenticator({ id: "d_app", seed, usedSteps: [7] })],
    session: [aSession()],
    invitation: [anInvitation({ expiresAt: Date.now() + 3_600_000 })],
    grant: [aGrant({ createdAt: Date.now(), expiresAt: Date.now() + 3_600_000 })],
    freeze: [aFreeze({ user: "mallory" })],
  }));
  const pending = aLogin({ id: "pending", createdAt: Date.now(), expiresAt: Date.now() + 60_000 });
  await store.addLogin(pending, () => pending);
  const ended = aLogin({ id: "ended", ticket: "t2", state: "denied" });
  await store.addLogin(ended, () => ended);
  await audit.append({ event: "test.one" });
  return {
    data,
    publicKey,
    store,
    audit,
    path: `${folder.path}/backup.tar`,
    target: `${folder.path}/restored`,
    async [Symbol.asyncDispose]() {
      await audit.close();
      await store.close();
    },
  };
}

const backup = (path: string, data: string) => printed((out) => serverBackup(path, { data }, out));
const restore = (path: string, data: string) => (out: Out) => serverRestore(path, { data }, out);
const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
const namesIn = async (path: string) =>
  (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();

Deno.test("a backup holds what lasts, and nothing that is over when it is restored", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  const made = await backup(from.path, from.data);
  assert.match(made.text, /^backed up .*: database, audit log \(1 entry\), keys$/m);
  assert.match(made.text, /^it holds all keys of the server:/m);
  assert.equal(await mode(from.path), 0o600);
  assert.deepEqual(await namesIn(folder.path), ["backup.tar", "data"], "a draft was left");
  assert.ok((await namesIn(from.data)).every((name) => !name.startsWith(".")), "a copy was left");

  const { text, errors } = await printed(restore(from.path, from.target));
  assert.match(text, /^restored the backup of 2\S+Z to /);
  assert.equal(errors.length, Deno.uid() === 0 ? 1 : 0);
  await withStore(from.target, async (store) => {
    const count = async (kind: Parameters<typeof store.find>[0]) =>
      (await store.find(kind, { all: true })).length;
    const kept = await Promise.all((["person", "device", "freeze"] as const).map(count));
    assert.deepEqual(kept, [1, 2, 1]);
    const over = ["session", "invitation", "grant", "challenge", "approval"] as const;
    assert.deepEqual(await Promise.all(over.map(count)), [0, 0, 0, 0, 0]);
    assert.deepEqual((await store.recentLogins(9)).map(({ id }) => id), ["ended"]);
    const [app] = await store.find("device", { id: "d_app" });
    assert.ok(app?.kind === "authenticator");
    const sealer = await openSealer(from.target, undefined);
    assert.equal(await sealer.open(app.seed, seedRow("d_app")), SEED);
    assert.deepEqual(app.usedSteps, [7], "a used code stays used");
  });
  assert.deepEqual((await openServerKeys(from.target)).publicKey, from.publicKey);
  for (const file of ["gatehouse.db", "audit.jsonl", "keys/verdict.jwk", "keys/secrets.key"]) {
    assert.equal(await mode(`${from.target}/${file}`), 0o600, file);
  }
  for (const dir of ["", "/keys"]) assert.equal(await mode(from.target + dir), 0o700);
  await printed((out) => auditVerify({ data: from.target }, out));
  assert.deepEqual((await auditLog(from.target)).map(({ event }) => event), [
    "test.one",
    "server.restored",
  ]);
  assert.equal((await auditLog(from.data)).at(-1)?.event, "server.backed_up");
});

Deno.test("a backup is whole while others write: no half line, no half change", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  let going = true;
  const writing = (async () => {
    for (let n = 0; going; n++) {
      await from.store.change(putting({ person: [someone(`person${n}`)] }));
      await from.audit.append({ event: "test.more", n });
    }
  })();
  await backup(from.path, from.data);
  going = false;
  await writing;
  await printed(restore(from.path, from.target));
  const events = await auditLog(from.target);
  const last = Math.max(-1, ...events.flatMap(({ n }) => typeof n === "number" ? [n] : []));
  await withStore(from.target, async (store) => {
    // The log was taken after the database, so it knows all that is in there.
    const persons = (await store.find("person", { all: true })).length - 1;
    assert.ok(persons <= last + 2, `${persons} persons, ${last + 1} lines`);
  });
});

Deno.test("any tar reads a backup", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  await backup(from.path, from.data);
  const { out } = await mustRun(["tar", "-tf", from.path]);
  const files = ["gatehouse.db", "audit.jsonl", "keys/secrets.key", "keys/verdict.jwk"];
  assert.deepEqual(out.trimEnd().split("\n"), [...files, "manifest.json"]);
});

Deno.test("a backup takes no file's place, and leaves nothing when it fails", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  const make = (path: string) => (out: Out) => serverBackup(path, { data: from.data }, out);
  await folder.file("there", "mine");
  await fails(make(`${folder.path}/there`), Exit.usage, /is there already$/);
  assert.equal(await Deno.readTextFile(`${folder.path}/there`), "mine");
  await fails(make(`${folder.path}/no/where`), Exit.denied, /^cannot write .* \(ENOENT\)$/);
  await Deno.remove(`${from.data}/audit.jsonl`);
  await fails(make(from.path), Exit.config, /audit\.jsonl: it does not exist$/);
  assert.deepEqual(await namesIn(folder.path), ["data", "there"]);
  await fails(
    (out) => serverBackup(from.path, { data: `${folder.path}/none` }, out),
    Exit.config,
    /^there is no server's data/,
  );
});

Deno.test("a backup says when a key of its secrets is elsewhere, and so does a restore", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  const [old] = new SecretKeyFile(from.data).read();
  await new SecretKeyFile(from.data).replace([newSecretKey()]);
  const made = await backup(from.path, from.data);
  assert.match(made.errors.join("\n"), new RegExp(`not hold key ${old?.id}.* gatehouse-key`));
  const { errors } = await printed(restore(from.path, from.target));
  assert.match(errors.join("\n"), new RegExp(`sealed with key ${old?.id}, which is not in`));
});

Deno.test("a broken audit log is kept as it is, and both commands say so", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  await from.audit.append({ event: "test.two" });
  const path = `${from.data}/audit.jsonl`;
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("test.one", "test.eno"));
  const made = await backup(from.path, from.data);
  assert.match(made.errors.join("\n"), /^the audit log is broken: line 2 does not continue/);
  const { errors } = await printed(restore(from.path, from.target));
  assert.match(errors.join("\n"), /^the audit log was broken when the backup was made/);
});

Deno.test("a restore goes into an empty directory only, and keeps what a host has there", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  await backup(from.path, from.data);
  await fails(restore(from.path, from.data), Exit.usage, /is not empty: it holds /);
  await Deno.mkdir(from.target, { mode: 0o700 });
  await Deno.mkdir(`${from.target}/codes`);
  // What an earlier one left that was killed.
  await Deno.mkdir(`${from.target}/.restore`);
  await Deno.writeTextFile(`${from.target}/.restore/gatehouse.db`, "half");
  await printed(restore(from.path, from.target));
  assert.deepEqual((await namesIn(from.target)).filter((name) => !/-(wal|shm)$/.test(name)), [
    "audit.jsonl",
    "codes",
    "gatehouse.db",
    "keys",
  ]);
  const open = await folder.dir("open", 0o777);
  await fails(restore(from.path, open), Exit.config, /can be written by others/);
});

Deno.test("a restore of what is no backup says so", async () => {
  await using folder = await scratch();
  const target = `${folder.path}/target`;
  const text = await folder.file("text", "x".repeat(2_000));
  await fails(restore(text, target), Exit.data, /text is damaged$/);
  const empty = await folder.file("empty", "");
  await fails(restore(empty, target), Exit.data, /empty was cut short$/);
  await fails(restore(`${folder.path}/none`, target), Exit.usage, /^cannot read .* \(ENOENT\)$/);
  await assert.rejects(Deno.stat(target), Deno.errors.NotFound);
});

Deno.test("a backup that was cut short or changed anywhere restores nothing", async () => {
  await using folder = await scratch();
  await using from = await server(folder);
  await backup(from.path, from.data);
  const whole = await Deno.readFile(from.path);
  const refused = async (bytes: Uint8Array, how: string) => {
    const path = await folder.file("changed.tar", "");
    await Deno.writeFile(path, bytes);
    await assert.rejects(
      serverRestore(path, { data: from.target }, new CollectedOut()),
      (error) => {
        assert.ok(error instanceof Failure, `${how}: ${error}`);
        assert.equal(error.exit, Exit.data, how);
        return true;
      },
      how,
    );
    await assert.rejects(Deno.stat(from.target), Deno.errors.NotFound, how);
  };
  const manifest = whole.findLastIndex((byte) => byte === 125) + 1;
  const at = fc.oneof(fc.nat(manifest - 1), fc.integer({ min: manifest - 600, max: manifest - 1 }));
  await fc.assert(
    fc.asyncProperty(at, (end) => refused(whole.subarray(0, end), `cut at ${end}`)),
    { numRuns: 20 },
  );
  const isContent = (at: number) => !isPadding(whole, at);
  await fc.assert(
    fc.asyncProperty(at.filter(isContent), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ change;
      await refused(bytes, `changed at ${at}`);
    }),
    { numRuns: 40 },
  );
});

/** What fills the last block of a file means nothing; nor does what of the manifest only people read. */
function isPadding(tar: Uint8Array, at: number): boolean {
  const text = new TextDecoder("latin1").decode(tar);
  const made = /"(gatehouse|made_at)": "[^"]*",\s*/g;
  if (
    [...text.matchAll(made)].some(({ index, 0: all }) => at >= index && at < index + all.length)
  ) {
    return true;
  }
  for (let start = 0; start < tar.length;) {
    const name = text.slice(start, start + 100).replace(/\0+$/, "");
    const size = parseInt(text.slice(start + 124, start + 135), 8);
    const end = start + TAR_BLOCK + size;
    const next = end + tarPadding(size);
    if (at < end) return name === "manifest.json" && /\s/.test(text.charAt(at));
    if (at < next) return true;
    start = next;
  }
  return true;
}

/** A backup that somebody made up, with a manifest that fits. */
function madeUp(files: readonly (readonly [name: string, text: string])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (name: string, bytes: Uint8Array) =>
    parts.push(
      tarHeader({ name, size: bytes.length }, 0),
      bytes,
      new Uint8Array(tarPadding(bytes.length)),
    );
  const listed = files.map(([name, text]) => {
    const bytes = new TextEncoder().encode(text);
    add(name, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { name, size: bytes.length, sha256 };
  });
  const audit = { entries: 0, last: "0".repeat(64), whole: true };
  const manifest = {
    format: 1,
    gatehouse: "x",
    made_at: "2026-01-01T00:00:00Z",
    files: listed,
    audit,
  };
  add("manifest.json", new TextEncoder().encode(JSON.stringify(manifest)));
  parts.push(tarEnd());
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

for (
  const [what, files, fault] of [
    ["a path that leads elsewhere", [["keys/../../x", ""]], /holds what no backup holds/],
    ["an absolute path", [["/tmp/x", ""]], /holds what no backup holds/],
    ["a hidden file", [["keys/.x", ""]], /holds what no backup holds/],
    ["a file of another name", [["wecom_token.json", ""]], /holds what no backup holds/],
    ["a file twice", [["keys/a", "1"], ["keys/a", "2"]], /holds a file twice/],
    ["no keys", [["gatehouse.db", ""], ["audit.jsonl", ""]], /holds no keys\/verdict\.jwk/],
    ["nothing", [], /holds no gatehouse\.db/],
  ] as const
) {
  Deno.test(`a restore refuses a backup with ${what}`, async () => {
    await using folder = await scratch();
    const path = `${folder.path}/made_up.tar`;
    await Deno.writeFile(path, madeUp(files));
    await fails(restore(path, `${folder.path}/target`), Exit.data, fault);
    assert.deepEqual(await namesIn(folder.path), ["made_up.tar"]);
  });
}
