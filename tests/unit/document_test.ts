import assert from "node:assert/strict";
import fc from "fast-check";
import * as v from "valibot";
import { readDocument } from "../../lib/config/document.ts";
import { duration, network, webAddress } from "../../lib/core/values.ts";
import { Exit } from "../../lib/core/errors.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { assertRefused, failureOf, printed } from "../support/failure.ts";
import { anyText } from "../support/texts.ts";

const Schema = v.strictObject({
  name: v.string(),
  mode: v.optional(v.picklist(["a", "b"]), "a"),
  list: v.optional(v.array(v.string()), []),
  on: v.optional(v.boolean(), true),
  api_token: v.optional(v.string()),
  tokens: v.optional(v.array(v.string())),
  table: v.optional(v.strictObject({ password: v.optional(v.pipe(v.string(), v.minLength(3))) })),
});

const read = (text: string) => readDocument(text, "x.toml", Schema);

async function faults(text: string): Promise<string[]> {
  return (await assertRefused(() => read(text), Exit.config, /./)).message.split("\n");
}

Deno.test("readDocument() fills in the defaults", () => {
  assert.deepEqual(read('name = "n"'), { name: "n", mode: "a", list: [], on: true });
});

Deno.test("readDocument() reports every fault at once: file, key, what is allowed, what was found", async () => {
  const text = `
    mode = "c"
    list = ["ok", 5]
    on = "yes"
    nmae = "typing error"
    table = 3
  `;
  assert.deepEqual(await faults(text), [
    "x.toml: name: missing",
    'x.toml: mode: must be one of ("a" | "b"), found "c"',
    "x.toml: list, entry 2: must be text in quotes, found 5",
    'x.toml: on: must be true or false, found "yes"',
    "x.toml: table: must be a table, found 3",
    "x.toml: nmae: unknown key",
  ]);
});

Deno.test("readDocument() shows neither lists nor tables that stand in the wrong place", async () => {
  assert.deepEqual(await faults('name = ["hush"]\non = { hush = "hush" }\nlist = 1979-05-27'), [
    "x.toml: name: must be text in quotes, found a list of 1",
    "x.toml: list: must be a list in square brackets, found a date",
    "x.toml: on: must be true or false, found a table",
  ]);
});

Deno.test("readDocument() never shows the value of a secret key, of whatever type", async () => {
  const secrets = ["777", "777.5", "true", '["777"]', '{ x = "777" }', "1977-07-07"];
  for (const secret of secrets) {
    for (const text of [`api_token = ${secret}`, `table.password = ${secret}`]) {
      const all = (await faults(`name = "n"\n${text}`)).join();
      assert.doesNotMatch(all, /77|found/);
      assert.match(all, /must be/);
    }
  }
  assert.doesNotMatch((await faults('name = "n"\ntokens = [777]')).join(), /777/);
  assert.doesNotMatch((await faults('name = "n"\ntable.password = "77"')).join(), /77/);
});

Deno.test("readDocument() names the place where a file is not TOML, and does not quote it", async () => {
  const failure = await assertRefused(
    () => read('name = "n"\napi_token = "777'),
    Exit.config,
    /^x\.toml:2:[0-9]+: /,
  );
  assert.doesNotMatch(printed(failure), /777/);
});

Deno.test("readDocument() refuses what would hang or crash a careless reader", async () => {
  for (const open of ["[", "{x=", "[[", "'''"]) {
    await assertRefused(() => read(`name = ${open.repeat(200_000)}`), Exit.config, /^x\.toml:1:/);
  }
  await assertRefused(() => read("name = 99999999999999999999"), Exit.config, /^x\.toml:1:/);
  assert.deepEqual(await faults('name = "n"\n__proto__ = 1'), ["x.toml: __proto__: unknown key"]);
  assert.deepEqual(await faults('name = "n"\nconstructor.prototype = 1'), [
    "x.toml: constructor: unknown key",
  ]);
});

Deno.test("readDocument() prints no control character from the file", async () => {
  const failure = await failureOf(() =>
    read('mode = "\\u001b[2J\\u009b"\n"\\u001b[2J" = 1\nname=""')
  );
  assert.ok(failure.message.split("\n").every(isPrintable));
});

Deno.test("readDocument() reads a document or throws a Failure, whatever it is given", async () => {
  const value = fc.oneof(fc.json(), anyText(), fc.constantFrom("1e400", "nan", "1979-05-27", "[]"));
  const key = fc.oneof(
    fc.constantFrom("name", "mode", "table", "api_token", "a.b", "[table]", "[[list]]"),
    anyText(8),
  );
  const line = fc.tuple(key, value).map(([key, value]) => `${key} = ${value}`);
  await fc.assert(fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (lines) => {
    const text = lines.join("\n");
    try {
      assert.equal(typeof read(text).name, "string");
    } catch {
      const failure = await failureOf(() => read(text));
      assert.ok(failure.message.split("\n").every(isPrintable), failure.message);
    }
  }));
});

Deno.test("duration() reads milliseconds, seconds, minutes and hours", () => {
  const cases: [text: string, ms: number][] = [
    ["100ms", 100],
    ["60s", 60_000],
    ["2m", 120_000],
    ["8h", 28_800_000],
  ];
  for (const [text, ms] of cases) assert.equal(v.parse(duration(0, 1e9), text), ms);
});

Deno.test("duration() keeps to its bounds and its form", () => {
  const schema = duration(1_000, 300_000);
  for (const text of ["1s", "1000ms", "5m", "300s"]) assert.ok(v.is(schema, text), text);
  for (
    const value of ["999ms", "301s", "6m", "60", "s", "-1s", "1.5s", "1 s", "1S", "1d", 60, ""]
  ) {
    assert.ok(!v.is(schema, value), String(value));
  }
});

Deno.test("webAddress takes an http address and drops the final slash", () => {
  const cases: [text: string, address: string][] = [
    ["https://auth.example.com", "https://auth.example.com"],
    ["https://auth.example.com/", "https://auth.example.com"],
    ["http://127.0.0.1:8422", "http://127.0.0.1:8422"],
    ["http://[::1]:8422/gate//", "http://[::1]:8422/gate"],
  ];
  for (const [text, address] of cases) assert.equal(v.parse(webAddress, text), address);
});

Deno.test("webAddress takes nothing to which a path could not be added", () => {
  const others = [
    "",
    "auth.example.com",
    "ftp://auth.example.com",
    "https://",
    "https://user@auth.example.com",
    "https://user:pass@auth.example.com",
    "https://auth.example.com?",
    "https://auth.example.com/#",
    "https://auth.example.com/?x=1",
    " https://auth.example.com",
    "https://auth.example.com\n",
    "https://auth.exa\tmple.com",
    "https://auth.example.com/\x1b[2J",
    "https:auth.example.com",
    "https:\\\\auth.example.com",
    "https://auth.example.com:99999",
  ];
  for (const text of others) assert.ok(!v.is(webAddress, text), JSON.stringify(text));
});

Deno.test("network takes what isNetwork() takes, and text only", () => {
  for (const text of ["10.0.0.0/8", "::1"]) assert.ok(v.is(network, text));
  for (const value of ["10/8", "", 10, null]) assert.ok(!v.is(network, value));
});
