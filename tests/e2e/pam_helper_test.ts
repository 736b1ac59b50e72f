/** gatehouse as pam_exec(8) starts it, whatever else is in its environment. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { lastLogin, loginIs } from "../support/gate_offer.ts";
import { type PamPair, pamPair } from "../support/pam_host_pair.ts";
import { type Running, start } from "../support/process.ts";

const test = sharing(() => pamPair());

interface Start {
  readonly options?: readonly string[];
  readonly env?: Record<string, string>;
}

/** With its stdout to be read. */
function helper({ host }: PamPair, { options = [], env = {} }: Start = {}): Running {
  const given = options.flatMap((option) => ["--option", option]);
  const argv = [host.binary, "pam", `--config=${host.config}`, ...given];
  return start(host.log.around(argv), {
    env: {
      PATH: "/usr/bin:/bin",
      PAM_USER: host.user.name,
      PAM_SERVICE: "su",
      PAM_TYPE: "auth",
      ...env,
    },
  });
}

test("neither a proxy nor authorities of the environment come between it and its server", async (pair) => {
  const { host, server, joined } = pair;
  await host.configure(joined);
  const nowhere = "http://127.0.0.1:9";
  const env = { HTTP_PROXY: nowhere, http_proxy: nowhere, ALL_PROXY: nowhere, all_proxy: nowhere };
  const before = server.log.split('"login created"').length;
  await using running = helper(pair, { options: ["mode=approve"], env });
  await running.out(/approve within/);
  await server.logged(new RegExp(`(?:"login created"[^]*){${before}}`));
  await server.admin("login", "approve", lastLogin(server));
  equal((await running.done).code, 0);
  await loginIs(server, "collected", lastLogin(server));
});

test("what is passed over is a success for pam_exec, and a server that is gone is none", async (pair) => {
  const { host, joined } = pair;
  const { name } = host.user;
  await host.configure({ ...joined, policy: { exempt_users: [name] } });
  equal((await helper(pair).done).code, 0);
  deepEqual((await helper(pair, { env: { PAM_TYPE: "account" } }).done).code === 0, false);
  const dead = { ...joined, servers: ["http://127.0.0.1:9"] };
  await host.configure({ ...dead, policy: { offline: "deny" } });
  const { code, out } = await helper(pair).done;
  equal(code === 0, false);
  match(out, /^gatehouse: /);
});

test("it speaks the language of the login", async (pair) => {
  const { host, joined } = pair;
  await host.configure({ ...joined, language: "auto", timeout: "2s" });
  const said = async (env: Record<string, string>) => {
    await using running = helper(pair, { options: ["mode=approve"], env });
    return await running.out(/^.*http.*$/m);
  };
  const [chinese, english] = ["zh_CN.UTF-8", "C.UTF-8"] as const;
  const han = /\p{Script=Han}/u;
  match(await said({ LANG: chinese }), han);
  match(await said({ LANG: english, LC_MESSAGES: chinese }), han);
  doesNotMatch(await said({ LANG: chinese, LC_MESSAGES: chinese, LC_ALL: english }), han);
});

test("the log says more with debug, and only with it", async (pair) => {
  const { host, joined } = pair;
  await host.configure({ ...joined, servers: [], host: "web1" });
  for (const [options, count] of [[["mode=code"], 0], [["mode=code", "debug"], 1]] as const) {
    const since = host.log.since();
    const next = host.log.text.split("refused user=").length;
    const { code } = await helper(pair, { options }).done;
    equal(code === 0, false);
    await host.log.logged(new RegExp(`(?:refused user=[^]*){${next}}`));
    const lines = since().match(/ gatehouse: debug user=.* mode=code wait=\d+s streams=true\n/g);
    equal(lines?.length ?? 0, count);
  }
});
