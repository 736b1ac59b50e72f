/** Alerts that wait on a host: whose they are, what is none, and how many of one account count. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isKeptAlertName,
  type KeptAlert,
  keptAlertName,
  readKeptAlert,
} from "../../lib/core/kept_alert.ts";
import { sha256 } from "../../lib/core/hash.ts";
import { forgetAlert, keepAlert, keptAlerts } from "../../lib/io/alert_spool.ts";
import { T0 } from "../support/logins.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { anyText } from "../support/texts.ts";

const HASH = sha256("ghh_token");
const ALERT: KeptAlert = {
  kind: "fail_open",
  why: "offline",
  user: "alice",
  service: "sshd",
  source: "192.0.2.7",
  at: new Date(T0).toISOString(),
};
const NAMES = new Map([[4_711, "bob"]]);
const nameOf = (uid: number) => NAMES.get(uid);
const random = (index: number) => index.toString(16).padStart(16, "0");

async function spool(): Promise<Scratch & { readonly folder: string }> {
  const there = await scratch();
  return Object.assign(there, { folder: `${there.path}/spool` });
}

Deno.test("what root keeps is found as it was, and once told it is gone", async () => {
  await using place = await spool();
  keepAlert(ALERT, HASH, random(1), place.folder);
  keepAlert({ ...ALERT, at: new Date(T0 - 1).toISOString() }, HASH, random(2), place.folder);
  assert.equal(((await Deno.stat(place.folder)).mode ?? 0) & 0o7777, 0o1733);
  const { alerts, dropped } = keptAlerts(HASH, nameOf, T0, place.folder);
  assert.deepEqual(alerts.map(({ alert }) => alert), [
    { ...ALERT, at: new Date(T0 - 1).toISOString() },
    ALERT,
  ]);
  assert.equal(dropped, 0);
  for (const { path } of alerts) forgetAlert(path);
  assert.deepEqual(keptAlerts(HASH, nameOf, T0, place.folder).alerts, []);
});

Deno.test("an account speaks of itself alone, whatever its file says, and never of the emergency code", async () => {
  await using place = await spool();
  keepAlert(ALERT, HASH, random(1), place.folder);
  const { why: _, ...rest } = ALERT;
  keepAlert({ ...rest, kind: "emergency_code" }, HASH, random(2), place.folder);
  for (const index of [1, 2]) {
    await Deno.chown(`${place.folder}/${keptAlertName(HASH, random(index))}`, 4_711, 4_711);
  }
  const { alerts, dropped } = keptAlerts(HASH, nameOf, T0, place.folder);
  assert.deepEqual(alerts.map(({ alert }) => alert), [{ ...ALERT, user: "bob" }]);
  assert.equal(dropped, 1);
});

Deno.test("of an account without a name nothing is told", async () => {
  await using place = await spool();
  keepAlert(ALERT, HASH, random(1), place.folder);
  await Deno.chown(`${place.folder}/${keptAlertName(HASH, random(1))}`, 4_712, 4_712);
  assert.deepEqual(keptAlerts(HASH, nameOf, T0, place.folder), { alerts: [], dropped: 1 });
});

Deno.test("links, pipes, folders and large files are no alerts, and root opens none of them", async () => {
  await using place = await spool();
  keepAlert(ALERT, HASH, random(1), place.folder);
  const secret = await place.file("secret", JSON.stringify(ALERT), 0o600);
  const path = (index: number) => `${place.folder}/${keptAlertName(HASH, random(index))}`;
  await Deno.symlink(secret, path(2));
  await new Deno.Command("mkfifo", { args: [path(3)] }).output();
  await Deno.writeTextFile(path(4), JSON.stringify({ ...ALERT, service: "x".repeat(9_999) }));
  const { alerts, dropped } = keptAlerts(HASH, nameOf, T0, place.folder);
  assert.deepEqual([alerts.length, dropped], [1, 3]);
  assert.equal(JSON.parse(await Deno.readTextFile(secret)).user, "alice");
});

Deno.test("twenty of one account are told, in their order; root's are all", async () => {
  await using place = await spool();
  for (let index = 0; index < 30; index++) {
    const alert = { ...ALERT, at: new Date(T0 + index).toISOString() };
    keepAlert(alert, HASH, random(index), place.folder);
    keepAlert(alert, HASH, random(index + 100), place.folder);
    await Deno.chown(`${place.folder}/${keptAlertName(HASH, random(index))}`, 4_711, 4_711);
  }
  const { alerts, dropped } = keptAlerts(HASH, nameOf, T0, place.folder);
  const ofBob = alerts.filter(({ alert }) => alert.user === "bob");
  assert.deepEqual([alerts.length, ofBob.length, dropped], [50, 20, 10]);
  const times = ofBob.map(({ alert }) => alert.at);
  assert.deepEqual(times, times.toSorted());
});

Deno.test("another token's are left alone, until they are a month old", async () => {
  await using place = await spool();
  keepAlert(ALERT, sha256("another"), random(1), place.folder);
  const path = `${place.folder}/${keptAlertName(sha256("another"), random(1))}`;
  await Deno.utime(path, T0 / 1000, T0 / 1000);
  const day = 86_400_000;
  for (const [now, left] of [[T0 + 29 * day, 1], [T0 + 31 * day, 0]] as const) {
    assert.deepEqual(keptAlerts(HASH, nameOf, now, place.folder), { alerts: [], dropped: 0 });
    assert.equal((await Array.fromAsync(Deno.readDir(place.folder))).length, left);
  }
});

Deno.test("where there is no folder nothing waits", () => {
  assert.deepEqual(keptAlerts(HASH, nameOf, T0, "/nowhere/at/all"), { alerts: [], dropped: 0 });
});

Deno.test("any text is an alert of its owner's, or none", () => {
  fc.assert(fc.property(
    fc.oneof(
      anyText(),
      fc.json(),
      fc.record({ user: anyText(), at: anyText() }).map((more) =>
        JSON.stringify({ ...ALERT, ...more })
      ),
    ),
    (text) => {
      const read = readKeptAlert(text, "bob");
      if (read !== undefined) assert.deepEqual([read.user, read.kind], ["bob", "fail_open"]);
    },
  ));
  assert.equal(isKeptAlertName(keptAlertName(HASH, random(7)), HASH), true);
  assert.equal(isKeptAlertName(`../${keptAlertName(HASH, random(7))}`, HASH), false);
  assert.equal(isKeptAlertName(keptAlertName(HASH, random(7)), sha256("another")), false);
});
