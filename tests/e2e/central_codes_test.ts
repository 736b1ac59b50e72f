/** Authenticators that are registered at the server and count at its hosts: the real things. */
import { deepEqual, doesNotMatch, equal, match, notEqual } from "node:assert/strict";
import { revokeDevice } from "../../lib/core/device.ts";
import { type CentralHost, CentralHosts, change, joined } from "../support/central_hosts.ts";
import { sharing } from "../support/gate.ts";
import { stateFile, totp, wrongCode } from "../support/gate_codes.ts";
import { mustRun, type Result, run } from "../support/process.ts";
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

test("who reads the host's token gets no codes by it, and no other key", async (hosts) => {
  const { host, server, web1 } = hosts;
  const { name } = await hosts.person();
  await synced(web1, /new/);
  const token = /host_token = "(.+)"/.exec(await Deno.readTextFile(web1.config))?.[1] ?? "";
  const asUser = (...argv: string[]) =>
    run(["setpriv", `--reuid=${host.user.uid}`, "--clear-groups", ...argv]);
  const key = web1.config.replace(/host\.toml$/, "host.key");
  for (const path of [key, `${web1.codes}/${name}`]) {
    match((await asUser("cat", path)).err, /Permission denied/);
  }
  const post = (path: string, body: unknown) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const mine = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]) as CryptoKeyPair;
  const { x } = await crypto.subtle.exportKey("jwk", mine.publicKey);
  const refused = await post("/api/v1/join", { codes_key: `x25519:${x}` });
  deepEqual([refused.status, (await refused.json()).reason], [409, "other_codes_key"]);
  const nonce = "N".repeat(43);
  const answer = await (await post("/api/v1/codes", { accounts: [name], nonce })).text();
  const [header = ""] = JSON.parse(answer).sealed.split(".");
  doesNotMatch(answer, new RegExp(RFC_BASE32));
  doesNotMatch(atob(header), new RegExp(String(x)));
  await synced(web1, /nothing changed/);
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
