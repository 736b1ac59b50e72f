/**
 * Nobody learns who there is: answers for names, passkeys, invitations and links that exist, do not, or
 * are not to be used any more, are the same bytes after the same work.
 */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { HOTP } from "otpauth";
import { anInvitation, aPasskey, putting, someone } from "../support/people.ts";
import { invitationHash } from "../../lib/core/invitation.ts";
import {
  type Created,
  HOST_TOKEN,
  PUBLIC_URL,
  readableSealer,
  TestServer,
} from "../support/server_app.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import {
  codeNow,
  keep,
  Visitor,
  withAuthenticator,
  withPasskey,
  withRecoveryCodes,
} from "../support/visitor.ts";

/** All of one length, so that a page's length says nothing either. */
const NAMES = {
  "with an app": "alice",
  "with a passkey alone": "bobby",
  "frozen": "carol",
  "removed": "david",
  "with codes for hosts alone": "emily",
  "without any device": "frank",
  "nobody": "gregy",
  "nobody, and no name either": "a, b:",
  "in capitals": "ALICE",
} as const;

/** And a right code of theirs would be this. */
async function start(): Promise<{ server: TestServer; login: Created; passkeys: Passkeys }> {
  const server = await TestServer.start({
    approval: { require: "person" },
    // Each world has other numbers.
    numberMatch: false,
    // Many here fail, and each is to be answered.
    limits: {
      pendingPerAccount: 3,
      loginsPerMinutePerHost: 600,
      failuresPerMinutePerSource: 1_000,
      requestsAtOnce: 100,
    },
  });
  await withAuthenticator(server, someone("alice"));
  await withRecoveryCodes(server, someone("alice"));
  const bobby = await withPasskey(server, someone("bobby"));
  const carol = someone("carol", { state: "frozen" });
  await withAuthenticator(server, carol);
  await withRecoveryCodes(server, carol);
  const frozen = await withPasskey(server, carol);
  await withAuthenticator(server, someone("emily"), "hosts");
  await keep(server, someone("david", { state: "removed" }), {});
  await keep(server, someone("frank"), {});
  const revoked = await SoftPasskey.make(PUBLIC_URL, "p_alice");
  const device = aPasskey({ id: "d_old", revokedAt: server.time.now() }, revoked.kept);
  await server.memory.change(putting({ device: [device] }));
  const unknown = await SoftPasskey.make(PUBLIC_URL, "p_nobody");
  return { server, login: await server.create(), passkeys: { frozen, revoked, unknown, bobby } };
}

interface Passkeys {
  readonly frozen: SoftPasskey;
  readonly revoked: SoftPasskey;
  readonly unknown: SoftPasskey;
  readonly bobby: SoftPasskey;
}

/** What a try costs, and what can be told from outside. */
interface Seen {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
  readonly calls: string;
  readonly opened: number;
  readonly computed: number;
  readonly written: string;
}

/** @param typed what the answer may repeat */
async function watch(
  server: TestServer,
  typed: string,
  run: () => Promise<Response>,
): Promise<Seen> {
  server.calls.length = 0;
  server.opened.length = 0;
  const [audited, logged] = [server.audited.length, server.logged.length];
  const generate = HOTP.prototype.generate;
  let computed = 0;
  HOTP.prototype.generate = function (this: HOTP, ...given: Parameters<typeof generate>) {
    computed++;
    return generate.apply(this, given);
  };
  try {
    const answer = await run();
    const body = (await answer.text()).replaceAll(`value="${typed}"`, 'value="NAME"');
    return {
      status: answer.status,
      headers: [...answer.headers].join("\n"),
      body,
      calls: server.calls.join(" "),
      opened: server.opened.length,
      computed,
      written: `${server.audited.length - audited} ${server.logged.length - logged}`,
    };
  } finally {
    HOTP.prototype.generate = generate;
  }
}

type Try = (
  visitor: Visitor,
  name: string,
  login: Created,
  server: TestServer,
) => Promise<Response>;

const TRIES: Readonly<Record<string, Try>> = {
  "signing in by a code": (visitor, name) => visitor.signInByCode(name, "000000"),
  "signing in by a recovery code": (visitor, name) =>
    visitor.post("/sign-in", { way: "recovery", name, code: "00000-00000" }),
  "approving by a code": (visitor, name, { ticket, id }) =>
    visitor.post(`/l/${ticket}/approve`, { name, code: "000000", shown: id }),
  "approving by a code, as a program": (_, name, { ticket }, server) =>
    server.json(`/l/${ticket}/approve`, { name, code: "000000" }, { origin: PUBLIC_URL }),
  "reporting by a code": (visitor, name, { ticket }) =>
    visitor.post(`/l/${ticket}/deny`, { not_me: "1", name, code: "000000" }),
};

for (const [what, attempt] of Object.entries(TRIES)) {
  Deno.test(`${what} tells no name that exists from one that does not`, async () => {
    const seen: [string, Seen][] = [];
    for (const [who, name] of Object.entries(NAMES)) {
      const { server, login } = await start();
      const visitor = new Visitor(server);
      const first = await watch(server, name, () => attempt(visitor, name, login, server));
      seen.push([who, { ...first, body: withoutIds(first.body, login) }]);
    }
    const [[, expected] = []] = seen;
    for (const [who, one] of seen) deepEqual(one, expected, who);
    notEqual(expected?.status, 200);
  });

  Deno.test(`${what} goes on so, until and after it is limited`, async () => {
    const { server, login } = await start();
    const statuses = new Map<string, number[]>();
    const bodies = new Map<number, Set<string>>();
    for (const name of Object.values(NAMES).filter((name) => name !== "ALICE")) {
      const visitor = new Visitor(server);
      const its: number[] = [];
      for (let n = 0; n < 5; n++) {
        const one = await watch(server, name, () => attempt(visitor, name, login, server));
        its.push(one.status);
        const { body, calls, opened, written } = one;
        const all = JSON.stringify([withoutIds(body, login), calls, opened, written]);
        bodies.set(n, (bodies.get(n) ?? new Set()).add(all));
      }
      statuses.set(name, its);
    }
    equal(new Set([...statuses.values()].map(String)).size, 1);
    equal(statuses.get("alice")?.at(-1), 429);
    // The first try may find the request open that others find denied.
    for (const [n, all] of bodies) {
      const most = what.startsWith("reporting") && n === 0 ? 2 : 1;
      equal(all.size <= most, true, `${n + 1}. try: ${[...all].join("\n")}`);
    }
  });
}

/** What is different in each world. */
function withoutIds(body: string, { id, ticket }: Created): string {
  return body.replaceAll(id, "ID").replaceAll(ticket, "TICKET");
}

Deno.test("right codes of those who may not come in are as wrong as any", async () => {
  for (const name of [NAMES.frozen, NAMES["with codes for hosts alone"]]) {
    const bodies: string[] = [];
    for (const who of [name, NAMES.nobody]) {
      const { server, login } = await start();
      const visitor = new Visitor(server);
      const code = codeNow(server);
      const tries = [
        () => visitor.signInByCode(who, code),
        () => visitor.post(`/l/${login.ticket}/approve`, { name: who, code }),
      ];
      for (const attempt of tries) {
        const { status, body, calls } = await watch(server, who, attempt);
        bodies.push(JSON.stringify([status, withoutIds(body, login), calls]));
      }
    }
    deepEqual(bodies.slice(0, 2), bodies.slice(2), name);
  }
});

Deno.test("a secret that cannot be opened any more tells no name either", async () => {
  const sealer = {
    ...readableSealer,
    open: (sealed: string, row: string) =>
      row.includes("alice") ? Promise.reject(new Error("its key is gone")) : readableSealer.open(
        sealed,
        row,
      ),
  };
  const server = await TestServer.start({}, undefined, { sealer });
  await withAuthenticator(server, someone("alice"));
  await withRecoveryCodes(server, someone("alice"));
  for (const [way, code] of [["code", "000000"], ["recovery", "00000-00000"]] as const) {
    const [its, nobodys] = await Promise.all(["alice", "gregy"].map(async (name) => {
      const answer = await new Visitor(server).post("/sign-in", { way, name, code });
      return `${answer.status} ${(await answer.text()).replaceAll(name, "NAME")}`;
    }));
    equal(its, nobodys);
  }
});

Deno.test("passkeys of nobody, revoked ones, and those of who is frozen look alike", async () => {
  const seen: string[] = [];
  for (const kind of ["unknown", "revoked", "frozen"] as const) {
    const { server, passkeys } = await start();
    const visitor = new Visitor(server);
    const challenge = await visitor.challenge("/sign-in/options");
    const signed = await passkeys[kind].signed({ challenge });
    const answer = await visitor.post("/sign-in", { way: "passkey", passkey: signed });
    seen.push(`${answer.status} ${await answer.text()}`);
  }
  equal(new Set(seen).size, 1);
});

Deno.test("what a passkey is asked says nothing of who there is", async () => {
  const { server, login } = await start();
  for (const path of ["/sign-in/options", `/l/${login.ticket}/options`]) {
    const fields = path.startsWith("/l/") ? { decision: "approve", match: login.match } : {};
    const asked = await (await new Visitor(server).post(path, fields)).json();
    deepEqual(asked.allowCredentials ?? [], [], path);
  }
});

Deno.test("invitations that there are not, and those of who may not come, look alike", async () => {
  const { server } = await start();
  const tokens = { frozen: "F".repeat(32), removed: "R".repeat(32), gone: "G".repeat(32) };
  const invitation = (person: string, token: string) =>
    anInvitation({ id: `i_${person}`, person, tokenHash: invitationHash(token) });
  await server.memory.change(putting({
    invitation: [invitation("p_carol", tokens.frozen), invitation("p_david", tokens.removed)],
  }));
  for (const [path, method] of [["", "GET"], ["", "POST"], ["/options", "POST"]] as const) {
    const seen = new Set<string>();
    for (const token of [...Object.values(tokens), "short", "x".repeat(33)]) {
      const visitor = new Visitor(server);
      const at = `/i/${token}${path}`;
      const answer = method === "GET" ? await visitor.get(at) : await visitor.post(at);
      seen.add(`${answer.status} ${await answer.text()}`);
    }
    equal(seen.size, 1, `${method} ${path}: ${[...seen]}`);
  }
});

Deno.test("hosts that there are not and revoked ones look alike", async () => {
  const { server } = await start();
  const unknown = await (await server.ask({}, "ghh_unknown")).text();
  const now = server.time.now();
  await server.memory.changeHost("web1", (host) => ({ ...host, revokedAt: now }));
  equal(await (await server.ask({}, HOST_TOKEN)).text(), unknown);
});
