/** Somebody in between, who has the person shown another login than the one that was asked for. */
import assert from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { passFactor } from "../../lib/login/flow.ts";
import { assertRefused } from "../support/failure.ts";
import { FakeCodes, FakeTalk, FixedClock } from "../support/fakes.ts";
import { asked, type Behaviour } from "../support/hostile_server.ts";
import { CREATED, created, newKey, opened, PinnedServer } from "../support/pinned_server.ts";
import { T0 } from "../support/logins.ts";

const STRICT = { signedOffers: true };
const LAX = { signedOffers: false };

async function ask(
  behave: (server: PinnedServer) => Behaviour,
  config: typeof STRICT | typeof LAX,
) {
  await using server = await PinnedServer.start();
  server.on("POST", behave(server));
  const answer = await server.client(config).ask(server.attempt);
  return { answer, url: server.url };
}

/** The server's own offer beside an answer that was changed on its way. */
const tampered = (changes: Record<string, unknown>) => (server: PinnedServer) =>
  asked(async ({ body }) => created({ ...changes, offer: await server.offer(body) }));

Deno.test("link and number are shown as the server signed them", async () => {
  for (const config of [STRICT, LAX]) {
    const { answer } = await ask((server) => server.offering(), config);
    const { url, match } = opened(answer);
    assert.deepEqual([url, match], [CREATED.url, CREATED.match]);
  }
});

Deno.test("a request that takes two persons is signed as that, and no code is tried for it", async () => {
  const behave = (server: PinnedServer) =>
    asked(async ({ body }) => {
      const two = { two_persons: true };
      return created({ ...two, codes: true, offer: await server.offer(body, two) });
    });
  const { twoPersons, tryCode } = opened((await ask(behave, STRICT)).answer);
  assert.deepEqual([twoPersons, tryCode], [true, undefined]);
  const one = opened((await ask((server) => server.offering(), STRICT)).answer);
  assert.equal(one.twoPersons, false);
});

Deno.test("a request without a number may be signed as that", async () => {
  for (const match of [null, undefined]) {
    const behave = (server: PinnedServer) =>
      asked(async ({ body }) =>
        created({ match, offer: await server.offer(body, { match: null }) })
      );
    assert.equal(opened((await ask(behave, STRICT)).answer).match, null);
  }
});

const stranger = await newKey();

for (
  const [what, behave, fault] of [
    [
      "another login's link",
      tampered({ url: "https://auth.example.com/l/ticket-2" }),
      "the server's offer is for another login (url differs)",
    ],
    [
      "another login's number",
      tampered({ match: "43" }),
      "the server's offer is for another login (match differs)",
    ],
    [
      "no number",
      tampered({ match: null }),
      "the server's offer is for another login (match differs)",
    ],
    [
      "another login's link and number",
      tampered({ url: "https://auth.example.com/l/ticket-2", match: "43" }),
      "the server's offer is for another login (url differs)",
    ],
    [
      "a code instead of two persons",
      (server: PinnedServer) => server.offering({ two_persons: true }),
      "the server's offer is for another login (two_persons differs)",
    ],
    [
      "another login's id",
      tampered({ id: "login-2" }),
      "the server's offer is for another login (jti differs)",
    ],
    [
      "a whole answer to another request",
      (server: PinnedServer) => server.offering({ nonce: "A".repeat(43) }),
      "the server's offer is for another login (nonce differs)",
    ],
    [
      "a whole answer to another host",
      (server: PinnedServer) => server.offering({ aud: "web2" }),
      "the server's offer is for another login (aud differs)",
    ],
    [
      "an offer that is over",
      (server: PinnedServer) => server.offering({ exp: T0 / 1_000 - 1 }),
      "the server's offer has expired; compare the clocks of host and server",
    ],
    [
      "an offer of a stranger's",
      (server: PinnedServer) =>
        asked(async ({ body }) =>
          created({ offer: await server.offer(body, {}, stranger.signer) })
        ),
      "the server's offer is not signed by a pinned server key",
    ],
    [
      "nonsense for an offer",
      () => created({ offer: "x.y.z" }),
      "the server's offer is not signed by a pinned server key",
    ],
  ] as const
) {
  Deno.test(`${what}: nothing of it is shown`, async () => {
    for (const config of [STRICT, LAX]) {
      const { answer, url } = await ask(behave, config);
      assert.ok(answer.kind === "unusable", answer.kind);
      assert.equal(answer.detail, `${url}: ${fault}`);
      assert.match(answer.hint, /^somebody may stand between this host and the server/);
    }
  });
}

Deno.test("an answer without its offer is for hosts that do not insist on one", async () => {
  const { answer, url } = await ask(() => created(), STRICT);
  assert.ok(answer.kind === "unusable", answer.kind);
  assert.equal(answer.detail, `${url}: its link is not signed`);
  opened((await ask(() => created(), LAX)).answer);
});

Deno.test("what is approved at once shows nothing, so the verdict does", async () => {
  await using server = await PinnedServer.start();
  server.on(
    "POST",
    asked(async () => created({ state: "approved", verdict: await server.verdict() })),
  );
  const answer = await server.client(STRICT).ask(server.attempt);
  assert.deepEqual(answer, { kind: "approved", by: "bob" });
});

Deno.test("after an offer that is wrong the next server is asked", async () => {
  await using false_ = await PinnedServer.start();
  await using true_ = await PinnedServer.start();
  false_.on("POST", created());
  true_.on("POST", true_.offering());
  const client = true_.client({ ...STRICT, servers: [false_.url, true_.url] });
  assert.equal((await client.ask(true_.attempt)).kind, "open");
});

Deno.test("an answer that cannot be believed opens no host that is open while no server answers", async () => {
  await using server = await PinnedServer.start();
  server.on("POST", created());
  const messages = hostMessages("en", undefined);
  const talk = new FakeTalk(true);
  const login = passFactor(
    server.attempt,
    { timeoutMs: 60_000, offline: "allow", unenrolled: "allow" },
    {
      approvals: server.client(STRICT),
      codes: new FakeCodes("unenrolled"),
      talk,
      clock: new FixedClock(),
      messages,
      lastWords: messages,
      lookedFor: "/codes/alice",
      enroll: () => assert.fail("nobody is to be enrolled"),
    },
  );
  const { reason } = await assertRefused(() => login, Exit.unreachable, /its link is not signed/);
  assert.match(reason, /its link is not signed/);
  assert.deepEqual(talk.offers, []);
});
