import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { notifyTest, type TestOptions } from "../../lib/modes/admin/notify.ts";
import { notifyList } from "../../lib/modes/admin/notify_list.ts";
import { personAdd } from "../../lib/modes/admin/person.ts";
import { personFreeze } from "../../lib/modes/admin/person_change.ts";
import { ADMIN, auditLog, fails, printed, withStore } from "../support/admin.ts";
import { CollectedOut } from "../support/out.ts";
import { scratch } from "../support/scratch.ts";
import { barkVendor } from "../support/vendors/bark.ts";
import { gotifyVendor } from "../support/vendors/gotify.ts";
import { ntfyVendor } from "../support/vendors/ntfy.ts";
import { VendorServer } from "../support/vendors/server.ts";
import type { Settings } from "../support/vendors/vendor.ts";

function tableOf(type: string, settings: Settings, more = ""): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[[notify]]\ntype = "${type}"\n${lines.join("\n")}\n${more}\n`;
}

/** A server's data and its server.toml, which is written by `channels`. */
async function place() {
  const folder = await scratch();
  const vendors = new VendorServer(systemClock, [barkVendor, gotifyVendor, ntfyVendor]);
  const data = `${folder.path}/data`;
  await folder.dir("data", 0o700);
  await withStore(data, (store) => store.setPublicUrl("https://auth.example"));
  const config = `${folder.path}/server.toml`;
  const options = { data, config };
  return {
    folder,
    options,
    bark: vendors.served("bark"),
    ntfy: vendors.served("ntfy"),
    gotify: vendors.served("gotify"),
    channels: (toml: string) => folder.file("server.toml", toml, 0o600),
    add: (name: string, contact: readonly string[] = [], language?: "zh-CN") =>
      printed((out) =>
        personAdd(
          name,
          { ...options, contact, ...(language === undefined ? {} : { language }) },
          out,
        )
      ),
    list: (json = false) => printed((out) => notifyList({ ...options, json }, out)),
    test: (name: string, more: Partial<TestOptions> = {}) =>
      printed((out) => notifyTest(name, { ...options, ...more }, out)),
    async [Symbol.asyncDispose]() {
      await vendors[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const TOOK = /^took {5}([0-9]+ ms|[0-9]+\.[0-9] s)$/;

Deno.test("notify list shows what each channel does, and whom it reaches", async () => {
  await using at = await place();
  await at.channels(
    tableOf("ntfy", {}, 'name = "phones"\nlanguage = "zh-CN"') + tableOf("ntfy", {}) +
      tableOf("telegram", { token: `1:${"a".repeat(35)}` }, "buttons = true") +
      tableOf("gotify", at.gotify.vendor.settings(at.gotify.url)),
  );
  await at.add("alice", ["phones=alice-topic", "telegram=123"]);
  await at.add("bob", ["phones=bob-topic"]);
  await at.add("carol", ["ntfy=carol-topic"]);
  await printed((out) => personFreeze("carol", at.options, out));
  const { lines, errors } = await at.list();
  deepEqual(lines, [
    "NAME      TYPE      REACHES  SENDS                BUTTONS  LANGUAGE  PERSONS  STATE",
    "phones    ntfy      persons  request, pin, alert  -        zh-CN     2        ready",
    "ntfy      ntfy      persons  request, pin, alert  -        en        0        ready",
    "telegram  telegram  persons  request, pin, alert  yes      en        1        ready",
    "gotify    gotify    a group  request, alert       -        en        -        ready",
  ]);
  equal(errors.length, 1);
  match(
    errors[0] ?? "",
    /^nobody can be reached by ntfy: .*; gatehouse person change NAME --contact ntfy=WHO, where WHO is /,
  );
  const [first] = JSON.parse((await at.list(true)).text);
  deepEqual(first, {
    name: "phones",
    type: "ntfy",
    reach: "person",
    sends: ["request", "pin", "alert"],
    buttons: false,
    language: "zh-CN",
    alerts: [],
    persons: 2,
    fault: null,
  });
});

Deno.test("notify list fails by 78 where the server would not start with a channel, and shows all", async () => {
  await using at = await place();
  const open = await at.folder.file("open", "tk_1", 0o644);
  await at.channels(
    tableOf("ntfy", {}, `alerts = ["ops-topic"]`) +
      tableOf("ntfy", {}, `name = "none"\nalerts = ["a-topic"]\ntoken_file = "/nowhere/token"`) +
      tableOf("ntfy", {}, `name = "open"\nalerts = ["a-topic"]\ntoken_file = "${open}"`),
  );
  const out = await failing((out) => notifyList(at.options, out), {
    exit: Exit.config,
    message:
      /^none: \/nowhere\/token does not exist\nopen: .*open holds a secret and can be read by/,
    hint: /gatehouse notify test NAME/,
  });
  deepEqual(out.lines.map((line) => line.split(/ +/).at(-1)), ["STATE", "ready", "fault", "fault"]);
  const json = await failing((out) => notifyList({ ...at.options, json: true }, out), {
    exit: Exit.config,
    message: /^none: /,
    hint: /./,
  });
  const faults = JSON.parse(json.text).map(({ fault }: { fault: unknown }) => fault);
  deepEqual(faults[1], {
    detail: "/nowhere/token does not exist",
    hint: "check token_file in server.toml",
  });
  await at.folder.file("tell", "#!/bin/sh\n", 0o777);
  await at.channels(tableOf("command", { argv: [`${at.folder.path}/tell`] }));
  await failing((out) => notifyList(at.options, out), {
    exit: Exit.config,
    message: /^command: .*tell can be written by others/,
    hint: /chmod go-w/,
  });
});

Deno.test("notify list warns of escalations to nobody, and of contacts that two persons have", async () => {
  await using at = await place();
  const telegram = tableOf("telegram", { token: `1:${"a".repeat(35)}` }, "buttons = true");
  const accounts = '[[accounts]]\nmatch = ["root@*"]\nescalate = ["bob", "mallory"]\n';
  await at.channels(telegram + accounts);
  await at.add("alice", ["telegram=123"]);
  const { errors } = await at.add("bob", ["telegram=123"]);
  const shared =
    /^alice and bob have the same contact at telegram, 123: answers in that chat are ref/;
  equal(errors.length, 1);
  match(errors[0] ?? "", shared);
  const listed = (await at.list()).errors;
  equal(listed.length, 2);
  match(listed[0] ?? "", /^escalate names mallory, and there is no active person of that name$/);
  match(listed[1] ?? "", shared);
  await at.channels(telegram.replace("true", "false"));
  deepEqual((await at.list()).errors, [], "where nothing is answered it proves nothing");
});

Deno.test("notify list without a channel says how to get one", async () => {
  await using at = await place();
  await at.channels("");
  const { lines, errors } = await at.list();
  deepEqual(lines, ["server.toml has no channel"]);
  match(errors.join(), /\[\[notify\]\]/);
  deepEqual(JSON.parse((await at.list(true)).text), []);
});

Deno.test("notify test tells what was sent to whom, how long it took, and what came back", async () => {
  await using at = await place();
  const { to } = at.ntfy.vendor;
  await at.channels(tableOf("ntfy", at.ntfy.vendor.settings(at.ntfy.url), 'name = "phones"'));
  await at.add("alice", [`phones=${to}`], "zh-CN");
  const { lines, errors } = await at.test("phones", { to: "Alice" });
  deepEqual(lines.slice(0, 2), ["channel  phones (ntfy)", `to       person alice, contact ${to}`]);
  match(lines[2] ?? "", TOOK);
  match(lines[3] ?? "", /^answer {3}taken, as message \S+; look whether the test has arrived$/);
  equal(lines.length, 4);
  deepEqual(errors, []);
  const [arrived] = at.ntfy.vendor.arrived;
  equal(arrived?.to, to);
  match(arrived?.text ?? "", /phones/);
  match(arrived?.text ?? "", /\p{Script=Han}/u, "in the person's language");
});

Deno.test("notify test names no message that the channel has no name for", async () => {
  await using at = await place();
  await at.channels(tableOf("bark", at.bark.vendor.settings(at.bark.url)));
  const { to } = at.bark.vendor;
  const { lines } = await at.test("bark", { to });
  equal(lines[3], "answer   taken; look whether the test has arrived");
  equal(JSON.parse((await at.test("bark", { to, json: true })).text).handle, null);
});

Deno.test("notify test is in the audit log, what became of it too, and no contact that is a secret", async () => {
  await using at = await place();
  const { to } = at.ntfy.vendor;
  await at.channels(
    tableOf("ntfy", at.ntfy.vendor.settings(at.ntfy.url)) +
      tableOf("gotify", at.gotify.vendor.settings(at.gotify.url)),
  );
  await at.test("ntfy", { to });
  await at.test("ntfy", { to });
  at.gotify.mode = "gateway";
  await rejects(at.test("gotify"), Failure);
  const lines = await auditLog(at.options.data);
  const [first, again, failed] = lines;
  deepEqual([lines.length, first], [3, again], "the same contact looks the same");
  const shown = String(first?.["to"]);
  match(shown, /^.{3}…[0-9a-f]{6}$/);
  deepEqual(first, { event: "channel.tested", channel: "ntfy", to: shown, by: ADMIN });
  deepEqual(failed, {
    ...{ event: "channel.test_failed", channel: "gotify", to: "", by: ADMIN },
    ...{ why: "unavailable", detail: "gotify answers HTTP 502" },
  });
  ok(!JSON.stringify(lines).includes(to));
});

Deno.test("notify test --json is one line for programs", async () => {
  await using at = await place();
  const { to } = at.ntfy.vendor;
  await at.channels(tableOf("ntfy", at.ntfy.vendor.settings(at.ntfy.url)));
  const { took_ms, handle, ...rest } = JSON.parse((await at.test("ntfy", { to, json: true })).text);
  ok(Number.isInteger(took_ms));
  equal(typeof handle, "string");
  deepEqual(rest, { ok: true, channel: "ntfy", type: "ntfy", to, person: null });
});

Deno.test("notify test without --to: the first of alerts, and a group needs nobody", async () => {
  await using at = await place();
  const { to } = at.ntfy.vendor;
  await at.channels(
    tableOf("ntfy", at.ntfy.vendor.settings(at.ntfy.url), `alerts = ["${to}", "other"]`) +
      tableOf("gotify", at.gotify.vendor.settings(at.gotify.url)),
  );
  equal((await at.test("ntfy")).lines[1], `to       contact ${to}`);
  equal((await at.test("gotify")).lines[1], "to       its group");
  equal(at.ntfy.vendor.arrived.length, 1);
  equal(at.gotify.vendor.arrived.length, 1);
});

Deno.test("notify test needs no --config: server.toml is read where it usually is", async () => {
  await using at = await place();
  const usual = await at.channels(tableOf("gotify", at.gotify.vendor.settings(at.gotify.url)));
  const { data } = at.options;
  await printed((out) => notifyTest("gotify", { data }, out, usual));
  equal(at.gotify.vendor.arrived.length, 1);
});

Deno.test("notify test says what to write where it does not know whom to tell", async () => {
  await using at = await place();
  await at.channels(tableOf("telegram", { token: `1:${"a".repeat(35)}` }));
  await at.add("alice");
  const test = (to?: string) =>
    fails(
      async (out) =>
        await notifyTest("telegram", { ...at.options, ...(to === undefined ? {} : { to }) }, out),
      Exit.usage,
      to === undefined
        ? /^whom is telegram to tell\?$/
        : to === "alice"
        ? /^alice has no contact for telegram$/
        : /^dave is neither the name of a person nor a contact for telegram$/,
      to === undefined
        ? /^gatehouse notify test telegram --to WHO: the name of a person, or the number of/
        : to === "alice"
        ? /^gatehouse person change alice --contact telegram=WHO, where WHO is the number of/
        : /^a contact there is the number of a person's chat .*gatehouse person list$/,
    );
  await test();
  await test("alice");
  await test("dave");
});

Deno.test("notify test names the channels that there are", async () => {
  await using at = await place();
  const test = (name: string) => (out: CollectedOut) => notifyTest(name, at.options, out);
  await at.channels("");
  const none = /^server.toml has no channel ntfyx$/;
  await fails(
    async (out) => await notifyTest("ntfyx", at.options, out),
    Exit.usage,
    none,
    /\[\[not/,
  );
  await at.channels(tableOf("ntfy", {}) + tableOf("ntfy", {}, 'name = "second"'));
  await rejects(test("ntfyx")(new CollectedOut()), (error) => {
    return error instanceof Failure && error.hint === "did you mean ntfy?";
  });
  await rejects(test("wecom")(new CollectedOut()), (error) => {
    return error instanceof Failure &&
      error.hint === "it has ntfy, second; see: gatehouse notify list";
  });
});

interface Failing {
  readonly exit: Exit;
  readonly message: RegExp;
  readonly hint: RegExp;
}

async function failing(test: (out: CollectedOut) => Promise<void>, expected: Failing) {
  const out = new CollectedOut();
  await rejects(test(out), (error) => {
    ok(error instanceof Failure, String(error));
    equal(error.exit, expected.exit);
    match(error.message, expected.message);
    match(error.hint ?? "", expected.hint);
    return true;
  });
  return out;
}

Deno.test("notify test fails by 78 where a setting is wrong, and says which", async () => {
  await using at = await place();
  await at.channels(tableOf("gotify", at.gotify.vendor.wrongCredentials(at.gotify.url)));
  const out = await failing((out) => notifyTest("gotify", at.options, out), {
    exit: Exit.config,
    message: /^gotify answers errorCode 401$/,
    hint: /^compare url and token/,
  });
  equal(out.lines.length, 3, "what was tried is shown all the same");
  match(out.lines[2] ?? "", TOOK);
});

Deno.test("notify test fails by 69 where it may pass by itself; --json says it, too", async () => {
  await using at = await place();
  at.gotify.mode = "gateway";
  await at.channels(tableOf("gotify", at.gotify.vendor.settings(at.gotify.url), 'name = "g"'));
  const json = { ...at.options, json: true };
  const out = await failing((out) => notifyTest("g", json, out), {
    exit: Exit.unavailable,
    message: /^g: gotify answers HTTP 502; it may have arrived all the same$/,
    hint: /^check that this server can reach Gotify/,
  });
  const { took_ms, hint, ...rest } = JSON.parse(out.text);
  ok(Number.isInteger(took_ms) && hint !== "");
  deepEqual(rest, {
    ok: false,
    channel: "g",
    type: "gotify",
    to: "",
    person: null,
    why: "unavailable",
    detail: "gotify answers HTTP 502",
    may_arrive: true,
  });
});

Deno.test("notify test sends nothing to a contact that was written down before the channel was there", async () => {
  await using at = await place();
  await at.channels("");
  await at.add("alice", ["phones=@all"]);
  await at.channels(tableOf("ntfy", { url: at.ntfy.url }, 'name = "phones"'));
  await fails(
    async (out) => await notifyTest("phones", { ...at.options, to: "alice" }, out),
    Exit.usage,
    /^@all, which alice has, is no contact for phones$/,
    /^gatehouse person change alice --contact phones=WHO, where WHO is a topic/,
  );
});

Deno.test("notify test refuses what the server would refuse at its start", async () => {
  await using at = await place();
  await at.channels(tableOf("gotify", { url: at.gotify.url }, 'token_file = "/nowhere/token"'));
  await fails(
    async (out) => await notifyTest("gotify", at.options, out),
    Exit.config,
    /^\/nowhere\/token does not exist$/,
    /^check token_file in server.toml$/,
  );
  await at.folder.file("tell", "#!/bin/sh\n", 0o777);
  await at.channels(tableOf("command", { argv: [`${at.folder.path}/tell`] }));
  await fails(
    async (out) => await notifyTest("command", at.options, out),
    Exit.config,
    /tell can be written by others/,
    /chmod go-w/,
  );
});

Deno.test("notify wants a server's data", async () => {
  await using folder = await scratch();
  const config = await folder.file("server.toml", "", 0o600);
  await fails(
    async (out) => await notifyList({ config, data: `${folder.path}/none` }, out),
    Exit.config,
    /^there is no server's data in /,
  );
});
