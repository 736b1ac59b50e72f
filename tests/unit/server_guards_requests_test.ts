/**
 * What a request must be before anything is done about it, at every address that changes something:
 * sent by our own page, in one way of reading it, and short.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { MAX_BODY } from "../../lib/core/api.ts";
import { bodyOf } from "../support/matrix.ts";
import {
  addressOf,
  ask,
  type Changes,
  isForPeople,
  nameOf,
  readsBody,
  requestFor,
  type Route,
  routesOf,
  shownBy,
} from "../support/matrix_asks.ts";
import {
  ADMINISTRATOR,
  aWorld,
  contentsOf,
  HOST,
  PERSON,
  type Role,
  type World,
} from "../support/matrix_world.ts";
import { PUBLIC_URL } from "../support/server_app.ts";

const ROUTES = routesOf((await aWorld()).server);
/** But for what vendors send, each in a way of their own: see server_callback_test.ts. */
const CHANGING = ROUTES.filter(({ method, path }) =>
  method !== "GET" && path !== "/callback/:name"
);

/** Somebody who may. */
function roleFor(route: Route): Role {
  if (!isForPeople(route)) return HOST;
  return route.path.startsWith("/admin/") ? ADMINISTRATOR : PERSON;
}

/** That it is refused, and that this changes nothing. */
async function refuses(
  route: Route,
  world: World,
  sent: Changes,
  status: number,
  why: string,
): Promise<void> {
  const who = await shownBy(roleFor(route), route, world);
  const before = await contentsOf(world.server.memory);
  const answer = await ask(route, world, who, sent);
  equal(answer.status, status, `${nameOf(route)}: ${why}`);
  await bodyOf(answer);
  equal(await contentsOf(world.server.memory), before, `${nameOf(route)}: ${why}`);
}

const FOREIGN = [
  "null",
  "https://evil.example",
  `${PUBLIC_URL}:8443`,
  `${PUBLIC_URL}.evil.example`,
  PUBLIC_URL.replace("https:", "http:"),
  `${PUBLIC_URL}/`,
  `${PUBLIC_URL} https://evil.example`,
];

for (const route of CHANGING) {
  Deno.test(`${nameOf(route)} hears no other site`, async () => {
    const world = await aWorld();
    for (const origin of FOREIGN) {
      await refuses(route, world, { headers: { origin } }, 403, origin);
    }
    if (!isForPeople(route)) return;
    await refuses(route, world, { headers: { origin: "" } }, 403, "an empty one");
    await refuses(route, world, { headers: { origin: undefined } }, 403, "none");
  });
}

Deno.test("nor does a page by another spelling of its address", async () => {
  for (const route of CHANGING.filter(isForPeople)) {
    const world = await aWorld();
    const { server } = world;
    const who = await shownBy(roleFor(route), route, world);
    const address = addressOf(route, world);
    const [, first = "", rest = ""] = /^\/(.)(.*)$/.exec(address) ?? [];
    const encoded = `/%${first.charCodeAt(0).toString(16)}${rest}`;
    const before = await contentsOf(server.memory);
    for (const path of [encoded, `/${address}`, `${address}/`, `/.${address}`, `${address}?x=1`]) {
      const { headers: { origin: _, ...headers }, ...request } = requestFor(route, world);
      const init = { ...request, headers: { ...headers, ...who } };
      const { status } = await server.fetch("POST", path, init);
      ok(status === 403 || status === 404, `${path}: ${status}`);
    }
    equal(await contentsOf(server.memory), before, address);
  }
});

Deno.test("a request has the method that it has", async () => {
  const override = {
    "x-http-method-override": "POST",
    "x-http-method": "POST",
    "x-method-override": "POST",
  };
  for (const { path } of CHANGING) {
    const world = await aWorld();
    const role = roleFor({ method: "POST", path });
    const who = await shownBy(role, { method: "GET", path }, world);
    const before = await contentsOf(world.server.memory);
    for (const method of ["GET", "HEAD"]) {
      const plain = await ask({ method, path }, world, who);
      const answer = await ask({ method, path }, world, who, { headers: override });
      equal(answer.status, plain.status, `${method} ${path}`);
      await Promise.all([bodyOf(plain), bodyOf(answer)]);
    }
    equal(await contentsOf(world.server.memory), before, path);
  }
});

for (const route of CHANGING.filter(readsBody)) {
  const json = !isForPeople(route);
  Deno.test(`${nameOf(route)} reads nothing that can be read in two ways`, async () => {
    const world = await aWorld();
    const { body, headers } = requestFor(route, world);
    const given = String(body);
    const kinds = ["text/plain", "multipart/form-data; boundary=x", "", "application/xml"];
    const others = json ? [...kinds, "application/x-www-form-urlencoded"] : kinds;
    for (const kind of others) {
      const sent = { headers: { ...headers, "content-type": kind } };
      await refuses(route, world, sent, 415, `as ${kind}`);
    }
    if (json) {
      for (const body of ["", "{", `${given},`]) {
        await refuses(route, world, { body }, 400, body);
      }
      const unknown = given === "{}" ? '{"more":1}' : given.replace(/}$/, ',"more":1}');
      for (const body of ["null", '"text"', "7", unknown]) {
        await refuses(route, world, { body }, 422, body);
      }
      return;
    }
    const [field = "x"] = given.split("=");
    await refuses(route, world, { body: `${given}&${field}=2` }, 400, `${field} twice`);
    await refuses(route, world, { body: `${given}&%${hexOf(field)}=2` }, 400, "twice, encoded");
    await refuses(route, world, { body: `${given}&more=1` }, 422, "an unknown field");
    await refuses(route, world, { body: `${given}&${field}[]=2` }, 422, "a list");
    await refuses(route, world, { body: new Uint8Array([0x61, 0x3d, 0xff]) }, 400, "no UTF-8");
  });

  Deno.test(`${nameOf(route)} reads no more than it must`, async () => {
    const world = await aWorld();
    const long = new Uint8Array(MAX_BODY + 1).fill(0x20);
    await refuses(route, world, { body: long }, 413, "too long");
    await refuses(route, world, { body: streamOf(long) }, 413, "a stream");
    // Before anything of it is read.
    await refuses(route, world, { headers: { "content-length": "20000" } }, 413, "announced");
  });
}

/** The first letter in a way that means the same, and the rest. */
function hexOf(field: string): string {
  return `${field.charCodeAt(0).toString(16)}${field.slice(1)}`;
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const half = bytes.length / 2;
  return ReadableStream.from([bytes.slice(0, half), bytes.slice(half)]);
}

Deno.test("whose address says all has no body read, but of those who have to be signed in", async () => {
  const said = CHANGING.filter((route) => route.method === "POST" && !readsBody(route));
  for (const route of said.filter((route) => roleFor(route) === HOST)) {
    const world = await aWorld();
    const who = await shownBy(roleFor(route), route, world);
    const body = { pulled: 0 };
    const stream = new ReadableStream({
      pull: (c) => {
        body.pulled++;
        c.enqueue(new Uint8Array(1_000));
      },
    }, { highWaterMark: 0 });
    const answer = await ask(route, world, who, { body: stream });
    ok(answer.status < 500, nameOf(route));
    deepEqual([nameOf(route), body.pulled], [nameOf(route), 0]);
    await bodyOf(answer);
  }
});
