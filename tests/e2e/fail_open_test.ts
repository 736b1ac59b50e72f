/** Who was let in while no server answered is told once one does, whether PAM let them in or the gate. */
import { deepEqual, equal, match } from "node:assert/strict";
import { CentralHosts } from "../support/central_hosts.ts";
import { sharing } from "../support/gate.ts";
import { mustRun } from "../support/process.ts";

const test = sharing(CentralHosts.start);

async function told({ server }: CentralHosts): Promise<{ user: unknown; why: unknown }[]> {
  const { out } = await server.admin("audit", "show", "--json");
  return out.trim().split("\n").map((line) => JSON.parse(line))
    .filter(({ event }) => event === "host.fail_open")
    .map(({ user, why }) => ({ user, why }));
}

test("offline = allow: sync tells of logins through PAM and through the gate, once", async (hosts) => {
  const { host, server, web1 } = hosts;
  const [byPam, byGate] = [await host.addUser(), await host.addUser()];
  const before = await Deno.readTextFile(web1.config);
  await Deno.writeTextFile(web1.config, `[policy]\noffline = "allow"\n`, { append: true });
  await server.kill();
  try {
    await web1.login(byPam.name, []);
    const { out } = await mustRun([
      ...["setpriv", "--reuid", String(byGate.uid), "--regid", String(byGate.gid)],
      ...["--clear-groups", host.binary, "gate", "--config", web1.config],
    ], {
      env: { SSH_CONNECTION: "192.0.2.7 4711 192.0.2.8 22", SSH_ORIGINAL_COMMAND: "echo inside" },
    });
    equal(out, "inside\n");
    const { code } = await web1.sync();
    equal(code, 75);
  } finally {
    await server.start();
    await Deno.writeTextFile(web1.config, before);
  }
  deepEqual(await told(hosts), []);
  match((await web1.sync()).err, /^$/);
  const both = [byPam, byGate].map(({ name }) => ({ user: name, why: "offline" }));
  deepEqual(await told(hosts), both);
  await web1.sync();
  deepEqual(await told(hosts), both);
});
