/** Whatever answers in the approval server's place: nobody gets in by it. */
import { signOffer, signVerdict } from "../../lib/core/signing.ts";
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { sha256Hex } from "../../lib/core/encoding.ts";
import { type OfferClaims } from "../../lib/core/offer.ts";
import { type VerdictClaims } from "../../lib/core/verdict.ts";
import { formatServerKey } from "../../lib/core/verdict_key.ts";
import { type GuardedHost, guardedHost, sharing } from "../support/gate.ts";
import { STATE_FILE, totp } from "../support/gate_codes.ts";
import {
  answer,
  asked,
  type Behaviour,
  endless,
  hangUp,
  HostileServer,
  json,
  problem,
  raw,
  silence,
  stall,
} from "../support/hostile_server.ts";
import { created, ID, newKey, type TestKey } from "../support/pinned_server.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

interface World extends AsyncDisposable {
  readonly host: GuardedHost;
  /** The key that the host pins. */
  readonly pinned: TestKey;
}

const test = sharing<World>(async () => {
  const host = await guardedHost();
  return {
    host,
    pinned: await newKey(),
    [Symbol.asyncDispose]: () => Promise.resolve(host[Symbol.asyncDispose]()),
  };
});

async function configure(
  { host, pinned }: World,
  server: HostileServer,
  { silent = false, signed = false } = {},
): Promise<void> {
  await host.configure({
    servers: [server.url],
    signed_offers: signed,
    server_keys: [formatServerKey(pinned.raw)],
    host_token: "ghh_the-host-token",
    connect_timeout: silent ? "500ms" : "10s",
    // An account without codes: this opens it while no server answers, not when one answers nonsense.
    policy: { unenrolled: silent ? "deny" : "allow" },
  });
}

/** Nobody gets in, with a terminal or without, and nothing that was sent reaches the terminal raw. */
async function expectOutside(
  world: World,
  server: HostileServer,
  words: RegExp,
  signed = false,
): Promise<void> {
  await configure(world, server, { silent: words.source.includes("does not answer"), signed });
  const { host } = world;
  const [command, screen] = await Promise.all([
    ssh(host.target(), "echo in").done,
    ssh(host.target(), "echo in", { options: ["-tt"] }).done,
  ]);
  equal(command.out, "");
  for (const { code, out, err } of [command, screen]) {
    match(`${out}${err}`.replaceAll("\r", ""), words);
    match(`${out}${err}`.replaceAll("\r", ""), /gatehouse: error: /);
    doesNotMatch(`${out}${err}`, /^in$|ghh_/m);
    equal(`${out}${err}`.includes("\x1b]"), false);
    equal(code === 75 || code === 77, true, `exit ${code}`);
  }
}

const EVIL = "\x1b]0;EVIL\x07";
const HTML = "<html>a captive portal</html>";

for (
  const [what, words, behaviour] of [
    ["never answers", /does not answer/, silence],
    ["hangs up", /does not answer/, hangUp],
    ["speaks no HTTP", /does not answer|no usable answer/, raw(`220 ${EVIL} ready\r\n`)],
    ["begins and stops", /does not answer|no usable answer/, stall("HTTP/1.1 201 X\r\ncontent-le")],
    [
      "never ends",
      /no usable answer|does not answer/,
      endless("HTTP/1.1 201 X\r\n\r\n", "x".repeat(9_999)),
    ],
    ["answers with a page", /no usable answer/, answer(200, "text/html", HTML)],
    ["answers with empty JSON", /no usable answer/, json(201, {})],
    ["sends escape sequences", /no usable answer/, created({ url: `http://${EVIL}/` })],
    ["redirects", /no usable answer/, answer(307, "text/html", "", "location: /elsewhere\r\n")],
    ["fails", /no usable answer \(HTTP 500\)/, problem(500, EVIL)],
    ["refuses the token", /does not know this host's token/, problem(401, "no")],
    ["says that the account is frozen", /frozen/, problem(403, "frozen", `frozen ${EVIL}`)],
    ["says approved without a verdict", /verdict/, created({ state: "approved" })],
    [
      "says approved with a made-up verdict",
      /verdict/,
      created({ state: "approved", verdict: "x.y.z" }),
    ],
  ] as [string, RegExp, Behaviour][]
) {
  test(`a server that ${what} lets nobody in`, async (world) => {
    await using server = new HostileServer().on("POST", behaviour);
    await expectOutside(world, server, words);
    equal(server.count("POST") >= 2, true);
  });
}

for (
  const [what, words, changes] of [
    ["takes the signature off the link", /its link is not signed/, undefined],
    ["shows another login's link", /is for another login \(url differs\)/, { url: "/l/mine" }],
    ["shows another login's number", /is for another login \(match differs\)/, { match: "43" }],
    [
      "has one code do instead of two persons",
      /is for another login \(two_persons differs\)/,
      { two_persons: true },
    ],
    ["repeats an earlier offer", /is for another login \(nonce differs\)/, {
      nonce: "A".repeat(43),
    }],
  ] as [string, RegExp, Partial<OfferClaims> | undefined][]
) {
  test(`a server that ${what} shows nobody anything, and lets nobody in`, async (world) => {
    await using server = new HostileServer();
    const link = `${server.url}/l/ticket-1`;
    const offer = async (body: string) => {
      const { nonce }: { nonce: string } = JSON.parse(body);
      const exp = Math.floor(Date.now() / 1_000) + 60;
      const shown = { url: link, match: "42", two_persons: false };
      const true_ = { iss: server.url, aud: "web1", jti: ID, nonce, ...shown, exp };
      return await signOffer({ ...true_, ...changes }, world.pinned.signer);
    };
    const answer = async (body: string) =>
      created({ url: link, ...(changes === undefined ? {} : { offer: await offer(body) }) });
    server.on("POST", asked(({ body }) => answer(body)));
    await expectOutside(world, server, words, true);
    equal(server.count("GET"), 0);
  });
}

interface Forgery {
  readonly claims: VerdictClaims;
  readonly pinned: TestKey;
  readonly now: number;
}

for (
  const [what, words, forge] of [
    [
      "with another key",
      /is not signed by a pinned server key/,
      async ({ claims, now }) => await signVerdict(claims, (await newKey()).signer, now),
    ],
    [
      "with no key at all",
      /is not signed by a pinned server key/,
      ({ claims, now }) => Promise.resolve(unsigned(claims, now)),
    ],
    [
      "a minute ago",
      /has expired/,
      ({ claims, pinned, now }) => signVerdict(claims, pinned.signer, now - 60_000),
    ],
    [
      "for another account",
      /is for another login \(sub differs\)/,
      ({ claims, pinned, now }) => signVerdict({ ...claims, sub: "root" }, pinned.signer, now),
    ],
    [
      "for another command",
      /is for another login \(cmd differs\)/,
      ({ claims, pinned, now }) =>
        signVerdict({ ...claims, cmd: "0".repeat(64) }, pinned.signer, now),
    ],
    [
      "for an earlier login",
      /is for another login \(nonce differs\)/,
      ({ claims, pinned, now }) =>
        signVerdict({ ...claims, nonce: "A".repeat(43) }, pinned.signer, now),
    ],
  ] as [string, RegExp, (forgery: Forgery) => Promise<string>][]
) {
  test(`a verdict that was signed ${what} lets nobody in`, async (world) => {
    const { pinned } = world;
    await using server = new HostileServer();
    server.on("POST", created({ url: `${server.url}/l/ticket-1` }))
      .on(
        "GET",
        asked(async () =>
          json(200, {
            state: "approved",
            verdict: await forged(server, (claims) => forge({ claims, pinned, now: Date.now() })),
          })
        ),
      )
      .on("DELETE", json(204, null));
    await expectOutside(world, server, words);
  });
}

test("the same server with a true verdict lets in, so that the tests above mean something", async (world) => {
  await using server = new HostileServer();
  server.on("POST", created({ url: `${server.url}/l/ticket-1` }))
    .on(
      "GET",
      asked(async () =>
        json(200, {
          state: "approved",
          verdict: await forged(
            server,
            (claims) => signVerdict(claims, world.pinned.signer, Date.now()),
          ),
        })
      ),
    );
  await configure(world, server);
  const { code, out } = await ssh(world.host.target(), "echo in").done;
  deepEqual([code, out], [0, "in\n"]);
});

test("a server that answers nonsense leaves the code as the way in", async (world) => {
  await using server = new HostileServer().on("POST", answer(200, "text/html", HTML));
  await configure(world, server);
  const path = await world.host.homeFile(".google_authenticator", STATE_FILE, 0o400);
  await using screen = terminal(sshArgv(world.host.target()));
  await screen.waitFor("Code from your authenticator app:");
  await screen.send(`${totp()}\r`);
  await screen.send('echo he""re; exit 3\r');
  await screen.waitFor(/^here$/m);
  equal((await screen.closed).code, 3);
  await Deno.remove(path);
});

/** What a true verdict says of the login that is asked for with this connection's token. */
async function forged(
  server: HostileServer,
  sign: (claims: VerdictClaims) => Promise<string>,
): Promise<string> {
  const post = server.received.findLast((request) => request.method === "POST");
  const { user, service, source, command, nonce } = JSON.parse(post?.body ?? "{}");
  return await sign({
    iss: server.url,
    aud: "web1",
    sub: user,
    jti: ID,
    svc: service,
    src: source,
    cmd: command === undefined ? "" : await sha256Hex(command),
    nonce,
    by: "bob",
    via: "link",
  });
}

/** RFC 7519, 6: an unsecured token. */
function unsigned(claims: VerdictClaims, now: number): string {
  const part = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const iat = Math.floor(now / 1000);
  const payload = { ...claims, verdict: "approved", iat, exp: iat + 30 };
  return `${part({ alg: "none" })}.${part(payload)}.`;
}
