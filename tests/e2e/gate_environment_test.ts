/** An account's own environment must reach its session, and neither the gate nor what starts it. */
import { deepEqual, doesNotMatch, equal, match, rejects } from "node:assert/strict";
import { type GuardedHost, sharing } from "../support/gate.ts";
import {
  approve,
  approved,
  forgiven,
  guardedPair,
  offerOn,
  type Pair,
} from "../support/gate_offer.ts";
import { expectAsked } from "../support/gate_outcome.ts";
import { Trap } from "../support/gate_trap.ts";
import { ssh } from "../support/ssh.ts";
import { gateLines, startSshd } from "../support/sshd.ts";

interface World extends Pair {
  /** sshd with the same gate, but which takes ~/.ssh/environment. */
  readonly lenient: Pick<GuardedHost, "target">;
}

const test = sharing<World>(async () => {
  const pair = await guardedPair();
  const { host } = pair;
  await Deno.mkdir(`${host.user.home}/.ssh`);
  const lines = ["PermitUserEnvironment yes", ...gateLines(host.binary, host.config)];
  const sshd = await startSshd(host.folder, { lines });
  const target = await host.authorizeAt(sshd);
  return {
    ...pair,
    lenient: { target: (user = target.user) => ({ ...target, user }) },
    async [Symbol.asyncDispose]() {
      await sshd.stop();
      await pair[Symbol.asyncDispose]();
    },
  };
});

test("~/.ssh/environment is not read where PermitUserEnvironment is no", async ({ host }) => {
  await host.homeFile(".ssh/environment", "FROM_ENVIRONMENT=1\n");
  const login = await approved(ssh(host.target(), "env"));
  doesNotMatch((await login.done).out, /FROM_ENVIRONMENT/);
});

for (
  const [name, lines] of Object.entries({
    BASH_ENV: ["BASH_ENV=HOME/evil"],
    "SHELLOPTS and PS4": ["SHELLOPTS=xtrace", "PS4=$(touch HOME/evil-ran)"],
    "a function": ["BASH_FUNC_exec%%=() { touch HOME/evil-ran; }"],
    ENV: ["ENV=HOME/evil", "POSIXLY_CORRECT=1"],
    PATH: ["PATH=HOME/bin"],
    LD_PRELOAD: ["LD_PRELOAD=HOME/evil.so"],
    LD_LIBRARY_PATH: ["LD_LIBRARY_PATH=HOME/bin"],
    LD_AUDIT: ["LD_AUDIT=HOME/evil.so"],
  })
) {
  test(`an account's own ${name} runs nothing before the gate`, async ({ host, lenient }) => {
    const { home } = host.user;
    await Deno.mkdir(`${home}/bin`, { recursive: true });
    for (
      const path of ["evil", "bin/gatehouse", "bin/exec", "bin/bash", "bin/libc.so.6", "evil.so"]
    ) {
      await host.homeFile(path, `#!/bin/sh\ntouch ${home}/evil-ran\n`, 0o755);
    }
    await host.homeFile(".ssh/environment", lines.join("\n").replaceAll("HOME", home) + "\n");
    const login = ssh(lenient.target(), "echo in");
    await expectAsked(login);
    // The loader tells when it fails to load what it was told to.
    doesNotMatch(login.errSoFar, /ld\.so|evil/);
    const names = (await Array.fromAsync(Deno.readDir(home))).map((entry) => entry.name);
    equal(names.includes("evil-ran"), false);
    await forgiven({ host });
  });
}

test("what an account's environment tells the runtime reaches the session, not the gate", async ({ host, lenient, server }) => {
  await using trap = new Trap(host.folder.path);
  const proxy = `http://127.0.0.1:${trap.port}`;
  const variables = [
    ...["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
      .map((name) => `${name}=${proxy}`),
    "NO_PROXY=example.com",
    ...["DENO_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"].map((name) =>
      `${name}=/nonexistent.pem`
    ),
    "SSL_CERT_DIR=/nonexistent",
    "DENO_TLS_CA_STORE=system",
    `DENO_DIR=${host.user.home}/deno`,
    "DENO_SERVE_ADDRESS=tcp:127.0.0.1:1",
    "DENO_V8_FLAGS=--help",
    "DENO_NO_PROMPT=1",
    "NODE_OPTIONS=--inspect",
    "NODE_DEBUG=http,net",
    "OTEL_DENO=true",
    `OTEL_EXPORTER_OTLP_ENDPOINT=${proxy}`,
    "NO_COLOR=1",
    "TMPDIR=/nonexistent",
  ];
  await host.homeFile(".ssh/environment", variables.join("\n") + "\n");
  const login = ssh(lenient.target(), "env; echo end >&2");
  const offer = await offerOn(login);
  equal(new URL(offer.url).origin, server.url);
  await approve(offer);
  const { out, err } = await login.done;
  deepEqual(
    out.split("\n").filter((line) => variables.includes(line)).sort(),
    variables.toSorted(),
  );
  match(err, /^gatehouse: approve within .*\nend\n$/);
  equal(trap.reached, 0);
  await rejects(Deno.lstat(`${host.user.home}/deno`), Deno.errors.NotFound);
});

test("a trace of the runtime shows no secret", async ({ host, lenient, joined }) => {
  await host.homeFile(".ssh/environment", "DENO_LOG=trace\nRUST_LOG=trace\nRUST_BACKTRACE=full\n");
  const login = await approved(ssh(lenient.target(), "echo in"));
  const { code, out, err } = await login.done;
  deepEqual([code, out], [0, "in\n"]);
  match(err, /TRACE/);
  equal(err.includes(joined.host_token ?? ""), false);
  doesNotMatch(err, /authorization: ?Bearer|"secret"|eyJ/i);
});
