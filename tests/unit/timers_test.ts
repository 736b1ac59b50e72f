/** after(): timers of the same length share one of the runtime's, and nobody notices. repeatedly(). */
import assert from "node:assert/strict";
import { after, repeatedly } from "../../lib/io/timers.ts";

/** Resolves when it rings. */
const rung = (ms: number) => new Promise<void>((resolve) => void after(ms, resolve));

Deno.test("after() runs those of the same length in the order they came, each once", async () => {
  const order: string[] = [];
  after(20, () => order.push("a"));
  after(20, () => order.push("b"));
  await rung(20);
  await rung(20);
  assert.deepEqual(order, ["a", "b"]);
});

Deno.test("after() runs a short one before a long one that came first", async () => {
  const order: string[] = [];
  const long = rung(200).then(() => order.push("long"));
  await rung(5).then(() => order.push("short"));
  await long;
  assert.deepEqual(order, ["short", "long"]);
});

Deno.test("after() runs nothing that was stopped, and stops nothing else", async () => {
  const order: string[] = [];
  const stop = after(20, () => order.push("stopped"));
  after(20, () => order.push("other"));
  stop();
  stop();
  await rung(20);
  assert.deepEqual(order, ["other"]);
});

Deno.test("after() lets one stop the next in the same moment", async () => {
  const order: string[] = [];
  after(20, () => {
    order.push("first");
    stop();
  });
  const stop = after(20, () => order.push("second"));
  await rung(20);
  assert.deepEqual(order, ["first"]);
});

Deno.test("after() runs what is asked for while it rings behind what rings then", async () => {
  const order: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  after(20, () => {
    order.push("first");
    queueMicrotask(() => order.push("rung"));
    after(20, () => {
      order.push("again");
      resolve();
    });
  });
  after(20, () => order.push("second"));
  await promise;
  assert.deepEqual(order, ["first", "second", "rung", "again"]);
});

Deno.test("after() keeps going when the only one is stopped and another one comes", async () => {
  after(20, () => assert.fail("was stopped"))();
  await rung(20);
});

Deno.test("repeatedly() begins at once, and goes on until it is stopped", async () => {
  let rounds = 0;
  const third = Promise.withResolvers<void>();
  const stop = repeatedly(1, () => {
    rounds++;
    if (rounds === 3) third.resolve();
    return Promise.resolve();
  });
  assert.equal(rounds, 1);
  await third.promise;
  await stop();
  const ended = rounds;
  await rung(5);
  assert.equal(rounds, ended);
});

Deno.test("repeatedly() resolves its end when the round that runs has ended", async () => {
  const work = Promise.withResolvers<void>();
  const order: string[] = [];
  const stop = repeatedly(1, () => work.promise.then(() => void order.push("work")));
  const stopped = stop().then(() => order.push("stopped"));
  work.resolve();
  await stopped;
  await rung(5);
  assert.deepEqual(order, ["work", "stopped"]);
});
