import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type ApprovalSettings,
  isOwnUser,
  mayApprove,
  OWN,
  type Person,
} from "../../lib/core/person.ts";
import {
  type ChannelFacts,
  type Routing,
  secondWaves,
  unknownNames,
  type Wave,
  wavesOf,
} from "../../lib/core/routing.ts";
import { someone } from "../support/people.ts";

const ALL = new Set(["request", "pin", "alert"] as const);
const channel = (name: string, changes: Partial<ChannelFacts> = {}): ChannelFacts => ({
  ...{ name, reach: "person", sends: ALL },
  ...{ isContact: (to) => to !== "@all", contactKey: (to) => to },
  ...changes,
});
const CHANNELS = [channel("telegram"), channel("email"), channel("team", { reach: "group" })];
const PERSONS_ONLY = CHANNELS.slice(0, 2);
const ROUTING: Routing = { nextAfterMs: 20_000, escalations: [] };
const ANY: ApprovalSettings = { twoPersons: [], groups: new Map() };
const TWO: ApprovalSettings = { ...ANY, twoPersons: ["root@*"] };
const login = (user: string, requester: string | null = null) => ({
  ...{ user, requester },
  host: "web1",
});

const alice = someone("alice", { contacts: { telegram: "1", email: "a@example.com" } });
const bob = someone("bob", { contacts: { telegram: "2" }, approves: [OWN, "root@*"] });
const carol = someone("carol", { contacts: { email: "c@example.com" }, approves: ["root@*"] });
const root = someone("dora", { contacts: { telegram: "4" }, administrator: true, approves: [] });
const ALL_PERSONS = [alice, bob, carol, root];

/** When, to whom, where. */
function told(waves: readonly Wave[]): string[] {
  return waves.flatMap(({ afterMs, asks }) =>
    asks.map(({ person, channel, to }) => `${afterMs / 1000} ${person} ${channel}=${to}`)
  );
}

function waves(
  about: ReturnType<typeof login>,
  persons: readonly Person[] = ALL_PERSONS,
  routing: Partial<Routing> = {},
  settings = ANY,
  channels: readonly ChannelFacts[] = PERSONS_ONLY,
): string[] {
  return told(wavesOf(about, persons, channels, { ...ROUTING, ...routing }, settings));
}

Deno.test("wavesOf() asks the owner, by one contact after the other", () => {
  deepEqual(waves(login("alice")), [
    "0 p_alice telegram=1",
    "20 p_alice email=a@example.com",
  ]);
  deepEqual(waves(login("alice"), ALL_PERSONS, { nextAfterMs: 0 }), [
    "0 p_alice telegram=1",
    "0 p_alice email=a@example.com",
  ]);
});

Deno.test("wavesOf() keeps to the order of a person's contacts, and to channels that ask", () => {
  const other = someone("alice", { contacts: { email: "a@example.com", telegram: "1" } });
  deepEqual(waves(login("alice"), [other]), [
    "0 p_alice email=a@example.com",
    "20 p_alice telegram=1",
  ]);
  const silent = [channel("email", { sends: new Set(["pin"]) }), channel("telegram")];
  deepEqual(waves(login("alice"), [other], {}, ANY, silent), ["0 p_alice telegram=1"]);
  deepEqual(waves(login("alice"), [other], {}, ANY, []), []);
});

Deno.test("wavesOf() asks those who approve the account where it is nobody's, else administrators", () => {
  deepEqual(waves(login("root")), ["0 p_bob telegram=2", "0 p_carol email=c@example.com"]);
  deepEqual(waves(login("deploy")), ["0 p_dora telegram=4"]);
  const frozen = { ...alice, state: "frozen" } as const;
  deepEqual(waves(login("alice"), [frozen, bob, root]), ["0 p_dora telegram=4"]);
  const powerless = { ...alice, approves: [] };
  deepEqual(waves(login("alice"), [powerless, root]), ["0 p_dora telegram=4"], "may not approve");
});

Deno.test("wavesOf() asks nobody else where the owner has no contact: the link is on the terminal", () => {
  deepEqual(waves(login("alice"), [someone("alice"), root]), []);
});

Deno.test("wavesOf() asks who calls su or sudo alone, if that one may have the account", () => {
  deepEqual(waves(login("root", "bob")), ["0 p_bob telegram=2"]);
  deepEqual(waves(login("root", "alice")), [
    "0 p_bob telegram=2",
    "0 p_carol email=c@example.com",
  ]);
  deepEqual(waves(login("alice", "bob")).slice(0, 1), ["0 p_alice telegram=1"], "the owner first");
});

Deno.test("wavesOf() asks all who may where it takes two, but for who logs in", () => {
  deepEqual(waves(login("root", "bob"), [bob, carol, root], {}, TWO), [
    "0 p_carol email=c@example.com",
    "0 p_dora telegram=4",
  ]);
  const eve = someone("eve", { contacts: { telegram: "5" }, approves: ["root@*"] });
  deepEqual(waves(login("root", "bob"), [bob, carol, eve, root], {}, TWO), [
    "0 p_carol email=c@example.com",
    "0 p_eve telegram=5",
  ], "administrators only where there are no two others");
});

Deno.test("wavesOf() asks those of an escalation later, each once, and only who may approve", () => {
  const escalations = [
    { accounts: ["root@*"], persons: ["Carol", "alice"], afterMs: 30_000 },
    { accounts: ["*@web1"], persons: ["carol", "dora"], afterMs: 60_000 },
    { accounts: ["root@db1"], persons: ["dora"], afterMs: 1 },
  ];
  deepEqual(waves(login("root"), ALL_PERSONS, { escalations }), [
    "0 p_bob telegram=2",
    "30 p_carol email=c@example.com",
    "60 p_dora telegram=4",
  ]);
  deepEqual(
    waves(login("root"), [carol], { escalations }),
    ["0 p_carol email=c@example.com"],
    "there is nobody else",
  );
});

Deno.test("secondWaves() asks those of the escalations at once", () => {
  const escalations = [{ accounts: ["root@*"], persons: ["alice", "bob"], afterMs: 30_000 }];
  const routing = { ...ROUTING, escalations };
  const second = { ...bob, contacts: { telegram: "2", email: "b@example.com" } };
  deepEqual(told(secondWaves(login("root"), [alice, second, root], CHANNELS, routing, TWO)), [
    "0 p_bob telegram=2",
    "20 p_bob email=b@example.com",
  ]);
  deepEqual(told(secondWaves(login("web"), [alice, second, root], CHANNELS, routing, TWO)), []);
});

Deno.test("wavesOf() tells a group once, at once, and mentions one who is asked at once", () => {
  const inTeam = { ...alice, contacts: { team: "@alice", telegram: "1" } };
  deepEqual(waves(login("alice"), [inTeam], {}, ANY, CHANNELS), [
    "0 null team=@alice",
    "0 p_alice telegram=1",
  ]);
  deepEqual(waves(login("nobody"), [alice], {}, ANY, CHANNELS), ["0 null team="]);
});

Deno.test("wavesOf() writes in the person's language, where there is one", () => {
  const languages = (language: Person["language"]) =>
    wavesOf(login("alice"), [{ ...alice, language }], CHANNELS, ROUTING, ANY)
      .flatMap(({ asks }) => asks.map(({ person, language }) => [person, language]));
  deepEqual(languages("zh-CN"), [[null, null], ["p_alice", "zh-CN"], ["p_alice", "zh-CN"]]);
  deepEqual(languages("auto").at(-1), ["p_alice", null]);
});

Deno.test("unknownNames() are those of whom there is no active person", () => {
  const escalations = [
    { accounts: ["root@*"], persons: ["BOB", "mallory", "alice"], afterMs: 0 },
    { accounts: ["web@*"], persons: ["trent"], afterMs: 0 },
  ];
  const persons = [{ ...alice, state: "frozen" as const }, bob];
  deepEqual(unknownNames(login("root"), persons, { escalations }), ["mallory", "alice"]);
  deepEqual(unknownNames(null, persons, { escalations }), ["mallory", "alice", "trent"]);
});

Deno.test("wavesOf() leaves out what the channel does not take for a contact, and mentions no such", () => {
  const early = someone("alice", { contacts: { telegram: "@all", team: "@all", email: "a@b.cc" } });
  const mentioned = { ...bob, contacts: { team: "@bob" }, approves: ["alice@*"] };
  const two: ApprovalSettings = { ...ANY, twoPersons: ["alice@*"] };
  deepEqual(waves(login("alice"), [early, mentioned], {}, ANY, CHANNELS), [
    "0 null team=",
    "0 p_alice email=a@b.cc",
  ]);
  deepEqual(waves(login("alice"), [early, mentioned], {}, two, CHANNELS)[0], "0 null team=@bob");
});

const NAMES = ["alice", "bob", "carol", "dora", "eve"];
const aContact = fc.constantFrom("1", "2", "A", "a", "@all");
const somePersons = fc.tuple(...NAMES.map((name) =>
  fc.record({
    state: fc.constantFrom("active", "frozen", "removed"),
    administrator: fc.boolean(),
    approves: fc.subarray([OWN, "root@*", "*@web1"]),
    contacts: fc.dictionary(
      fc.constantFrom("telegram", "email", "team", "gone", "wecom"),
      aContact,
    ),
    language: fc.constantFrom("auto", "en", "zh-CN"),
  }).map((rest) => someone(name, rest))
));
const someLogin = fc.record({
  user: fc.constantFrom("alice", "root", "deploy"),
  host: fc.constantFrom("web1", "db1"),
  requester: fc.constantFrom(null, "alice", "bob"),
});
const someRouting = fc.record({
  nextAfterMs: fc.constantFrom(0, 20_000),
  escalations: fc.array(fc.record({
    accounts: fc.subarray(["root@*", "*@web1"], { minLength: 1 }),
    persons: fc.subarray([...NAMES, "mallory"], { minLength: 1 }),
    afterMs: fc.constantFrom(0, 10_000, 30_000),
  })),
});

Deno.test("wavesOf() asks only who may approve, each contact once, in order of time", () => {
  const channels = [...CHANNELS, channel("wecom", { contactKey: (to) => to.toLowerCase() })];
  fc.assert(fc.property(
    somePersons,
    someLogin,
    someRouting,
    fc.constantFrom(ANY, TWO),
    (persons, about, routing, settings) => {
      for (const plan of [wavesOf, secondWaves]) {
        const made = plan(about, persons, channels, routing, settings);
        const asks = made.flatMap(({ asks }) => asks);
        for (const { person: id, channel, to } of asks) {
          if (id === null) continue;
          const person = persons.find((one) => one.id === id);
          ok(person !== undefined && mayApprove(person, about, settings).ok);
          equal(person.contacts[channel], to);
          ok(to !== "@all");
          if (settings === TWO && about.user === "root") {
            ok(about.requester === null || !isOwnUser(person, about.requester));
          }
        }
        const keys = asks.map(({ channel, to }) =>
          `${channel} ${channel === "wecom" ? to.toLowerCase() : to}`
        );
        equal(new Set(keys).size, keys.length);
        deepEqual(
          made.map(({ afterMs }) => afterMs),
          [
            ...new Set(made.map(({ afterMs }) => afterMs)),
          ].sort((a, b) => a - b),
        );
        equal(asks.filter(({ person }) => person === null).length, plan === wavesOf ? 1 : 0);
      }
    },
  ));
});

Deno.test("wavesOf() leaves nobody out whom it could ask: if anybody may approve, somebody is asked", () => {
  fc.assert(fc.property(
    somePersons,
    someLogin,
    someRouting,
    fc.constantFrom(ANY, TWO),
    (persons, about, routing, settings) => {
      const reachable = persons.map((person) => ({ ...person, contacts: { telegram: person.id } }));
      const able = reachable.filter((person) => mayApprove(person, about, settings).ok);
      const made = wavesOf(about, reachable, PERSONS_ONLY, routing, settings);
      const first = made.find(({ afterMs }) => afterMs === 0)?.asks ?? [];
      equal(first.length > 0, able.length > 0);
    },
  ));
});
