/** Accounts that take two persons, on the approval page. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { alertOf, Approver, controls, headingOf } from "../support/approver.ts";
import { checkOffer } from "../../lib/core/offer.ts";
import { NONCE, problemOf, TestServer } from "../support/server_app.ts";
import { T0 } from "../support/logins.ts";

async function start(
  require: "person" | "link" = "person",
  limits: { readonly loginsPerMinutePerHost?: number } = {},
) {
  const approval = { require, twoPersons: ["deploy@*"] };
  const all = {
    ...{ pendingPerAccount: 3, loginsPerMinutePerHost: 600 },
    ...{ failuresPerMinutePerSource: 30, requestsAtOnce: 1_000 },
  };
  const server = await TestServer.start({ approval, limits: { ...all, ...limits } });
  const join = (name: string) => Approver.join(server, name, { approves: ["own", "deploy@*"] });
  const [carol, dave] = [await join("carol"), await join("dave")];
  return { server, carol, dave, join, login: await server.create({ user: "deploy" }) };
}

Deno.test("two persons approve one after the other", async () => {
  const { server, carol, dave, login } = await start();
  const before = await (await carol.open(login)).text();
  ok(before.includes("Two persons have to approve this account."));
  ok(before.includes('name="name" value=""'), "the account's name is nobody's here");

  const first = await carol.touch(login);
  const html = await first.text();
  equal(first.status, 200);
  ok(html.includes("You have approved it. One more person has to"));
  deepEqual(controls(html), ["Deny", "Suspicious: freeze the account"]);
  equal((await server.stored(login.id)).state, "pending");
  ok((await (await carol.open(login)).text()).includes("You have approved it."));
  equal((await carol.approve(login)).status, 200);
  equal((await server.stored(login.id)).state, "pending", "once is once, however often");

  const second = await (await dave.touch(login)).text();
  equal(headingOf(second), "Approved");
  ok(second.includes("<dt>By</dt><dd>carol, dave</dd>"));
  equal((await server.stored(login.id)).by, "person:carol, person:dave");
  const events = server.audited.map(({ event }) => event);
  equal(events.filter((event) => event === "login.approved_first").length, 1);
});

Deno.test("who was first is told to persons, and not to whoever has the link", async () => {
  const { server, carol, dave, login } = await start();
  const other = await server.create({ user: "dave" });
  await dave.touch(other);
  await carol.touch(login);
  const known = await (await dave.open(login)).text();
  ok(known.includes("carol has approved it. One more person has to."));
  const headers = { accept: "text/html" };
  const anybodys = await (await server.fetch("GET", `/l/${login.ticket}`, { headers })).text();
  ok(!anybodys.includes("carol"));
  ok(anybodys.includes("One person has approved it. One more has to."));
  ok(anybodys.includes(`<a href="/sign-in?to=%2Fl%2F${login.ticket}">Sign in to see who</a>`));
});

Deno.test("neither of the two is the one who logs in", async () => {
  const { server, join } = await start();
  const erin = await join("erin");
  const login = await server.create({ user: "deploy", service: "su", requester: "erin" });
  const answer = await erin.touch(login);
  deepEqual([answer.status, alertOf(await answer.text())], [
    403,
    "This account takes two persons, and neither may be the one who logs in.",
  ]);
  equal((await server.stored(login.id)).state, "pending");
  deepEqual(await all(server), []);
});

Deno.test("also where the link is enough for others", async () => {
  const { server, carol, login } = await start("link");
  equal((await server.approve(login)).status, 403);
  equal((await server.stored(login.id)).state, "pending");
  equal((await carol.touch(login)).status, 200);
  equal((await server.stored(login.id)).state, "pending");
});

Deno.test("a wrong number of the second ends it", async () => {
  const { server, carol, dave, login } = await start();
  await carol.touch(login);
  const wrong = (await server.stored(login.id)).choices.find((each) => each !== login.match);
  await dave.touch(login, { match: wrong ?? "" });
  equal((await server.stored(login.id)).reason, "wrong_number");
  deepEqual(await all(server), []);
});

Deno.test("programs are told that a second is needed", async () => {
  const { server, carol, dave, login } = await start();
  const send = (who: Approver) =>
    server.json(`/l/${login.ticket}/approve`, { match: login.match, ...who.typed }, {
      origin: "https://auth.example.com",
    });
  deepEqual(await (await send(carol)).json(), { state: "pending", reason: "second_needed" });
  deepEqual(await (await send(dave)).json(), { state: "approved" });
});

Deno.test("the host is told, signed, that no code of the account does; of other accounts it is not", async () => {
  const { server } = await start();
  for (const [user, twoPersons] of [["deploy", true], ["alice", false]] as const) {
    const { id, url, match, offer, codes, two_persons } = await (await server.ask({ user })).json();
    deepEqual([two_persons, codes], [twoPersons ? true : undefined, undefined]);
    const asked = { host: "web1", nonce: NONCE, id, url, match };
    for (const said of [true, false]) {
      const checked = await checkOffer(
        offer,
        { ...asked, twoPersons: said },
        [server.publicKey],
        T0,
      );
      equal(checked.ok, said === twoPersons);
    }
  }
});

Deno.test("the host is told so too while nobody is asked, however it has come to that", async () => {
  const refused = async (server: TestServer, user: string) => {
    const { reason, two_persons } = await problemOf(
      await server.ask({ user, key: undefined }),
      429,
    );
    return [reason, two_persons];
  };
  const { server: waiting } = await start();
  for (const user of ["deploy", "deploy", "alice", "alice", "alice"]) {
    await waiting.create({ user, key: undefined });
  }
  deepEqual(await refused(waiting, "deploy"), ["busy", true]);
  deepEqual(await refused(waiting, "alice"), ["busy", undefined]);

  const { server: quiet } = await start();
  for (let n = 0; n < 5; n++) {
    const { ticket } = await quiet.create({ user: "deploy", key: undefined });
    await quiet.press(`/l/${ticket}/deny`, {});
  }
  deepEqual(await refused(quiet, "deploy"), ["quiet", true]);

  const { server: flooded } = await start("person", { loginsPerMinutePerHost: 1 });
  deepEqual(await refused(flooded, "deploy"), [undefined, true]);
  deepEqual(await refused(flooded, "alice"), [undefined, undefined]);
});

function all(server: TestServer) {
  return server.memory.find("approval", { all: true });
}
