/** What the executable holds, and what it does not let an environment do to it. */
import assert from "node:assert/strict";
import { LIBC_PATHS } from "../../lib/io/libc.ts";
import { ROOT } from "../../scripts/run.ts";
import { cutProgram, denoFolder, TOOLCHAIN } from "../../scripts/toolchain.ts";
import { binary } from "../support/binary.ts";
import { run, start } from "../support/process.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

/** Everything that ends by itself; the gate and join fail, having read what they read. */
const COMMANDS = [
  ["version"],
  ["--help"],
  ["host", "list", "--data", "DATA"],
  ["host", "add", "web1", "--data", "DATA"],
  ["login", "list", "--data", "DATA"],
  ["audit", "verify", "--data", "DATA"],
  ["gate", "--config", "MISSING"],
  ["join", "http://127.0.0.1:9", "ghh_x", "--config", "MISSING"],
];

/** Variables by which the runtime, or Node, lets an environment in. */
function hostileEnvironment(folder: Scratch): Record<string, string> {
  const evil = `${folder.path}/evil.js`;
  return {
    PATH: "/usr/bin:/bin",
    HOME: folder.path,
    TMPDIR: `${folder.path}/tmpdir`,
    DENO_DIR: `${folder.path}/deno_dir`,
    DENO_V8_FLAGS: "--no-such-flag",
    DENO_COVERAGE_DIR: `${folder.path}/coverage`,
    DENO_AUDIT_PERMISSIONS: `${folder.path}/audit`,
    DENO_TRACE_PERMISSIONS: "1",
    DENO_COMPAT: "1",
    DENO_UNSTABLE_SLOPPY_IMPORTS: "1",
    DENO_SERVE_ADDRESS: "tcp:127.0.0.1:1",
    DENO_NO_PROMPT: "",
    DENO_TLS_CA_STORE: "nonsense",
    DENO_CERT: evil,
    SSL_CERT_FILE: evil,
    NODE_OPTIONS: `--require=${evil}`,
    NODE_EXTRA_CA_CERTS: evil,
    NODE_V8_COVERAGE: `${folder.path}/coverage`,
    NODE_DEBUG: "module",
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    HTTP_PROXY: "http://127.0.0.1:9",
    http_proxy: "http://127.0.0.1:9",
    ALL_PROXY: "http://127.0.0.1:9",
  };
}

Deno.test("the executable may do what all modes need and nothing else", async () => {
  const { permissions, ...settings } = await embedded();
  assert.deepEqual(
    Object.fromEntries(Object.entries(permissions).filter(([key]) => key.startsWith("allow_"))),
    {
      // [] is "all".
      allow_env: [],
      allow_net: [],
      allow_read: [],
      allow_write: [],
      allow_sys: ["uid", "userInfo"],
      allow_ffi: LIBC_PATHS,
      allow_run: [],
      allow_import: permissions.allow_import,
    },
  );
  assert.deepEqual(permissions.deny_import, [], "no module may come from the network");
  assert.equal(permissions.prompt, false, "a missing permission must not ask the user");
  assert.equal(settings.code_cache_key, null, "no code cache in /tmp");
  assert.equal(settings.ca_stores, null, "nothing of the builder's certificates");
  assert.equal(settings.ca_data, null);
  assert.equal(settings.unsafely_ignore_certificate_errors, null);
  assert.deepEqual(settings.env_vars_from_env_file, {});
});

for (const words of COMMANDS) {
  Deno.test(`\`gatehouse ${words.join(" ")}\` opens nothing in /tmp and leaves nothing there`, async () => {
    await using folder = await scratch();
    await makeData(folder);
    const argv = fill(words, folder);
    await run(argv);
    const { err } = await run(["strace", "-f", "-qq", "-e", "trace=%file", ...argv], { cwd: "/" });
    const calls = err.split("\n");
    assert.ok(calls.some((call) => call.includes("execve(")), "strace saw nothing");
    assert.deepEqual(calls.filter((call) => touchesTmp(call, folder)), []);
  });
}

Deno.test("the server opens nothing in /tmp and leaves nothing there", async () => {
  await using folder = await scratch();
  const argv = fill(["server", "--data", "DATA", "--listen", "127.0.0.1:0"], folder);
  const trace = `${folder.path}/trace`;
  const strace = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=%file"];
  await using server = start([...strace, ...argv], { cwd: "/" });
  await server.err("listening");
  const [traced = ""] = (await run(["pgrep", "-P", String(server.pid)])).out.split("\n");
  Deno.kill(Number(traced), "SIGTERM");
  assert.equal((await server.done).code, 0);
  const calls = (await Deno.readTextFile(trace)).split("\n");
  assert.ok(calls.some((call) => call.includes("gatehouse.db")), "strace saw nothing");
  assert.deepEqual(calls.filter((call) => touchesTmp(call, folder)), []);
});

Deno.test("files planted where the runtime unpacks to in name only are not run", async () => {
  await using folder = await scratch();
  const marker = `${folder.path}/marker`;
  const evil = `Deno.writeTextFileSync(${JSON.stringify(marker)}, "x"); export default 1;`;
  await using _planted = await plant(evil);
  await run(fill(["host", "add", "web1", "--data", "DATA"], folder));
  const { code, out } = await run(fill(["host", "list", "--data", "DATA"], folder));
  assert.equal(code, 0);
  assert.match(out, /web1/);
  await assert.rejects(Deno.stat(marker), Deno.errors.NotFound);
});

// A second `host add` would answer otherwise in any environment.
for (const words of COMMANDS.filter(([, verb]) => verb !== "add")) {
  Deno.test(`\`gatehouse ${words.join(" ")}\` does the same in a hostile environment`, async () => {
    await using folder = await scratch();
    await folder.file("evil.js", `require("fs").writeFileSync("${folder.path}/marker", "x")`);
    await makeData(folder);
    const argv = fill(words, folder);
    const plain = { PATH: "/usr/bin:/bin", HOME: folder.path };
    const expected = await run(argv, { env: plain });
    const before = await names(folder);
    const seen = await run(argv, { env: hostileEnvironment(folder) });
    assert.deepEqual({ code: seen.code, out: seen.out, err: seen.err }, {
      code: expected.code,
      out: expected.out,
      err: expected.err,
    });
    assert.deepEqual(await names(folder), before, "it left something");
  });
}

Deno.test("the executable says nothing of the machine that it was built on", async () => {
  const bytes = await Deno.readFile(binary());
  const block = new TextDecoder().decode(bytes.subarray(cutProgram(bytes).length));
  for (const place of [ROOT, await denoFolder()]) {
    assert.ok(!block.includes(place.slice(1)), `it names ${place}`);
  }
});

Deno.test("the server listens where it was told to in a hostile environment", async () => {
  await using folder = await scratch();
  const argv = fill(["server", "--data", "DATA", "--listen", "127.0.0.1:0"], folder);
  await using server = start(argv, { env: hostileEnvironment(folder) });
  const address = (await server.err(/listen=\S+/)).replace("listen=", "");
  const response = await fetch(`http://${address}/healthz`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

/** Commands other than `host add` want a server's data. */
async function makeData(folder: Scratch): Promise<void> {
  assert.equal((await run(fill(["host", "add", "db", "--data", "DATA"], folder))).code, 0);
}

function fill(words: readonly string[], folder: Scratch): string[] {
  const paths: Record<string, string> = {
    DATA: `${folder.path}/data`,
    MISSING: `${folder.path}/missing.toml`,
  };
  return [binary(), ...words.map((word) => paths[word] ?? word)];
}

/** A path in the call is below /tmp: other than our own data, and the executable itself. */
function touchesTmp(call: string, folder: Scratch): boolean {
  const others = call.replaceAll(folder.path, "/scratch").replaceAll(binary(), "/gatehouse");
  return /"\/(var\/)?tmp\//.test(others);
}

async function names(folder: Scratch): Promise<string[]> {
  const found = await Array.fromAsync(Deno.readDir(folder.path), (entry) => entry.name);
  return found.toSorted();
}

interface Embedded {
  readonly permissions: Record<string, unknown>;
  readonly [setting: string]: unknown;
}

/** The settings that `deno compile` put into the executable, as JSON, behind the runtime. */
async function embedded(): Promise<Embedded> {
  const bytes = await Deno.readFile(binary());
  const block = new TextDecoder().decode(bytes.subarray(cutProgram(bytes).length));
  const start = block.indexOf('{"argv":');
  let depth = 0;
  for (let at = start; at < block.length; at++) {
    if (block[at] === "{") depth++;
    if (block[at] === "}" && --depth === 0) return JSON.parse(block.slice(start, at + 1));
  }
  throw new Error("the executable holds no settings");
}

/** Another user's files, with every name that the executable's own modules have. */
async function plant(text: string): Promise<AsyncDisposable> {
  const folder = "/tmp/deno-compile-gatehouse";
  const cache = `${folder}.cache`;
  await Deno.mkdir(folder);
  for await (const { name } of Deno.readDir(`${TOOLCHAIN}/bundle`)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  await Deno.writeTextFile(cache, text, { createNew: true });
  return {
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
      await Deno.remove(cache);
    },
  };
}
