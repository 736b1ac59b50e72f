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

Deno.test("however many one account writes, another's alert is found at once", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  await Deno.mkdir(folder);
  for (let index = 0; index < 2_000; index++) {
    await Deno.writeTextFile(`${folder}/${nameOf(index)}`, JSON.stringify(ALERT), { mode: 0o600 });
    await Deno.chown(`${folder}/${nameOf(index)}`, 4_711, 4_711);
  }
  keepAlert({ ...ALERT, user: "of-root" }, HASH, alertOf(9_999), folder);
  const { alerts, dropped } = keptAlerts(HASH, () => "mallory", T0, folder);
  const users = alerts.map(({ alert }) => alert.user);
  assert.equal(users.filter((user) => user === "of-root").length, 1);
  assert.deepEqual([users.length, dropped], [21, 1_980]);
});

Deno.test("another name of a file is no alert of its owner's, nor is one that others may write", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  keepAlert(ALERT, HASH, alertOf(1), folder);
  const theirs = await place.file("theirs", JSON.stringify(ALERT), 0o600);
  await Deno.link(theirs, `${folder}/${nameOf(2)}`);
  await Deno.writeTextFile(`${folder}/${nameOf(3)}`, JSON.stringify(ALERT));
  await Deno.chmod(`${folder}/${nameOf(3)}`, 0o666);
  const { alerts, dropped } = keptAlerts(HASH, nobody, T0, folder);
  assert.deepEqual([alerts.length, dropped], [1, 2]);
});

Deno.test("one that is being written is left alone", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  await Deno.mkdir(folder);
  const draft = `${folder}/.${nameOf(1)}`;
  await Deno.writeTextFile(draft, JSON.stringify(ALERT).slice(0, 20), { mode: 0o600 });
  assert.deepEqual(keptAlerts(HASH, nobody, Date.now(), folder), { alerts: [], dropped: 0 });
  assert.ok((await Deno.stat(draft)).isFile);
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
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${place.path}/${name}`)), []);
  }
});

Deno.test("no file that is there already is written into, and what is kept is its account's alone", async () => {
  await using place = await scratch();
  const folder = `${place.path}/spool`;
  keepAlert(ALERT, HASH, alertOf(1), folder);
  const path = `${folder}/${nameOf(1)}`;
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  const victim = await place.file("victim", "as it was", 0o600);
  await Deno.symlink(victim, `${folder}/.${nameOf(2)}`);
  assert.throws(() => keepAlert(ALERT, HASH, alertOf(2), folder), Deno.errors.AlreadyExists);
  await Deno.symlink(victim, `${folder}/${nameOf(3)}`);
  keepAlert(ALERT, HASH, alertOf(3), folder);
  assert.ok((await Deno.lstat(`${folder}/${nameOf(3)}`)).isFile);
  assert.equal(await Deno.readTextFile(victim), "as it was");
});
