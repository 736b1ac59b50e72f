/** Another key for the secrets, whatever happens meanwhile. */
import assert from "node:assert/strict";
import { seedRow } from "../../lib/core/device.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { recoveryRow } from "../../lib/core/recovery_code.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { newSecretKey, SecretKeyFile } from "../../lib/io/secret_keys.ts";
import { retireKeys } from "../../lib/io/sqlite_retired.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { rotate, type RotationDoors } from "../../lib/modes/admin/rotation.ts";
import { rotateSecrets } from "../../lib/modes/admin/rotate_secrets.ts";
import type { Sealer } from "../../lib/ports.ts";
import { auditLog, fails, printed } from "../support/admin.ts";
import { anAuthenticator, putting, someone } from "../support/people.ts";
import { scratch } from "../support/scratch.ts";

const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const SHEET_KEY = "k".repeat(43);

/** A server that runs: a store, a sealer of its own, and two persons with secrets. */
async function place() {
  const folder = await scratch();
  const data = await folder.dir("data", 0o700);
  const store = SqliteStore.open(data, "server");
  const running = await openSealer(data, undefined);
  const file = new SecretKeyFile(data);
  const ids = ["d_1", "d_2", "d_3"];
  const device = await Promise.all(
    ids.map(async (id) => anAuthenticator({ id, seed: await running.seal(SEED, seedRow(id)) })),
  );
  const recovery = {
    id: "p_alice",
    createdAt: 0,
    key: await running.seal(SHEET_KEY, recoveryRow("p_alice")),
    codes: [],
  };
  const revoked = anAuthenticator({ id: "d_0", seed: "", revokedAt: 1 });
  await store.change(
    putting({ person: [someone("alice")], device: [revoked, ...device], recovery: [recovery] }),
  );
  const doors: RotationDoors = {
    store,
    fixed: [],
    file,
    newKey: newSecretKey,
    openSealer: () => openSealer(data, undefined),
    retire: (ids) => retireKeys(data, ids),
  };
  return {
    data,
    store,
    running,
    file,
    doors,
    /** Opens everything that is kept. */
    async opensAll(sealer: Sealer): Promise<void> {
      for (const device of await store.find("device", { all: true })) {
        if (device.kind !== "authenticator" || device.seed === "") continue;
        assert.equal(await sealer.open(device.seed, seedRow(device.id)), SEED);
      }
      const [sheet] = await store.find("recovery", { all: true });
      assert.equal(await sealer.open(sheet?.key ?? "", recoveryRow("p_alice")), SHEET_KEY);
    },
    async register(id: string, seed: string): Promise<void> {
      await store.change(putting({ device: [anAuthenticator({ id, seed })] }));
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("rotate() seals everything with a new key, which alone is left", async () => {
  await using at = await place();
  const [old] = at.file.read();
  const done = await rotate(at.doors);
  assert.deepEqual({ ...done, key: "" }, {
    key: "",
    secrets: 4,
    removed: 1,
    leftOver: 0,
    resumed: false,
  });
  const keys = at.file.read();
  assert.deepEqual(keys.map(({ id }) => id), [done.key]);
  assert.notEqual(done.key, old?.id);
  await at.opensAll(await openSealer(at.data, undefined));
  assert.equal(((await Deno.stat(at.file.path)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("a server that runs goes on: it opens what is sealed anew, and seals with the new key", async () => {
  await using at = await place();
  const { key } = await rotate(at.doors);
  await at.opensAll(at.running);
  const sealed = await at.running.seal(SEED, seedRow("d_new"));
  assert.equal(sealed.split(".")[1], key);
  assert.ok(at.running.isCurrent(sealed));
  await at.register("d_new", sealed);
  await at.opensAll(await openSealer(at.data, undefined));
});

Deno.test("what was sealed with the old key and comes too late is refused, not lost", async () => {
  await using at = await place();
  const late = await at.running.seal(SEED, seedRow("d_late"));
  await rotate(at.doors);
  await assert.rejects(at.register("d_late", late), /sealed with a retired key/);
  const sheet = { id: "p_bob", createdAt: 0, codes: [], key: late };
  await assert.rejects(at.store.change(putting({ recovery: [sheet] })), /retired key/);
  const [device] = await at.store.find("device", { id: "d_1" });
  assert.equal(device?.kind, "authenticator");
  await assert.rejects(
    at.store.change({
      wants: { device: [{ id: "d_1" }] },
      make: ({ device: [found] }) => ({
        answer: undefined,
        put: found?.kind === "authenticator" ? { device: [{ ...found, seed: late }] } : {},
      }),
    }),
    /retired key/,
  );
  await at.opensAll(await openSealer(at.data, undefined));
  // A page that was open all the time is not stranded.
  assert.equal(await at.running.open(late, seedRow("d_late")), SEED);
});

Deno.test("what is registered with the old key while it is given up is sealed anew, too", async () => {
  await using at = await place();
  const late = await at.running.seal(SEED, seedRow("d_late"));
  let tries = 0;
  const { secrets } = await rotate({
    ...at.doors,
    retire: (ids) => {
      // Just before the database is asked.
      if (++tries === 1) return false;
      return at.doors.retire(ids);
    },
    openSealer: async () => {
      if (tries === 0) await at.register("d_late", late);
      return await at.doors.openSealer();
    },
  });
  assert.equal(secrets, 5);
  assert.equal(tries, 2);
  await at.opensAll(await openSealer(at.data, undefined));
});

Deno.test("retireKeys() retires no key that anything is sealed with", async () => {
  await using at = await place();
  const ids = at.file.read().map(({ id }) => id);
  assert.equal(retireKeys(at.data, ids), false);
  await at.register("d_4", await at.running.seal(SEED, seedRow("d_4")));
});

/** Each thing that rotate() does, in its order. */
const STEPS = ["read", "replace", "find", "change", "openSealer", "retire"];
/** More than a rotation takes. */
const MOST = 20;

/** The same doors; the process dies at the step of that number, before or after it is done. */
function dying(doors: RotationDoors, at: number, when: "before" | "after"): RotationDoors {
  let steps = 0;
  const watch = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === "object" && value !== null && !Array.isArray(value)) {
          return watch(value);
        }
        if (typeof value !== "function" || !STEPS.includes(String(name))) return value;
        return (...given: unknown[]) => {
          const dies = ++steps === at;
          if (dies && when === "before") throw new Error("died");
          const result: unknown = Reflect.apply(value, target, given);
          if (!dies) return result;
          if (!(result instanceof Promise)) throw new Error("died");
          return result.then(() => Promise.reject(new Error("died")));
        };
      },
    });
  return watch(doors);
}

for (const when of ["before", "after"] as const) {
  Deno.test(`rotate() loses nothing when it dies ${when} any of its steps, and can go on`, async () => {
    let died = 0;
    for (let step = 1; step <= MOST; step++) {
      await using at = await place();
      const done = await rotate(dying(at.doors, step, when)).then(() => true, (error) => {
        assert.match(String(error), /died/);
        return false;
      });
      if (!done) died++;
      // Whoever runs, whoever starts, whoever registers: as if nothing were.
      await at.opensAll(at.running);
      await at.opensAll(await openSealer(at.data, undefined));
      await at.register("d_4", await at.running.seal(SEED, seedRow("d_4")));
      await rotate(at.doors);
      assert.equal(at.file.read().length, 1, `after dying at step ${step}`);
      await at.opensAll(await openSealer(at.data, undefined));
      if (done) break;
    }
    assert.ok(died >= 8, `only ${died} steps were seen`);
  });
}

Deno.test("rotate() changes nothing while a key is missing that secrets are sealed with", async () => {
  await using at = await place();
  const before = await Deno.readTextFile(at.file.path);
  const other = newSecretKey();
  await at.file.replace([other]);
  await assert.rejects(rotate(at.doors), (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.match(error.message, /^secrets are sealed with key [0-9a-f]{12}, which is not in/);
    assert.match(error.hint ?? "", /credential/);
    return true;
  });
  assert.deepEqual(at.file.read().map(({ id }) => id), [other.id]);
  await Deno.writeTextFile(at.file.path, before);
  await at.opensAll(await openSealer(at.data, undefined));
});

Deno.test("with a credential its first key seals everything, and the file's are removed", async () => {
  await using at = await place();
  const [first, second] = [newSecretKey(), newSecretKey()];
  const credentials = `${at.data}-credentials`;
  await Deno.mkdir(credentials, { mode: 0o700 });
  const base64 = ({ bytes }: { bytes: Uint8Array }) => bytes.toBase64({ alphabet: "base64url" });
  await Deno.writeTextFile(
    `${credentials}/gatehouse-key`,
    [first, second].map(base64).join("\n"),
    { mode: 0o400 },
  );
  const done = await rotate({
    ...at.doors,
    fixed: [first, second],
    openSealer: () => openSealer(at.data, credentials),
  });
  assert.deepEqual(done, {
    key: first.id,
    secrets: 4,
    removed: 1,
    leftOver: 1,
    resumed: false,
  });
  await assert.rejects(Deno.stat(at.file.path), Deno.errors.NotFound);
  await at.opensAll(await openSealer(at.data, credentials));
});

Deno.test("a running server makes no other key when its own was removed", async () => {
  await using at = await place();
  await Deno.remove(at.file.path);
  await assert.rejects(at.running.seal(SEED, "x"), Failure);
  await assert.rejects(Deno.stat(at.file.path), Deno.errors.NotFound);
  await at.opensAll(at.running);
});

Deno.test("server rotate-secrets says what it did, and records it", async () => {
  await using at = await place();
  const { text } = await printed((out) => rotateSecrets({ data: at.data }, out));
  const [key] = at.file.read();
  assert.match(text, new RegExp(`^4 secrets sealed anew with key ${key?.id};`));
  assert.match(text, /^1 old key removed from /m);
  assert.match(text, /^backups of before /m);
  const entry = (await auditLog(at.data)).at(-1);
  assert.deepEqual([entry?.event, entry?.key, entry?.secrets], ["secrets.rotated", key?.id, 4]);
  const json = await printed((out) => rotateSecrets({ data: at.data, json: true }, out));
  assert.equal(JSON.parse(json.text).resumed, false);
});

Deno.test("server rotate-secrets wants a server's data, and a key", async () => {
  await using folder = await scratch();
  await fails(
    (out) => rotateSecrets({ data: `${folder.path}/none` }, out),
    Exit.config,
    /no server/,
  );
  const store = SqliteStore.open(folder.path, "server");
  await store.close();
  await Deno.mkdir(`${folder.path}/keys`, { mode: 0o700 });
  await fails((out) => rotateSecrets({ data: folder.path }, out), Exit.config, /no key yet$/);
});
