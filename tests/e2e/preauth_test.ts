/** Asking ahead on a host, and the logins that then need no question: real sshd, real server. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import {
  approve,
  approved,
  deny,
  guardedPair,
  offerOn,
  type Pair,
  wrongNumber,
} from "../support/gate_offer.ts";
import { fingerprintOf } from "../support/grants.ts";
import { start } from "../support/process.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { gateLines, startSshd } from "../support/sshd.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(() => guardedPair());

/** In a session of the ordinary account, which is approved first. */
async function preauth({ host }: Pair, ...words: string[]) {
  const command = [host.binary, "preauth", "--config", host.config, ...words].join(" ");
  const session = ssh(host.target(), command);
  const login = await offerOn(session);
  await approve(login);
  const asked = await session.err(
    new RegExp(
      `${login.url}[^]*gatehouse: approve within \\d+ s at (\\S+) with number (\\d\\d)$`,
      "m",
    ),
  );
  const [, url = "", number = ""] = /.*at (http\S+) with number (\d\d)$/s.exec(asked) ?? [];
  return { session, offer: { url, number } };
}

/** A new account, for grants are of one. */
async function asNewUser(pair: Pair): Promise<Pair> {
  const user = await pair.host.addUser();
  const target = pair.host.target(user.name);
  return { ...pair, host: { ...pair.host, user, target: () => target } };
}

test("after a preauth five connections at once need no question, and others do", async (pair) => {
  const own = await asNewUser(pair);
  const { host } = own;
  const { session, offer } = await preauth(own, "--for 10m");
  await approve(offer);
  const { code, out } = await session.done;
  equal(code, 0);
  const fingerprint = await fingerprintOf(host.target().identity);
  match(
    out,
    /^until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\S*: logins from 127\.0\.0\.1 with the key (\S+) need no approval\n$/,
  );
  equal(out.includes(` ${fingerprint} `), true);

  const five = await Promise.all(
    Array.from({ length: 5 }, () => ssh(host.target(), "echo in").done),
  );
  for (const { code, out, err } of five) deepEqual([code, out, err], [0, "in\n", ""]);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor(/\$$/m);
  doesNotMatch(screen.screen(), /http|gatehouse/);
  await screen.kill();

  const otherKey = await host.folder.key(`key-${crypto.randomUUID().slice(0, 8)}`);
  await host.sshd.authorize(host.user.name, otherKey);
  await using stranger = ssh({ ...host.target(), identity: otherKey }, "echo in");
  await deny(await offerOn(stranger));
  equal((await stranger.done).code, 77);

  await using other = ssh(pair.host.target(), "echo in");
  await approved(other);
  equal((await other.done).out, "in\n");
});

test("what is asked for files alone is for files alone", async (pair) => {
  const { host, ...rest } = await asNewUser(pair);
  const { session, offer } = await preauth({ host, ...rest }, "--only transfer");
  await approve(offer);
  match((await session.done).out, / rsync, scp, sftp and git from 127\.0\.0\.1 with the key /);
  const scp = ssh(host.target(), "scp -f /etc/hostname", { input: "\0\0\0" });
  match((await scp.done).out, /^C0\d{3} \d+ hostname\n/);
  await using shell = ssh(host.target(), "echo in");
  await approved(shell);
  equal((await shell.done).out, "in\n");
});

test("a preauth that is denied, given another number, or not asked for rightly grants nothing", async (pair) => {
  const own = await asNewUser(pair);
  const denied = await preauth(own);
  await deny(denied.offer);
  const no = await denied.session.done;
  deepEqual([no.code, no.out], [77, ""]);
  match(no.err, /^gatehouse: error: the login was denied$/m);

  const picked = await preauth(own);
  await approve(picked.offer, wrongNumber(picked.offer));
  equal((await picked.session.done).code, 77);

  await using asked = ssh(own.host.target(), "echo in");
  await approved(asked);
  equal((await asked.done).out, "in\n");
});

test("the server says how long a grant may last", async ({ host }) => {
  const { binary, config } = host;
  const long = ssh(host.target(), `${binary} preauth --config ${config} --for 24h`);
  const { code, err, out } = await (await approved(long)).done;
  deepEqual([code, out], [77, ""]);
  match(err, /^gatehouse: error: the server does not allow it: .*$/m);
  match(err, /^gatehouse: hint: take a shorter time/m);
});

test("a preauth needs a session, a time, and a server", async ({ host, joined }) => {
  const argv = [host.binary, "preauth", "--config", host.config];
  const outside = await start(argv, { env: {} }).done;
  deepEqual([outside.code, outside.out], [2, ""]);
  match(outside.err, /^gatehouse: error: this is no ssh session/);
  const env = { SSH_CONNECTION: "192.0.2.7 1 192.0.2.1 22" };
  const keyless = await start(argv, { env }).done;
  equal(keyless.code, 78);
  match(keyless.err, /^gatehouse: error: sshd does not tell with which key/);
  const chinese = await start(argv, { env: { ...env, LC_ALL: "zh_CN.UTF-8" } }).done;
  match(chinese.err, /sshd 未告知您登录时使用的密钥/);
  for (const time of ["30", "59s", "721h", ""]) {
    const { code, err } = await start([...argv, "--for", time], { env }).done;
    equal(code, 2, time);
    match(err, /^gatehouse: error: --for must be .*\ngatehouse: hint: such as --for 30m\n$/);
  }
  const only = await start([...argv, "--only", "everything"], { env }).done;
  equal(only.code, 2);

  const alone = await host.folder.file("alone.toml", "servers = []\n");
  const none = await start([host.binary, "preauth", "--config", alone], { env }).done;
  equal(none.code, 78);
  match(none.err, /this host has no approval server/);

  const auth = await host.folder.file("auth", `publickey ${await publicKeyOf(host)}\n`);
  const server = await host.folder.file(
    "gone.toml",
    (await Deno.readTextFile(host.config)).replace(
      JSON.stringify(joined.servers),
      '["http://127.0.0.1:9"]',
    ),
  );
  const gone = await start([host.binary, "preauth", "--config", server], {
    env: { ...env, SSH_USER_AUTH: auth },
  }).done;
  equal(gone.code, 75);
  match(gone.err, /^gatehouse: error: http:\/\/127\.0\.0\.1:9 does not answer\n/);
});

test("where sshd does not tell the key, nothing can be asked ahead", async ({ host, joined }) => {
  await host.configure(joined);
  await using sshd = await startSshd(host.folder, {
    lines: ["ExposeAuthInfo no", ...gateLines(host.binary, host.config)],
  });
  const target = await host.authorizeAt(sshd);
  const session = ssh(target, `${host.binary} preauth --config ${host.config}`);
  const { code, err } = await (await approved(session)).done;
  equal(code, 78);
  match(err, /sshd does not tell with which key you have logged in/);
});

async function publicKeyOf({ target }: Pair["host"]): Promise<string> {
  const [type, blob] = (await Deno.readTextFile(`${target().identity}.pub`)).split(" ");
  return `${type} ${blob}`;
}
