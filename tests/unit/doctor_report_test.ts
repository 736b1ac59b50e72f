/** `gatehouse doctor --report`: who is told, and what is said of that. */
import { equal, match } from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { REPORT_PATH } from "../../lib/core/host_report.ts";
import { hostKeyPath, makeHostKey, writeHostKey } from "../../lib/io/host_key.ts";
import { doctor, type DoctorOptions } from "../../lib/modes/doctor/doctor.ts";
import { report } from "../../lib/modes/doctor/report.ts";
import { assertRefused } from "../support/failure.ts";
import { hostToml } from "../support/gate.ts";
import { CollectedOut } from "../support/out.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

async function host(folder: Scratch, servers: readonly string[]): Promise<string> {
  const config = await folder.file("host.toml", hostToml({ servers }), 0o600);
  await writeHostKey(hostKeyPath(config), await makeHostKey());
  return config;
}

/** A server that takes reports, and knows nothing else. */
function server() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const isReport = new URL(request.url).pathname === REPORT_PATH;
    return new Response(null, { status: isReport ? 204 : 404 });
  });
}

Deno.test("a host of codes alone has nobody to tell, and that is no fault", async () => {
  await using folder = await scratch();
  equal(await report([], await host(folder, [])), undefined);
});

Deno.test("the server that takes it is named; that none does is said", async () => {
  await using folder = await scratch();
  await using gone = server();
  const closed = `http://127.0.0.1:${gone.addr.port}`;
  await gone.shutdown();
  await assertRefused(
    async () => await report([], await host(folder, [closed])),
    Exit.unreachable,
    /^the report was not taken: .* does not answer$/,
  );
  await using other = await scratch();
  await using taker = server();
  const url = `http://127.0.0.1:${taker.addr.port}`;
  equal(await report([], await host(other, [closed, url])), url);
});

Deno.test({
  name: "doctor --report ends with who was told, for people who are to read it",
  // With the C library, which stays open once it was opened.
  sanitizeResources: false,
  async fn() {
    await using folder = await scratch();
    await using taker = server();
    const url = `http://127.0.0.1:${taker.addr.port}`;
    const config = await host(folder, [url]);
    const lines = async (options: DoctorOptions) => {
      const out = new CollectedOut();
      await doctor({ report: true, config, ...options }, out);
      return out.lines;
    };
    equal((await lines({})).at(-1), `reported to ${url}`);
    const json = await lines({ json: true });
    equal(json.length, 1);
    match(json[0] ?? "", /^\{"verdict":/);
    equal((await lines({ quiet: true })).includes(`reported to ${url}`), false);
  },
});
