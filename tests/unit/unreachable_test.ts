import assert from "node:assert/strict";
import { isDistrusted, isUnconnected, unreachableHint } from "../../lib/core/unreachable.ts";
import { hangUp, HostileServer } from "../support/hostile_server.ts";
import { scratch } from "../support/scratch.ts";
import { mustRun } from "../support/process.ts";

async function errorOf(address: string, client?: Deno.HttpClient): Promise<unknown> {
  try {
    await (await fetch(address, client && { client })).body?.cancel();
  } catch (error) {
    return error;
  }
  throw new Error("somebody answered");
}

const hintOf = async (address: string) => unreachableHint(await errorOf(address));

/** What a server with a certificate that openssl makes with these words is refused with. */
async function refusedWith(
  words: readonly string[],
  name: string,
  isTrusted: boolean,
  made = "now",
) {
  await using folder = await scratch();
  const files = ["-keyout", `${folder.path}/key`, "-out", `${folder.path}/cert`];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await mustRun([
    "faketime",
    made,
    "openssl",
    "req",
    ...kind,
    "-subj",
    "/CN=localhost",
    ...files,
    ...words,
  ]);
  const cert = await Deno.readTextFile(`${folder.path}/cert`);
  const key = await Deno.readTextFile(`${folder.path}/key`);
  const all = { hostname: "127.0.0.1", port: 0, onListen: () => {}, cert, key };
  const server = Deno.serve(all, () => new Response("hello"));
  using client = Deno.createHttpClient({ caCerts: isTrusted ? [cert] : [] });
  const error = await errorOf(`https://${name}:${server.addr.port}/`, client);
  await server.shutdown();
  assert.ok(isDistrusted(error) && isUnconnected(error), String(error));
  return unreachableHint(error);
}

const NAMED = ["-addext", "subjectAltName=DNS:localhost"];
const NO_AUTHORITY = ["-addext", "basicConstraints=critical,CA:FALSE"];

Deno.test("unreachableHint() tells what is wrong with a certificate", async () => {
  const own = [...NAMED, ...NO_AUTHORITY];
  assert.match(await refusedWith(own, "localhost", false), /ca-certificates\/NAME\.crt, then run/);
  assert.match(await refusedWith(own, "127.0.0.1", true), /is for another name/);
  assert.match(await refusedWith(NAMED, "localhost", true), /an authority's own.*CA:FALSE/);
  assert.match(await refusedWith(own, "localhost", true, "9 weeks ago"), /has expired/);
});

Deno.test("isUnconnected() is true only where nothing was sent", async () => {
  const server = new HostileServer();
  server.on("GET", hangUp);
  assert.equal(isUnconnected(await errorOf(server.url)), false);
  await server.stop();
  assert.equal(isUnconnected(await errorOf(server.url)), true);
  assert.equal(isUnconnected(await errorOf("http://no-such-host.invalid/")), true);
});

Deno.test("unreachableHint() tells a closed port from a name that is none and from missing TLS", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return new Response("plain http");
  });
  const { port } = server.addr;
  assert.match(await hintOf(`https://127.0.0.1:${port}/`), /TLS/);
  await server.shutdown();
  assert.match(await hintOf(`http://127.0.0.1:${port}/`), /nothing listens/);
  assert.match(await hintOf("http://no-such-host.invalid/"), /name cannot be resolved/);
});

Deno.test("unreachableHint() shows nothing of an error that it does not know", () => {
  assert.match(unreachableHint(new TypeError("secret")), /^check that the approval server runs/);
  assert.match(unreachableHint("secret"), /^check that the approval server runs/);
});
