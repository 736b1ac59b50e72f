/** Who may do what: every route of the server as every role, as docs/roles.md has it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { put } from "../support/board.ts";
import { askAlone, rowsOf, TABLE, wordFor } from "../support/matrix.ts";
import { ask, nameOf, routesOf, shownBy } from "../support/matrix_asks.ts";
import { leaksOf } from "../support/matrix_leaks.ts";
import {
  ADMINISTRATOR,
  aWorld,
  contentsOf,
  CORDULA,
  OTHER,
  PERSON,
  ROLES,
} from "../support/matrix_world.ts";

const ROWS = rowsOf(await Deno.readTextFile(new URL(`../../${TABLE}`, import.meta.url)));
/** Where GET may change something. */
const CHANGING = new Set(["/api/v1/logins/:id", "/callback/:name"]);
const ROUTES = routesOf((await aWorld()).server);

Deno.test("every route is in the table of roles, and the table has no other", () => {
  deepEqual([...ROWS.keys()].sort(), ROUTES.map(nameOf).sort());
});

for (const route of ROUTES) {
  const name = nameOf(route);
  Deno.test(`${name} answers each role as the table says, and tells it of no others`, async () => {
    const words: string[] = [];
    for (const role of ROLES) {
      const asked = await askAlone(route, role);
      words.push(wordFor(asked));
      deepEqual(leaksOf(route, role, asked), [], `what ${role.name} learns`);
    }
    deepEqual(byRole(words), byRole(ROWS.get(name) ?? []));
  });
}

function byRole(words: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(ROLES.map(({ name }, index) => [name, words[index]]));
}

Deno.test("what others must not see is what a person and administrators do see", async () => {
  const unseen = new Set((await aWorld()).amelia.words);
  for (const route of ROUTES) {
    for (const role of [PERSON, ADMINISTRATOR]) {
      const asked = await askAlone(route, role);
      // As if somebody else had got it.
      for (const word of leaksOf(route, OTHER, asked)) unseen.delete(word);
    }
  }
  deepEqual([...unseen], []);
});

Deno.test("HEAD is answered like GET where that changes nothing, and else not at all", async () => {
  for (const route of ROUTES.filter(({ method }) => method === "GET")) {
    for (const role of ROLES) {
      const asked = await askAlone({ ...route, method: "HEAD" }, role);
      equal(asked.body, "", nameOf(route));
      if (asked.answer.status === 405) ok(CHANGING.has(route.path), nameOf(route));
      else equal(wordFor(asked), ROWS.get(nameOf(route))?.[ROLES.indexOf(role)], nameOf(route));
    }
  }
});

Deno.test("a method that a route does not have is refused", async () => {
  const world = await aWorld();
  const before = await contentsOf(world.server.memory);
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      if (methods.includes(method)) continue;
      const answer = await ask({ method, path }, world, {});
      equal(answer.status, 405, `${method} ${path}`);
    }
  }
  equal(await contentsOf(world.server.memory), before);
});

Deno.test("who has approved is told to those whose login it is, and to nobody else", async () => {
  const by = `person:${CORDULA.name}`;
  const approved = { state: "approved", via: "passkey", by } as const;
  for (const first of [true, false]) {
    // Who has approved it needs no name.
    for (const role of ROLES.filter(({ person }) => person !== CORDULA)) {
      const world = await aWorld({ approval: { twoPersons: first ? ["amelia@*"] : [] } });
      const { server, amelia: { login: { id, ticket, expiresAt } } } = world;
      const at = server.time.now();
      if (first) {
        const approval = { id: "a", login: id, ticket, person: CORDULA.id, by, at, expiresAt };
        await put(server, { approval: [approval] });
      } else {
        await server.memory.changeLogins(
          { id },
          (found) => found.map((login) => ({ ...login, ...approved, decidedAt: at })),
        );
      }
      const route = { method: "GET", path: "/l/:ticket" };
      const answer = await ask(route, world, await shownBy(role, route, world));
      const asked = { world, answer, body: await answer.text(), hasChanged: false };
      if (role.name.startsWith("person")) ok(asked.body.includes(CORDULA.name), role.name);
      else deepEqual(leaksOf(route, role, asked), [], role.name);
    }
  }
});
