/** What every store does for lists of logins and their pictures. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { EndReason, Login } from "../../lib/core/login.ts";
import {
  type LoginOutcome,
  type LoginQuestion,
  loginStanding,
  LOOKED_THROUGH,
} from "../../lib/core/login_list.ts";
import { COLLECT_WITHIN_MS } from "../../lib/core/login.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import type { Store } from "../../lib/ports.ts";
import { aLogin, T0 } from "../support/logins.ts";
import { countAlike, fitsQuestion } from "../support/memory_queries.ts";
import { scratch } from "../support/scratch.ts";
import { type Contract, testEveryStore } from "../support/stores.ts";
import { anyText } from "../support/texts.ts";

const HOUR_MS = 3_600_000;
/** When a login of `aLogin` has long ended. */
const LATE = T0 + HOUR_MS;
const ANY: LoginQuestion = { words: [], outcome: undefined, now: LATE };

const ids = (logins: readonly Login[]) => logins.map(({ id }) => id);

async function added(store: Store, ...logins: readonly Partial<Login>[]): Promise<void> {
  for (const changes of logins) {
    const login = aLogin(changes);
    await store.addLogin(login, () => login);
  }
}

async function found(store: Store, question: Partial<LoginQuestion>): Promise<string[]> {
  return ids((await store.listLogins({ ...ANY, ...question }, undefined, 99)).logins);
}

const OUTCOMES: readonly LoginOutcome[] = [
  "approved",
  "remembered",
  "code",
  "refused",
  "ended",
  "waiting",
];

const REASONS: readonly EndReason[] = [
  ...["denied", "not_me", "wrong_number", "timeout", "not_collected"] as const,
  ...["hung_up", "code_used", "too_many_codes", "not_delivered"] as const,
];

const contract: Contract = {
  "listLogins() shows each once, the newest first, whatever comes meanwhile": async (store) => {
    assert.deepEqual(await store.listLogins(ANY, undefined, 3), { logins: [], older: undefined });
    const places = [2, 1, 1, 3, 3, 3, 5];
    await added(store, ...places.map((at, n) => ({ id: `l${n}`, createdAt: T0 + at })));
    const seen: string[] = [];
    let after: string | undefined;
    for (let page = 0; page < 4; page++) {
      const { logins, older } = await store.listLogins(ANY, after, 2);
      assert.deepEqual(logins.length, page === 3 ? 1 : 2);
      seen.push(...ids(logins));
      after = older;
      await added(store, { id: `new${page}`, createdAt: T0 + 9 });
    }
    assert.equal(after, undefined);
    assert.deepEqual(seen, ["l6", "l5", "l4", "l3", "l0", "l2", "l1"]);
  },

  "listLogins() ends without a page that is empty, and begins at the front behind what is gone":
    async (
      store,
    ) => {
      await added(store, { id: "a", createdAt: T0 }, { id: "b", createdAt: T0 + 1 });
      assert.equal((await store.listLogins(ANY, undefined, 2)).older, undefined);
      assert.deepEqual(await store.listLogins(ANY, "a", 2), { logins: [], older: undefined });
      assert.deepEqual(ids((await store.listLogins(ANY, "gone", 2)).logins), ["b", "a"]);
    },

  "listLogins() finds what has each word in account, source, requester, service or who decided":
    async (
      store,
    ) => {
      const deploy = { user: "Deploy", host: "web1", source: "192.0.2.1", service: "sudo" };
      await added(
        store,
        { id: "1", ...deploy, requester: "Carol" },
        { id: "2", user: "ａlice", host: "db_1", source: "2001:db8::7", service: "sshd" },
        {
          id: "3",
          user: "root",
          host: "db%1",
          state: "approved",
          by: "person:Zoë",
          via: "passkey",
        },
      );
      const cases: [string[], string[]][] = [
        [["deploy"], ["1"]],
        [["deploy@web1"], ["1"]],
        [["web1", "192.0.2"], ["1"]],
        [["web1", "2001"], []],
        [["carol"], ["1"]],
        [["sudo"], ["1"]],
        [["alice"], ["2"]],
        [["db_1"], ["2"]],
        [["db%1"], ["3"]],
        [["zoë"], ["3"]],
        [["web1192"], []],
        [["'"], []],
        [["null"], []],
      ];
      for (const [words, expected] of cases) {
        assert.deepEqual(await found(store, { words }), expected, words.join(" "));
      }
      await store.changeLogins(
        { id: "2" },
        (all) =>
          all.map((login) => ({ ...login, state: "denied", reason: "denied", by: "admin:bob" })),
      );
      assert.deepEqual(await found(store, { words: ["admin:bob"] }), ["2"]);
    },

  "listLogins() tells outcomes apart, and time ends logins that nobody has ended": async (
    store,
  ) => {
    const ended = REASONS.map((reason) => ({ id: reason, state: "denied", reason }) as const);
    const open = { createdAt: T0, expiresAt: T0 + 60_000 };
    const approved = { state: "approved", decidedAt: T0, by: "person:alice" } as const;
    await added(
      store,
      ...ended,
      { id: "open", ...open },
      { id: "passkey", ...approved, via: "passkey" },
      { id: "grant", ...approved, via: "grant" },
      { id: "collected", ...approved, via: "grant", collected: true },
    );
    const moments = [
      ...[T0, T0 + COLLECT_WITHIN_MS - 1, T0 + COLLECT_WITHIN_MS],
      ...[T0 + 59_999, T0 + 60_000, LATE],
    ];
    const all = await store.recentLogins(99);
    for (const now of moments) {
      for (const outcome of OUTCOMES) {
        const question = { ...ANY, outcome, now };
        const expected = ids(all.filter((login) => fitsQuestion(login, question)));
        assert.deepEqual(await found(store, question), expected, `${outcome} ${now - T0}`);
      }
    }
    assert.deepEqual(await found(store, { outcome: "remembered" }), ["collected"]);
    assert.equal(new Set(all.map((login) => loginStanding(login, T0))).size, REASONS.length + 3);
  },

  "countLogins() counts each login of these hours once, by all that the pictures show": async (
    store,
  ) => {
    const hour = Math.floor(T0 / HOUR_MS) * HOUR_MS;
    await added(
      store,
      { id: "before", createdAt: hour - 1 },
      { id: "first", createdAt: hour },
      { id: "alike", createdAt: hour + HOUR_MS - 1 },
      { id: "source", createdAt: hour, source: "192.0.2.99" },
      { id: "denied", createdAt: hour, state: "denied", reason: "denied" },
      { id: "behind", createdAt: hour + HOUR_MS },
    );
    const now = hour + 3 * HOUR_MS;
    const counts = await store.countLogins({ ...ANY, now }, [hour]);
    const told = counts.map(({ source, outcome, count }) => `${source} ${outcome} ${count}`);
    const { source, user, host } = aLogin();
    const expected = [`${source} ended 2`, `${source} refused 1`, "192.0.2.99 ended 1"];
    assert.deepEqual(told.toSorted(), expected.toSorted());
    assert.ok(counts.every((one) => one.hour === hour && one.user === user && one.host === host));
    const words = ["192.0.2.99"];
    const [only, ...more] = await store.countLogins({ ...ANY, now, words }, [hour, hour + HOUR_MS]);
    assert.deepEqual([only?.source, only?.count, more], ["192.0.2.99", 1, []]);
    assert.deepEqual(await store.countLogins(ANY, []), []);
  },
};

testEveryStore(contract);

/** No name or address holds a NUL, where SQLite ends a text, or half a character. */
const nameText = (length: number) =>
  anyText(length).map((text) => text.replaceAll("\0", "").toWellFormed());

const anyLogin = fc.record({
  user: nameText(8),
  host: fc.constantFrom("web1", "Web1", "db1"),
  source: nameText(8),
  requester: fc.option(nameText(4)),
  createdAt: fc.integer({ min: T0, max: T0 + 5 }),
  end: fc.constantFrom<Partial<Login>>(
    {},
    { state: "approved", decidedAt: T0, via: "grant", by: "person:alice" },
    { state: "denied", decidedAt: T0, reason: "denied", by: "link" },
  ),
}).map(({ end, ...given }) => ({ ...given, ...end }));

Deno.test("both stores agree on what fits any question", async () => {
  const question = fc.record({
    words: fc.array(fc.stringMatching(/^[^\s]{1,2}$/u).map((word) => word.toLowerCase()), {
      maxLength: 3,
    }),
    outcome: fc.constantFrom(undefined, ...OUTCOMES),
    now: fc.constantFrom(T0, LATE),
  });
  await using folder = await scratch();
  let n = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyLogin, { maxLength: 12 }), question, async (given, asked) => {
      const memory = new MemoryStore();
      const sqlite = SqliteStore.open(`${folder.path}/${n++}`, "command");
      try {
        const logins = given.map((each, index) => ({ id: `l${index}`, ...each }));
        for (const store of [memory, sqlite]) await added(store, ...logins);
        const [one, other] = await Promise.all([memory, sqlite].map(async (store) => ({
          list: await store.listLogins(asked, undefined, 5),
          counts: (await store.countLogins(asked, [Math.floor(T0 / HOUR_MS) * HOUR_MS]))
            .map((count) => JSON.stringify(Object.entries(count).toSorted())).toSorted(),
        })));
        assert.deepEqual(one, other);
        const all = countAlike(await memory.recentLogins(99), asked.now);
        assert.equal(all.reduce((sum, { count }) => sum + count, 0), given.length);
      } finally {
        await sqlite.close();
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("listLogins() looks through so many at most, and says where to go on", async () => {
  await using folder = await scratch();
  const store = SqliteStore.open(`${folder.path}/data`, "command");
  try {
    const crowd = Array.from({ length: LOOKED_THROUGH }, (_, n) => ({
      id: `l${n}`,
      user: `user${n}`,
      createdAt: T0 + 1 + n,
    }));
    const needle = { id: "needle", user: "needle", createdAt: T0 };
    await Promise.all([needle, ...crowd].map((login) => added(store, login)));
    const question = { ...ANY, words: ["needle"] };
    const first = await store.listLogins(question, undefined, 40);
    assert.deepEqual(first, { logins: [], older: "l0" });
    const { logins, older } = await store.listLogins(question, first.older, 40);
    assert.deepEqual([ids(logins), older], [["needle"], undefined]);
  } finally {
    await store.close();
  }
});
