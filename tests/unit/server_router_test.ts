import { deepEqual, equal, throws } from "node:assert/strict";
import { UnsupportedPathError } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";
import { LiteralFirstRouter } from "../../server/router.ts";
import { TestServer } from "../support/server_app.ts";

/** Which routes a router finds, by their number. */
type Finds = Pick<LiteralFirstRouter<number>, "add" | "match">;

function found(router: Finds, method: string, path: string): number[] {
  return router.match(method, path)[0].map(([route]) => route);
}

Deno.test("the quick router finds for each address what Hono's slow one does", async () => {
  const { app } = await TestServer.start({ ssh2fa: true });
  const quick = new LiteralFirstRouter<number>();
  const slow = new TrieRouter<number>();
  for (const [number, { method, path }] of app.routes.entries()) {
    quick.add(method, path, number);
    slow.add(method, path, number);
  }
  const filled = app.routes.map(({ path }) => path.replace(/:[a-z]+/, "x-1").replace("*", "none"));
  const paths = new Set([...filled, ...filled.map((path) => `${path}/more`), "/devices/passkey/"]);
  for (const path of paths) {
    for (const method of ["GET", "POST", "DELETE", "PUT"]) {
      deepEqual(found(quick, method, path), found(slow, method, path), `${method} ${path}`);
    }
  }
});

Deno.test("the server asks the quick router", async () => {
  const server = await TestServer.start();
  const { match } = LiteralFirstRouter.prototype;
  const asked: string[] = [];
  LiteralFirstRouter.prototype.match = function (method, path) {
    asked.push(`${method} ${path}`);
    return match.call(this, method, path);
  };
  try {
    equal((await server.fetch("GET", "/healthz")).status, 200);
  } finally {
    LiteralFirstRouter.prototype.match = match;
  }
  deepEqual(asked, ["GET /healthz"]);
});

Deno.test("a literal address is not taken for a parameter, nor the other way round", () => {
  const router = new LiteralFirstRouter<string>();
  router.add("ALL", "/*", "all");
  router.add("POST", "/devices/:device/rename", "rename");
  router.add("POST", "/devices/passkey", "passkey");
  const ask = (path: string) => router.match("POST", path);
  deepEqual(ask("/devices/passkey")[0].map(([name]) => name), ["all", "passkey"]);
  const [handlers, stash] = ask("/devices/passkey/rename");
  deepEqual(handlers.map(([name]) => name), ["all", "rename"]);
  equal(stash?.[Number(handlers[1]?.[1].device)], "passkey");
  deepEqual(ask("/devices/passkey/revoke")[0].map(([name]) => name), ["all"]);
});

Deno.test("two patterns that the quick router cannot tell apart are no silent way to a slow one", () => {
  const router = new LiteralFirstRouter<string>();
  router.add("GET", "/a/:one/b", "one");
  throws(() => {
    router.add("GET", "/a/:two{[0-9]+}/b", "two");
    router.ready();
  }, UnsupportedPathError);
});
