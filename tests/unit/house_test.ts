import assert from "node:assert/strict";
import { checkHouse, type Source } from "../support/house.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDERS = ["lib", "server", "scripts", "tests", "bench"];

Deno.test("the house stands: no source file breaks a rule", async () => {
  const paths = await sourcePaths(".", false);
  for (const folder of FOLDERS) paths.push(...await sourcePaths(folder, true));
  const sources = await Promise.all(paths.map(read));
  assert.ok(sources.length > 40, `found only ${sources.length} source files`);
  assert.deepEqual(checkHouse(sources), []);
});

/** One source each, and a part of the one fault that it must bring. */
const BROKEN: readonly (readonly [path: string, text: string, fault: string])[] = [
  ["lib/core/a.ts", `import { x } from "../io/b.ts";`, "core must not import lib/io/b.ts"],
  [
    "lib/core/a.ts",
    `import type { Store } from "../ports.ts";`,
    "core must not import lib/ports.ts",
  ],
  ["lib/core/a.ts", `export * from "../config/b.ts";`, "core must not import lib/config/b.ts"],
  ["lib/core/a.ts", `export { x } from "../../server/b.ts";`, "core must not import server/b.ts"],
  ["lib/core/a.ts", `import { readFile } from "node:fs";`, "core must not import node:fs"],
  ["lib/core/a.ts", `import { Hono } from "hono";`, "core must not import hono"],
  ["lib/core/a.ts", `import { hash } from "node:crypto";`, "core must not import node:crypto"],
  ["lib/core/hash.ts", `import { randomBytes } from "node:crypto";`, "must not import node:crypto"],
  ["lib/core/hash.ts", `import * as hash from "node:crypto";`, "must not import node:crypto"],
  ["lib/core/hash.ts", `import { readFile } from "node:fs";`, "core must not import node:fs"],
  ["lib/core/a.ts", `Deno.stdin.isTerminal();`, "core is pure: Deno.stdin.isTerminal"],
  ["lib/core/a.ts", `Deno.readTextFile("x");`, "core is pure: Deno.readTextFile"],
  ["lib/core/a.ts", `const x: Deno.Signal = "SIGHUP";`, "core is pure: Deno.Signal"],
  ["lib/core/a.ts", `const now = Date.now;`, "core is pure: Date.now"],
  ["lib/core/a.ts", `new Date();`, "core is pure: new Date()"],
  ["lib/core/a.ts", `const { now } = Date;`, "core is pure: Date"],
  ["lib/core/a.ts", `Math.random();`, "core is pure: Math.random"],
  ["lib/core/a.ts", `Math["random"]();`, "core is pure: Math[]"],
  ["lib/core/a.ts", `await fetch("x");`, "core is pure: fetch()"],
  ["lib/core/a.ts", `use({ fetch });`, "core is pure: fetch"],
  ["lib/core/a.ts", `crypto.getRandomValues(x);`, "core is pure: crypto.getRandomValues"],
  ["lib/core/a.ts", `crypto.randomUUID();`, "core is pure: crypto.randomUUID"],
  ["lib/core/a.ts", `const c = crypto;`, "core is pure: crypto"],
  ["lib/core/a.ts", `setTimeout(f, 1);`, "core is pure: setTimeout()"],
  ["lib/core/a.ts", `globalThis.Deno;`, "globalThis.Deno: name the global itself"],
  [
    "lib/core/pam_stack/a.ts",
    `import type { X } from "../doctor/b.ts";`,
    "what the doctor reads with must not import lib/core/doctor/b.ts",
  ],
  ["lib/notify/a.ts", `import { x } from "../io/b.ts";`, "notify must not import lib/io/b.ts"],
  ["lib/notify/a.ts", `import { x } from "../ports.ts";`, "notify must not import lib/ports.ts"],
  ["lib/notify/a.ts", `import { hash } from "node:crypto";`, "notify must not import node:crypto"],
  [
    "lib/notify/a.ts",
    `import { createTransport } from "nodemailer";`,
    "must not import nodemailer",
  ],
  ["lib/notify/a.ts", `Deno.env.get("x");`, "notify is pure: Deno.env.get"],
  ["lib/notify/a.ts", `await fetch("x");`, "notify is pure: fetch()"],
  ["lib/notify/a.ts", `Date.now();`, "notify is pure: Date.now"],
  ["lib/notify/a.ts", `new Date();`, "notify is pure: new Date()"],
  ["lib/notify/a.ts", `Math.random();`, "notify is pure: Math.random"],
  ["lib/notify/a.ts", `setTimeout(f, 1);`, "notify is pure: setTimeout()"],
  ["lib/notify/a.ts", `crypto.randomUUID();`, "notify is pure: crypto.randomUUID"],
  ["lib/ports.ts", `import { x } from "./core/a.ts";`, "ports is types only"],
  ["lib/config/a.ts", `import { x } from "../io/b.ts";`, "config must not import lib/io/b.ts"],
  ["lib/config/a.ts", `import { join } from "node:path";`, "config must not import node:path"],
  [
    "lib/login/a.ts",
    `import { x } from "../config/b.ts";`,
    "login must not import lib/config/b.ts",
  ],
  [
    "lib/enrollment/a.ts",
    `import { x } from "../login/b.ts";`,
    "enrollment must not import lib/login/b.ts",
  ],
  [
    "lib/enrollment/a.ts",
    `Deno.stdin.read(x);`,
    "enrollment: only lib/io touches the outside: Deno.stdin.read",
  ],
  [
    "lib/io/a.ts",
    `import { x } from "./b.ts";`,
    "adapters must not import each other: lib/io/b.ts",
  ],
  ["lib/io/a.ts", `import { x } from "../modes/b.ts";`, "io must not import lib/modes/b.ts"],
  ["lib/io/a.ts", `import { x } from "../../server/b.ts";`, "io must not import server/b.ts"],
  ["lib/io/a.ts", `console.log(1);`, "only lib/io/{dialog,out,terminal}.ts and main.ts print"],
  ["lib/io/a.ts", `Deno.stdout.writeSync(x);`, "and main.ts print: Deno.stdout.writeSync"],
  ["lib/modes/a.ts", `f(Deno.stderr);`, "and main.ts print: Deno.stderr"],
  [
    "lib/io/wecom_a.ts",
    `import { x } from "./wecom_b.ts";`,
    "adapters must not import each other: lib/io/wecom_b.ts",
  ],
  [
    "lib/io/server_keys.ts",
    `import { x } from "./server_config.ts";`,
    "adapters must not import each other: lib/io/server_config.ts",
  ],
  ["lib/io/a.ts", `Deno.exit(1);`, "only main.ts exits"],
  ["lib/io/a.ts", `Deno.exitCode = 1;`, "only main.ts exits"],
  ["lib/io/a.ts", `const { exit } = Deno;`, "Deno is used by Deno.name only"],
  ["lib/io/a.ts", `Deno["exit"](1);`, "Deno is used by Deno.name only"],
  ["lib/io/a.ts", `import process from "node:process";`, "nothing may import node:process"],
  [
    "lib/io/a.ts",
    `import { fork } from "node:child_process";`,
    "nothing may import node:child_pro",
  ],
  ["lib/io/a.ts", `await import(name);`, "import() takes a string literal only"],
  ["lib/io/a.ts", "await import(`./b.ts`);", "import() takes a string literal only"],
  ["lib/io/a.ts", `new Worker("./b.ts");`, "new Worker: no workers"],
  ["lib/io/a.ts", `new Function("x");`, "new Function runs unknown code"],
  ["lib/io/a.ts", `eval("x");`, "eval() runs unknown code"],
  [
    "lib/config/a.ts",
    `Deno.readTextFile("x");`,
    "config: only lib/io touches the outside: Deno.read",
  ],
  ["lib/login/a.ts", `await fetch("x");`, "login: only lib/io touches the outside: fetch()"],
  ["server/a.ts", `Deno.env.get("x");`, "server: only lib/io touches the outside: Deno.env.get"],
  ["server/a.ts", `new WebSocket("x");`, "server: only lib/io touches the outside: new WebSocket"],
  ["server/a.ts", `import { readFile } from "node:fs";`, "server must not import node:fs"],
  [
    "lib/modes/a.ts",
    `Deno.statSync("x");`,
    "modes: only lib/io touches the outside: Deno.statSync",
  ],
  [
    "lib/modes/a.ts",
    `Deno.stdin.read(x);`,
    "modes: only lib/io touches the outside: Deno.stdin.read",
  ],
  ["lib/modes/a.ts", `const read = fetch;`, "modes: only lib/io touches the outside: fetch"],
  ["lib/modes/a.ts", `import { readFile } from "node:fs";`, "modes must not import node:fs"],
  ["commands.ts", `Deno.args;`, "commands: only lib/io touches the outside: Deno.args"],
  [
    "main.ts",
    `Deno.readTextFile("x");`,
    "main: only lib/io touches the outside: Deno.readTextFile",
  ],
  ["server/a.ts", `import { x } from "../lib/io/b.ts";`, "server must not import lib/io/b.ts"],
  [
    "server/a.tsx",
    `import { x } from "../lib/modes/b.ts";`,
    "server must not import lib/modes/b.ts",
  ],
  [
    "lib/modes/a.ts",
    `import { x } from "./b.ts";`,
    "modes must not import each other: lib/modes/b",
  ],
  [
    "server/a.ts",
    `import "./assets/client/b.ts";`,
    "server must not import server/assets/client/b",
  ],
  [
    "lib/modes/a.ts",
    `import "../../server/assets/client/b.ts";`,
    "modes must not import server/as",
  ],
  [
    "server/assets/client/a.ts",
    `import { x } from "../../b.ts";`,
    "browser must not import server",
  ],
  ["server/assets/client/a.ts", `import { x } from "hono";`, "browser must not import hono"],
  ["server/assets/client/a.ts", `Deno.env.get("x");`, "browser: only lib/io touches the outside"],
  ["lib/modes/a.ts", `await import("./b.ts");`, "modes must not import each other: lib/modes/b"],
  ["lib/modes/a/x.ts", `import { x } from "../b/y.ts";`, "modes must not import each other"],
  ["commands.ts", `import { x } from "./lib/modes/b.ts";`, "must import lib/modes/b.ts lazily"],
  ["commands.ts", `import { x } from "./lib/io/b.ts";`, "commands must not import lib/io/b.ts"],
  ["lib/modes/a.ts", `import { x } from "../../main.ts";`, "modes must not import main.ts"],
  ["lib/modes/gate/a.ts", `import { Hono } from "hono";`, "the gate must not load hono"],
  ["lib/modes/gate/a.ts", `await import("hono/jsx");`, "the gate must not load hono/jsx"],
  ["lib/modes/pam/a.ts", `import { Hono } from "hono";`, "PAM's helper must not load hono"],
  ["lib/modes/pam/a.ts", `import { SignJWT } from "jose";`, "PAM's helper must not load jose"],
  ["lib/modes/gate/a.ts", `await import("jose/jwt/verify");`, "the gate must not load jose/jwt"],
  ["main.ts", `import { x } from "./lib/modes/a.ts";`, "main must import lib/modes/a.ts lazily"],
  ["main.ts", `import { x } from "./commands.ts";`, "main must import commands.ts lazily"],
  ["main.ts", `import { x } from "./lib/io/a.ts";`, "main must not import lib/io/a.ts"],
  ["lib/other/a.ts", ``, "stands on no floor of the house"],
  ["tests/unit/a_test.ts", `// TO` + `DO: later`, "a comment says TO" + "DO"],
  ["scripts/a.ts", `// deno-lint-` + `ignore no-console`, "a comment says deno-lint-"],
];

for (const [path, text, fault] of BROKEN) {
  Deno.test(`checkHouse() reports ${JSON.stringify(text)} in ${path}`, () => {
    const faults = checkHouse([{ path, text: `\n${text}\n` }]);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.ok(faults[0]?.includes(fault), faults[0]);
    assert.match(faults[0] ?? "", /^[a-z/_]+\.tsx?:[12]: /);
  });
}

/** Allowed, however much it looks like one of the above. */
const SOUND: readonly (readonly [path: string, text: string])[] = [
  ["lib/core/a.ts", `import { x } from "./b.ts"; import { TOTP } from "otpauth"; crypto.subtle;`],
  [
    "lib/core/a.ts",
    `const d = new Date(ms); clock.now(); x.fetch(); ({ fetch: 1 }); Math.floor(1);`,
  ],
  [
    "lib/notify/a.ts",
    `import { Webhook } from "standardwebhooks"; new Date(at.now); Date.parse(x); crypto.subtle;`,
  ],
  ["lib/core/a.ts", `interface A { console: string; random(): number }`],
  ["lib/core/a.ts", `const text = 'import "../io/b.ts"; Deno.exit()'; // import "node:fs"`],
  ["lib/ports.ts", `import type { Login } from "./core/login.ts";`],
  ["lib/io/a.ts", `import { base } from "./libc.ts"; Deno.pid; Date.now(); fetch("x");`],
  ["lib/core/hash.ts", `import { hash } from "node:crypto";`],
  ["lib/core/a.ts", `crypto.subtle.digest("SHA-256", x);`],
  ["lib/io/sqlite_store.ts", `import { x } from "./sqlite_commits.ts";`],
  ["lib/io/vendor_sender.ts", `import { x } from "./vendor_http.ts";`],
  [
    "lib/io/audit_file.ts",
    `import { x } from "./audit_reader.ts"; import { y } from "./files.ts";`,
  ],
  ["lib/io/out.ts", `console.log(1); Deno.stdout.writeSync(x);`],
  [
    "lib/io/dialog.ts",
    `import type { Dialog } from "../enrollment/doors.ts"; Deno.stdout.writeSync(x);`,
  ],
  ["server/app.ts", `interface A { fetch(x: Request): Response } app.fetch(x); ({ fetch: 1 });`],
  ["server/assets/client/a.ts", `import "@simplewebauthn/browser"; fetch("x");`],
  ["lib/modes/a.ts", `Deno.uid(); Deno.stdin.isTerminal();`],
  ["commands.ts", `import type { A } from "./lib/modes/a.ts";`],
  [
    "lib/modes/gate/gate.ts",
    `await import("./factor.ts"); import type { A } from "../../../server/a.ts";`,
  ],
  ["lib/modes/admin/host.ts", `import { x } from "./administration.ts";`],
  ["commands.ts", `await import("./lib/modes/join.ts"); import { out } from "./lib/io/out.ts";`],
  ["main.ts", `await import("./lib/modes/a.ts"); Deno.exit(1);`],
  ["scripts/a.ts", `console.log(1); Deno.exit(1); await import(x); import "../server/a.ts";`],
];

for (const [path, text] of SOUND) {
  Deno.test(`checkHouse() allows ${JSON.stringify(text)} in ${path}`, () => {
    assert.deepEqual(checkHouse([{ path, text }]), []);
  });
}

Deno.test("checkHouse() follows the gate's imports to the end, lazy ones too", () => {
  const faults = checkHouse([
    { path: "lib/modes/gate/gate.ts", text: `await import("../../io/a.ts");` },
    { path: "lib/io/a.ts", text: `import "./libc.ts";` },
    { path: "lib/io/libc.ts", text: `import { Hono } from "hono";` },
  ]);
  assert.deepEqual(faults, ["lib/io/libc.ts:1: the gate must not load hono"]);
});

Deno.test("checkHouse() keeps the gate from the hash that costs time to load", () => {
  const faults = checkHouse([
    { path: "lib/modes/gate/gate.ts", text: `import { sha256 } from "../../core/hash.ts";` },
    { path: "lib/core/hash.ts", text: `import { hash } from "node:crypto";` },
  ]);
  assert.deepEqual(faults, ["lib/core/hash.ts:1: the gate must not load node:crypto"]);
});

Deno.test("checkHouse() follows what main.ts imports at once, but not its lazy modes", () => {
  const faults = checkHouse([
    { path: "main.ts", text: `import "./lib/core/a.ts"; await import("./lib/modes/b.ts");` },
    { path: "lib/core/a.ts", text: `export * from "./c.ts";` },
    { path: "lib/core/c.ts", text: `import "valibot"; import "node:sqlite";` },
    { path: "lib/modes/b.ts", text: `import { Command } from "commander";` },
  ]);
  assert.deepEqual(faults, [
    "lib/core/c.ts:1: core must not import node:sqlite",
    "lib/core/c.ts:1: the gate must not load node:sqlite",
  ]);
});

async function sourcePaths(folder: string, deep: boolean): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory && deep) paths.push(...await sourcePaths(path, deep));
    else if (/\.tsx?$/.test(name)) paths.push(path);
  }
  return paths;
}

async function read(path: string): Promise<Source> {
  return { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
}
