/** Authenticators that are registered at the server and count at its hosts: the real things. */
import { deepEqual, doesNotMatch, equal, match, notEqual } from "node:assert/strict";
import { revokeDevice } from "../../lib/core/device.ts";
import { makeHostKey, publicHostKey } from "../../lib/io/host_key.ts";
import { type CentralHost, CentralHosts, change, joined } from "../support/central_hosts.ts";
import { sharing } from "../support/gate.ts";
import { stateFile, totp, wrongCode } from "../support/gate_codes.ts";
import { HostileServer, problem } from "../support/hostile_server.ts";
import { mustRun, type Result, run } from "../support/process.ts";
import { terminal } from "../support/terminal.ts";
import { RFC_BASE32 } from "../support/totp.ts";

const test = sharing(() => CentralHosts.start());

const isIn = ({ code, out, err }: Result) => {
  equal(code, 0, out + err);
  match(out, /successfully authenticated/);
};

const isOut = ({ code, out, err }: Result, why?: RegExp) => {
  notEqual(code, 0, out + err);
  if (why !== undefined) match(out + err, why);
};

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

const synced = async (host: CentralHost, said: RegExp, ...words: string[]) => {
  const { code, out, err } = await host.sync(...words);
  equal(code, 0, err);
  match(out, said);
};

test("registered at the server, a code lets in while the server is down, once", async (hosts) => {
  const { web1, server } = hosts;
  const { name } = await hosts.person();
  await synced(web1, /^codes of [0-9]+ accounts?: 1 new.*\nPAM alone reads them: .*\n$/);
  const { uid, mode } = await Deno.stat(`${web1.codes}/${name}`);
  deepEqual([uid, (mode ?? 0) & 0o7777], [0, 0o400]);
  equal(((await Deno.stat(web1.codes)).mode ?? 0) & 0o7777, 0o700);
  await synced(web1, /nothing changed/);
  await synced(web1, /^$/, "--quiet");
  await server.kill();
  try {
    isOut(await web1.login(name, [wrongCode(), "12345", ""]), /wrong code/);
    isIn(await web1.login(name, [totp()]));
    const { code, err } = await web1.sync();
    deepEqual([code, /does not answer/.test(err)], [75, true]);
  } finally {
    await server.start();
  }
});

test("a code of a synced file is spent for good, and no sync brings it back", async (hosts) => {
  const { web1, server } = hosts;
  const { name } = await hosts.person();
  await synced(web1, /new/);
  await server.kill();
  try {
    const code = totp();
    isIn(await web1.login(name, [code]));
    isOut(await web1.login(name, [code]), /cannot be used any more/);
    await server.start();
    await synced(web1, /nothing changed/);
    await server.kill();
    isOut(await web1.login(name, [code]), /cannot be used any more/);
  } finally {
    await server.start();
  }
});

test("while the server answers, a code is good once in the whole fleet", async (hosts) => {
  const { web1, web2 } = hosts;
  const { name } = await hosts.person();
  for (const host of [web1, web2]) await synced(host, /new/);
  const code = totp();
  isIn(await web1.login(name, [code], "code"));
  isOut(await web2.login(name, [code], "code"), /cannot be used any more/);
  // And so is one that is typed where an approval is waited for.
  const next = totp(1);
  isIn(await web2.login(name, [next]));
  isOut(await web1.login(name, [next]), /cannot be used any more/);
});

test("what was used elsewhere comes with the next sync", async (hosts) => {
  const { web1, web2, server } = hosts;
  const { name } = await hosts.person();
  for (const host of [web1, web2]) await synced(host, /new/);
  const code = totp();
  isIn(await web1.login(name, [code], "code"));
  await synced(web2, /nothing changed/);
  await server.kill();
  try {
    isOut(await web2.login(name, [code], "code"), /cannot be used any more/);
  } finally {
    await server.start();
  }
});

test("a host that has no copy has the server judge", async (hosts) => {
  const { web1, web2, server } = hosts;
  const { name } = await hosts.person();
  const code = totp();
  isIn(await web1.login(name, [wrongCode(), code]));
  await server.logged(new RegExp(`"message":"login approved".*"user":"${name}".*"via":"code"`));
  match((await server.admin("audit", "show", "--json")).out, new RegExp(`"by":"person:${name}"`));
  isOut(await web2.login(name, [code]), /cannot be used any more/);
});

test("a lost phone ends at once where the server answers, and elsewhere with the next sync", async (hosts) => {
  const { web1, web2 } = hosts;
  const { name, device } = await hosts.person();
  for (const host of [web1, web2]) await synced(host, /new/);
  await change(hosts.server, revokeDevice(`p_${name}`, device, Date.now()));
  isOut(await web1.login(name, [totp(), totp(1), totp(-1)], "code"), /wrong code/);
  for (const host of [web1, web2]) {
    await synced(host, /removed/, "--quiet");
    equal(await isThere(`${host.codes}/${name}`), false);
  }
  isOut(await web2.login(name, [totp()], "code"), /no authenticator/);
});

test("what was enrolled here by hand stays, and sync says so", async (hosts) => {
  const { web1 } = hosts;
  const { name } = await hosts.person();
  await mustRun(["mkdir", "-p", web1.codes]);
  const own = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
  const text = stateFile(["TOTP_AUTH"]).replace(RFC_BASE32, own);
  await Deno.writeTextFile(`${web1.codes}/${name}`, text, { mode: 0o400 });
  await synced(web1, new RegExp(`enrolled here by hand, and left so: ${name}\n`));
  equal(await Deno.readTextFile(`${web1.codes}/${name}`), text);
});

/** The token in that host.toml. */
async function tokenIn(config: string): Promise<string> {
  return /host_token = "(.+)"/.exec(await Deno.readTextFile(config))?.[1] ?? "";
}

/** What an account of a host can send with its token. */
const sender = (url: string, token: string) => (path: string, body: Record<string, unknown>) =>
  fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ nonce: "N".repeat(43), ...body }),
  });

test("who reads the host's token gets no codes by it; with another key, nobody does", async (hosts) => {
  const { host, server } = hosts;
  const { name } = await hosts.person();
  const web4 = await joined(host, server, "web4");
  await synced(web4, /new/);
  const asUser = (...argv: string[]) =>
    run(["setpriv", `--reuid=${host.user.uid}`, "--clear-groups", ...argv]);
  const key = web4.config.replace(/host\.toml$/, "host.key");
  for (const path of [key, `${web4.codes}/${name}`]) {
    match((await asUser("cat", path)).err, /Permission denied/);
  }
  const post = sender(server.url, await tokenIn(web4.config));
  const answer = await (await post("/api/v1/codes", { accounts: [name] })).text();
  const [header = ""] = JSON.parse(answer).sealed.split(".");
  doesNotMatch(answer, new RegExp(RFC_BASE32));
  const codes_key = publicHostKey(await makeHostKey());
  doesNotMatch(atob(header), new RegExp(codes_key.replace("x25519:", "")));
  await synced(web4, /nothing changed/);
  const refused = await post("/api/v1/join", { codes_key });
  deepEqual([refused.status, (await refused.json()).reason], [409, "other_codes_key"]);
  match(
    (await server.admin("audit", "show", "--json")).out,
    /"event":"host\.key_disputed","host":"web4"/,
  );
  const { code, err } = await web4.sync();
  deepEqual([code, /has no key for codes/.test(err)], [78, true], err);
  equal(await isThere(`${web4.codes}/${name}`), true);
});

test("root hears of it when somebody has joined with the token before", async ({ host, server }) => {
  const token = await server.addHost("web5");
  const codes_key = publicHostKey(await makeHostKey());
  equal((await sender(server.url, token)("/api/v1/join", { codes_key })).status, 200);
  const config = `${await host.folder.dir("web5")}/host.toml`;
  const argv = [host.binary, "join", server.url, "--config", config];
  const { code, err } = await run(argv, { input: `${token}\n` });
  equal(code, 77, err);
  match(err, /another key or none[^]*may have fetched codes[^]*host\.codes_sent/);
  equal(await isThere(config), false);
});

test("join asks for the token, and nobody sees it", async ({ host, server }) => {
  const token = await server.addHost("web6");
  const config = `${await host.folder.dir("web6")}/host.toml`;
  const join = (
    ...words: string[]
  ) => [host.binary, "join", server.url, ...words, "--config", config];
  for (const input of ["", "\n", "ghh_x\n"]) {
    const { code, out, err } = await run(join("-"), { input });
    deepEqual([code === 0, out.includes("joined"), err.includes("ghh_")], [false, false, false]);
  }
  await using screen = terminal(join());
  await screen.waitFor(/^Token .*: *$/m);
  await screen.send(`${token}\r`);
  await screen.waitFor(/^joined \S+ as web6/m);
  deepEqual(await screen.closed, { code: 0 });
  doesNotMatch(screen.rawOutput, /ghh_/);
  equal(await tokenIn(config), token);
});

test("a host that gets no codes is told where that is set", async ({ host, server }) => {
  const db1 = await joined(host, server, "db1");
  await synced(db1, /^codes of 0 accounts: .*\nthe server gives this host no codes: .*\[codes\]/);
  await synced(db1, /^$/, "--quiet");
});

test("sync waits a moment for a busy server, once, and takes it for no fault of this host", async ({ host, web1 }) => {
  await using busy = new HostileServer();
  const folder = await host.folder.dir("busy");
  await Deno.copyFile(web1.config.replace(/host\.toml$/, "host.key"), `${folder}/host.key`);
  const config = `${folder}/host.toml`;
  const toml = (await Deno.readTextFile(web1.config)).replace(
    /^servers = .*$/m,
    `servers = ["${busy.url}"]`,
  );
  await Deno.writeTextFile(config, toml);
  for (const [wait, asked] of [["1", 2], ["600", 1]] as const) {
    const before = busy.count("POST");
    busy.on("POST", problem(429, "Too many requests", "", {}, `retry-after: ${wait}\r\n`));
    const { code, err } = await run([host.binary, "sync", "--config", config]);
    deepEqual([code, busy.count("POST") - before], [75, asked], err);
    match(err, new RegExp(`asks too often; it may again in ${wait} s`));
  }
});

test("who merely says that the token is unknown does not empty a host", async (hosts) => {
  const { host, web1 } = hosts;
  const { name } = await hosts.person();
  await synced(web1, /new/);
  await using liar = new HostileServer();
  liar.on("POST", problem(401, "Not authorized"));
  const folder = await host.folder.dir("liar");
  await Deno.copyFile(web1.config.replace(/host\.toml$/, "host.key"), `${folder}/host.key`);
  const config = `${folder}/host.toml`;
  const toml = await Deno.readTextFile(web1.config);
  await Deno.writeTextFile(
    config,
    toml.replace(/^servers = .*$/m, `servers = ["${liar.url}"]`),
  );
  const { code, err } = await run([host.binary, "sync", "--config", config]);
  equal(code, 77, err);
  match(err, /does not know this host's token\n.*hint: what was fetched before stays/);
  equal(await isThere(`${web1.codes}/${name}`), true);
});

test("a revoked host loses what it had fetched, and joins anew with a new token", async (hosts) => {
  const { host, server } = hosts;
  const { name } = await hosts.person();
  const web3 = await joined(host, server, "web3");
  await synced(web3, /new/);
  await server.admin("host", "revoke", "web3");
  const { code, err } = await web3.sync("--quiet");
  equal(code, 77);
  match(err, /does not know this host's token; removed the codes of [0-9]+ accounts/);
  equal(await isThere(`${web3.codes}/${name}`), false);
  await synced(await joined(host, server, "web3"), /new/);
});

test("sync says what is not in order", async (hosts) => {
  const { host, web1 } = hosts;
  const config = await host.folder.file("odd.toml", "", 0o600);
  const odd = async (text: string, exit: number, message: RegExp) => {
    await Deno.writeTextFile(config, text);
    const { code, err } = await run([host.binary, "sync", "--config", config]);
    deepEqual([code, message.test(err)], [exit, true], err);
  };
  const toml = await Deno.readTextFile(web1.config);
  await odd("servers = []\n", 78, /has no server to ask/);
  await odd(toml, 78, /has no key: there is no /);
  const home = toml.replace(/^secret = .*$/m, 'secret = "${HOME}/.google_authenticator"');
  await odd(home, 78, /fetched codes are root's alone/);
  const asUser = ["setpriv", `--reuid=${host.user.uid}`, "--clear-groups"];
  const { code, err } = await run([...asUser, host.binary, "sync", "--config", web1.config]);
  deepEqual([code, /only root may sync/.test(err)], [77, true], err);
});
