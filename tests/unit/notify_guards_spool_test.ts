/** The folder of kept alerts, where any account may put whatever it likes: none hides another's alerts. */
import assert from "node:assert/strict";
import { sha256 } from "../../lib/core/hash.ts";
import { type KeptAlert, keptAlertName } from "../../lib/core/kept_alert.ts";
import { forgetAlert, keepAlert, keptAlerts } from "../../lib/io/alert_spool.ts";
import { T0 } from "../support/logins.ts";
import { scratch } from "../support/scratch.ts";

const HASH = sha256("ghh_token");
const ALERT: KeptAlert = {
  kind: "fail_open",
  why: "offline",
  user: "alice",
  service: "sshd",
  source: "192.0.2.7",
  at: new Date(T0).toISOString(),
};
const nobody = () => undefined;
const nameOf = (index: number) => keptAlertName(HASH, index.toString(16).padStart(16, "0"));
const alertOf = (index: number) => index.toString(16).padStart(16, "0");

/** A folder with something in it, which no file of that name can be removed as. */
async function fullFolder(path: string): Promise<void> {
  await Deno.mkdir(`${path}/more`, { recursive: true });
}

Deno.test("a folder in the place of an alert stays, is not counted, and hides nothing", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  for (const index of [4, 5]) keepAlert(ALERT, HASH, alertOf(index), folder);
  for (const index of [1, 2, 3, 6, 7, 8]) await fullFolder(`${folder}/${nameOf(index)}`);
  await Deno.mkdir(`${folder}/${nameOf(9)}`);
  const { alerts, dropped } = keptAlerts(HASH, nobody, T0, folder);
  assert.deepEqual([alerts.length, dropped], [2, 1], "an empty one can be thrown away");
});

Deno.test("an alert that became a folder while it was told does not keep the next from being told", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  for (const index of [1, 2]) keepAlert(ALERT, HASH, alertOf(index), folder);
  const { alerts: [first, second] } = keptAlerts(HASH, nobody, T0, folder);
  assert.ok(first !== undefined && second !== undefined);
  await Deno.remove(first.path);
  await fullFolder(first.path);
  assert.equal(forgetAlert(first.path), false);
  await Deno.remove(second.path);
  assert.equal(forgetAlert(second.path), false, "its account took it back");
});

Deno.test("ten thousand are looked at in one go, and the rest in the next", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  await Deno.mkdir(folder);
  for (let index = 0; index <= 10_000; index++) {
    Deno.symlinkSync("/nowhere", `${folder}/${nameOf(index)}`);
  }
  const looks = [1, 2, 3].map(() => keptAlerts(HASH, nobody, T0, folder).dropped);
  assert.deepEqual(looks, [10_000, 1, 0]);
});

Deno.test("a folder of somebody else's is no place to keep an alert in", async () => {
  await using place = await scratch();
  await Deno.mkdir(`${place.path}/theirs`);
  await Deno.chown(`${place.path}/theirs`, 4_711, 4_711);
  const keep = (folder: string) => () => keepAlert(ALERT, HASH, alertOf(1), folder);
  assert.throws(keep(`${place.path}/theirs`), /not a folder of root's/);
  await Deno.mkdir(`${place.path}/real`);
  await Deno.symlink(`${place.path}/real`, `${place.path}/link`);
  assert.throws(keep(`${place.path}/link`));
  for (const name of ["theirs", "real"]) {
    assert.deepEqual([...Deno.readDirSync(`${place.path}/${name}`)], []);
  }
});

Deno.test("no file that is there already is written into, and what is kept is its account's alone", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  keepAlert(ALERT, HASH, alertOf(1), folder);
  const path = `${folder}/${nameOf(1)}`;
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  assert.throws(() => keepAlert(ALERT, HASH, alertOf(1), folder), Deno.errors.AlreadyExists);
  const victim = await place.file("victim", "as it was", 0o600);
  await Deno.symlink(victim, `${folder}/${nameOf(2)}`);
  assert.throws(() => keepAlert(ALERT, HASH, alertOf(2), folder), Deno.errors.AlreadyExists);
  assert.equal(await Deno.readTextFile(victim), "as it was");
});
