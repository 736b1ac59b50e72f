/** Only a verdict that a pinned key signed for exactly this login lets anybody in. */
import assert from "node:assert/strict";
import { SignJWT, UnsecuredJWT } from "jose";
import { isPrintable } from "../../lib/core/text.ts";
import type { VerdictClaims } from "../../lib/core/verdict.ts";
import { asked, json } from "../support/hostile_server.ts";
import { T0 } from "../support/logins.ts";
import {
  created,
  endingOf,
  newKey,
  PinnedServer,
  SECRET,
  TOKEN,
} from "../support/pinned_server.ts";

const NOW_S = T0 / 1_000;
const stranger = await newKey();

const times = (iat: number, exp: number) => ({ verdict: "approved", iat, exp });

/** The claims of a true verdict but for the changes, signed with the server's own key. */
async function signed(server: PinnedServer, changes: Record<string, unknown>) {
  const claims = { ...await server.claims(), ...times(NOW_S, NOW_S + 30), ...changes };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: "EdDSA", kid: server.key.signer.kid })
    .sign(server.key.signer.key);
}

const NEVER: [name: string, make: (server: PinnedServer) => unknown, fault: RegExp][] = [
  ["none", () => undefined, /sent no verdict$/],
  ["empty", () => "", /not signed/],
  ["no JWS", () => "approved", /not signed/],
  ["dots", () => "..", /not signed/],
  ["three megaphones", () => "📣.📣.📣", /not signed/],
  [
    "unsigned (RFC 8725, 3.1: alg none)",
    async (server) =>
      new UnsecuredJWT({ ...await server.claims(), ...times(NOW_S, NOW_S + 30) }).encode(),
    /not signed/,
  ],
  [
    "HS256 with the public key for a secret (RFC 8725, 2.1)",
    async (server) =>
      await new SignJWT({ ...await server.claims(), ...times(NOW_S, NOW_S + 30) })
        .setProtectedHeader({ alg: "HS256" })
        .sign(server.key.raw),
    /not signed/,
  ],
  ["signed by another key", (server) => server.verdict({}, stranger.signer), /not signed/],
  [
    "signed by another key that poses as the pinned one",
    (server) => server.verdict({}, { ...stranger.signer, kid: server.key.signer.kid }),
    /not signed/,
  ],
  [
    "signed, then changed",
    async (server) => {
      const [head, body = "", signature] = (await server.verdict({ sub: "mallory" })).split(".");
      const claims = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/")));
      const changed = btoa(JSON.stringify({ ...claims, sub: "alice" }));
      const base64url = changed.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
      return [head, base64url, signature].join(".");
    },
    /not signed/,
  ],
  ["expired", (server) => signed(server, times(NOW_S - 31, NOW_S - 1)), /has expired/],
  ["valid for too long", (server) => signed(server, times(NOW_S, NOW_S + 31)), /valid for longer/],
  ["from the future", (server) => signed(server, times(NOW_S + 31, NOW_S + 60)), /from the future/],
  ["without times", (server) => signed(server, { iat: undefined, exp: undefined }), /not signed/],
  ["denied", (server) => signed(server, { verdict: "denied" }), /does not say approved/],
  ["nobody's", (server) => signed(server, { by: undefined }), /does not say who/],
];

const OTHERS: Partial<VerdictClaims> = {
  aud: "web2",
  sub: "root",
  jti: "login-2",
  svc: "sudo",
  src: "192.0.2.8",
  cmd: "",
  nonce: "o".repeat(43),
};
for (const [claim, value] of Object.entries(OTHERS)) {
  NEVER.push([
    `another login's ${claim}`,
    (server) => server.verdict({ [claim]: value }),
    new RegExp(`is for another login \\(${claim} differs\\)`),
  ]);
}

for (const [name, make, fault] of NEVER) {
  Deno.test(`never in: a verdict that is ${name}`, async () => {
    await using server = await PinnedServer.start();
    server.on("POST", created());
    server.on(
      "GET",
      asked(async () => json(200, { state: "approved", verdict: await make(server) })),
    );
    const ending = await endingOf(server);
    assert.equal(ending.state, "failed");
    const said = ending.state === "failed" ? ending.fault : "";
    assert.match(said, fault);
    assert.ok(isPrintable(said) && !said.includes(TOKEN) && !said.includes(SECRET), said);

    // The same when the server claims that a grant covers the login.
    server.on(
      "POST",
      asked(async () => created({ state: "approved", verdict: await make(server) })),
    );
    assert.equal((await server.client().ask(server.attempt)).kind, "unusable");
  });
}

Deno.test("never in: yesterday's verdict for the very same login", async () => {
  await using server = await PinnedServer.start();
  server.on("POST", created());
  server.on(
    "GET",
    asked(async () => json(200, { state: "approved", verdict: await server.verdict() })),
  );
  assert.equal((await endingOf(server)).state, "approved");
  const old = await server.verdict();
  server.on("GET", json(200, { state: "approved", verdict: old }));
  const ending = await endingOf(server);
  assert.match(ending.state === "failed" ? ending.fault : "", /nonce differs/);
});

Deno.test("in: a true verdict, at once when a grant covers the login", async () => {
  await using server = await PinnedServer.start();
  server.on(
    "POST",
    asked(async () => created({ state: "approved", verdict: await server.verdict() })),
  );
  assert.deepEqual(await server.client().ask(server.attempt), { kind: "approved", by: "bob" });
});

Deno.test("in: a verdict of the second pinned key, during a rotation", async () => {
  await using server = await PinnedServer.start();
  server.on("POST", created());
  server.on(
    "GET",
    asked(async () => json(200, { state: "approved", verdict: await server.verdict() })),
  );
  for (const pinned of [[stranger.raw, server.key.raw], [server.key.raw, stranger.raw]]) {
    assert.deepEqual(await endingOf(server, server.client({ pinned })), {
      state: "approved",
      by: "bob",
    });
  }
  const ending = await endingOf(server, server.client({ pinned: [stranger.raw] }));
  assert.equal(ending.state, "failed");
});

Deno.test("who approved is shown without control characters", async () => {
  await using server = await PinnedServer.start();
  server.on(
    "GET",
    asked(async () =>
      json(200, { state: "approved", verdict: await server.verdict({ by: "bob\x1b[2J\n" }) })
    ),
  );
  assert.deepEqual(await endingOf(server), { state: "approved", by: "bob\\u{1b}[2J\\u{a}" });
});
