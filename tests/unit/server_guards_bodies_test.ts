/** A form that is sent slowly: what counts is who may at its end. */
import { equal } from "node:assert/strict";
import { changePerson } from "../../lib/core/person_change.ts";
import { administrator, signedIn } from "../support/board.ts";
import { PUBLIC_URL, TestServer } from "../support/server_app.ts";

Deno.test("whoever is frozen while a form is on its way changes nothing by it", async () => {
  const server = await TestServer.start({ approval: { require: "person" } });
  const visitor = await signedIn(server, administrator());
  const asked = Promise.withResolvers<void>();
  const rest = Promise.withResolvers<void>();
  const fields = new TextEncoder().encode("name=alice&approves=own&administrator=1");
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(fields.slice(0, 10)),
    async pull(stream) {
      asked.resolve();
      await rest.promise;
      stream.enqueue(fields.slice(10));
      stream.close();
    },
  }, { highWaterMark: 0 });
  const headers = {
    cookie: visitor.cookie,
    origin: PUBLIC_URL,
    accept: "text/html",
    "content-type": "application/x-www-form-urlencoded",
  };
  const answer = server.fetch("POST", "/admin/persons", { headers, body });
  await asked.promise;
  for (const person of await server.memory.find("person", { all: true })) {
    await server.memory.change(
      changePerson(person, { state: "frozen" }, "test", new Map(), server.time.now()),
    );
  }
  rest.resolve();
  equal((await answer).status, 401);
  equal((await server.memory.find("person", { name: "alice" })).length, 0);
});
