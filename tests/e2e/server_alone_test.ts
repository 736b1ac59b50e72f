/** One server on a data directory, and no second one: with the executable, as an administrator meets it. */
import { deepEqual, equal } from "node:assert/strict";
import { binary } from "../support/binary.ts";
import { mustRun, run } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";
import { startServer } from "../support/server.ts";

Deno.test("a second server is refused, whatever its port, while commands go on", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  const second = [binary(), "server", "--data", server.data, "--listen", "127.0.0.1:0"];
  const { code, out, err } = await run(second);
  deepEqual([code, out], [78, ""]);
  equal(
    err,
    `gatehouse: error: another server runs on ${server.data}\n` +
      "gatehouse: hint: stop that one first, or give this one a directory of its own with --data\n",
  );
  await server.admin("host", "add", "web1");
  const backup = `${folder.path}/b.tar`;
  await server.admin("server", "backup", backup);
  await server.admin("server", "rotate-secrets");
  const restored = `${folder.path}/restored`;
  await mustRun([binary(), "server", "restore", backup, "--data", restored]);
  await mustRun([binary(), "host", "list", "--data", restored]);
  const answered = await fetch(`${server.url}/readyz`);
  equal(await answered.text(), "ready\n");
});

Deno.test("a server that was killed stands in the next one's way no more than one that has stopped", async () => {
  await using folder = await scratch();
  await using server = await startServer(folder);
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await server.kill(signal);
    await server.start();
    equal(await (await fetch(`${server.url}/healthz`)).text(), "ok\n");
  }
});
