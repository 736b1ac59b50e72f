import assert from "node:assert/strict";
import { unreachableHint } from "../../lib/core/unreachable.ts";

async function hintOf(address: string): Promise<string> {
  try {
    await (await fetch(address)).body?.cancel();
  } catch (error) {
    return unreachableHint(error);
  }
  throw new Error("somebody answered");
}

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
