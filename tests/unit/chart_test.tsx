/** The pictures: right sums, nothing that is no number, and no text of anybody's unescaped. */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Login } from "../../lib/core/login.ts";
import type { Host } from "../../lib/ports.ts";
import { boardMessages } from "../../server/messages/board_words.ts";
import { countHours, HoursChart, scaleTop } from "../../server/pages/chart_hours.tsx";
import { countFlows, MapChart } from "../../server/pages/chart_map.tsx";
import { type Counts, total } from "../../server/pages/chart_parts.tsx";
import { countSeen, SeenChart } from "../../server/pages/chart_seen.tsx";
import { aLogin, T0 } from "../support/logins.ts";
import { countAlike } from "../support/memory_queries.ts";
import { anyText } from "../support/texts.ts";

const HOUR_MS = 3_600_000;
const NOW = T0 + 12.5 * HOUR_MS;
const messages = boardMessages("en");

const login = fc.record({
  user: anyText(12),
  host: fc.constantFrom("web1", "web2", "<b>", `"&'`),
  source: fc.oneof(fc.ipV4(), fc.ipV6(), anyText(12)),
  createdAt: fc.integer({ min: NOW - 30 * HOUR_MS, max: NOW }),
  end: fc.constantFrom<Partial<Login>>(
    {},
    { state: "approved", collected: true },
    { state: "approved", collected: true, via: "grant" },
    { state: "denied", reason: "not_me" },
    { state: "denied", reason: "not_delivered" },
    { state: "expired", reason: "timeout" },
    { state: "cancelled", reason: "code_used" },
  ),
}).map(({ end, ...known }) => aLogin({ ...known, expiresAt: known.createdAt + 60_000, ...end }));
const logins = fc.array(login, { maxLength: 80 });
const counted = (logins: readonly Login[]) => countAlike(logins, NOW);

const sumOf = (all: readonly { readonly counts: Counts }[]) =>
  all.reduce((sum, { counts }) => sum + total(counts), 0);

/** Numbers are numbers, and all tags are ours. */
function checkMarkup(html: string): void {
  ok(!/NaN|Infinity|undefined|null/.test(html), html);
  ok(!/="-?\d*e[+-]/.test(html), "no exponent");
  const tags = new Set([...html.matchAll(/<\/?([^\s>/]+)/g)].map(([, name]) => name));
  const ours = [
    ...["section", "h2", "svg", "title", "desc", "line", "text", "rect", "g", "path", "ul", "li"],
    ...["details", "summary", "div", "table", "thead", "tbody", "tr", "th", "td"],
  ];
  deepEqual([...tags].filter((tag) => !ours.includes(tag ?? "")), []);
  ok(!/ style=/.test(html));
}

Deno.test("countHours() counts each login of the last 24 hours once", () => {
  fc.assert(fc.property(logins, (logins) => {
    const hours = countHours(counted(logins), NOW);
    equal(hours.length, 24);
    const first = hours[0]?.from ?? 0;
    equal(sumOf(hours), logins.filter(({ createdAt }) => createdAt >= first).length);
    ok(hours.every(({ from }, index) => from === first + index * HOUR_MS));
    ok(NOW - HOUR_MS < (hours.at(-1)?.from ?? 0) && (hours.at(-1)?.from ?? 0) <= NOW);
  }));
});

Deno.test("countHours() tells how they ended, and time ends them too", () => {
  const overdue = aLogin({ createdAt: NOW - 120_000, expiresAt: NOW - 60_000 });
  const denied = aLogin({ createdAt: NOW - HOUR_MS, state: "denied", reason: "denied" });
  const coded = { state: "cancelled", reason: "code_used" } as const;
  const byCode = aLogin({ createdAt: NOW - HOUR_MS, ...coded });
  const hours = countHours(counted([overdue, denied, byCode]), NOW);
  equal(hours.at(-2)?.counts.code, 1);
  equal(hours.at(-1)?.counts.ended, 1);
  equal(hours.at(-2)?.counts.refused, 1);
});

Deno.test("HoursChart() draws whatever there is, and the bars are as high as the figures", () => {
  fc.assert(
    fc.property(logins, (logins) => {
      const hours = countHours(counted(logins), NOW);
      const html = String(<HoursChart hours={hours} messages={messages} />);
      checkMarkup(html);
      const figures = [...html.matchAll(/<td>(\d+)<\/td><\/tr>/g)].map(([, sum]) => Number(sum));
      deepEqual(figures, hours.map(({ counts }) => total(counts)));
    }),
    { numRuns: 50 },
  );
  const one = countHours(counted([aLogin({ createdAt: NOW, expiresAt: NOW + 60_000 })]), NOW);
  const html = String(<HoursChart hours={one} messages={messages} />);
  // One of at most five, on 134 units.
  ok(html.includes(`<rect class="waiting" x="328.1" y="121.2" width="10.9" height="26.8">`), html);
});

Deno.test("scaleTop() is a round number, and never too low", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10_000_000 }), (most) => {
    const top = scaleTop(most);
    ok(top >= most && top >= 5 && top <= Math.max(5, most * 2.5));
    ok(/^[125]0*$/.test(String(top)), String(top));
  }));
});

Deno.test("countFlows() names the most frequent, and counts each login once", () => {
  fc.assert(fc.property(logins, (logins) => {
    const { flows, sources, accounts, otherSources, otherAccounts } = countFlows(counted(logins));
    equal(sumOf(flows), logins.length);
    ok(sources.length <= 13 && accounts.length <= 13);
    equal(sources.includes(undefined), otherSources > 0);
    const named = sources.filter((name) => name !== undefined);
    equal(named.length + otherSources, new Set(logins.map(({ source }) => source)).size);
    equal(
      accounts.filter((name) => name !== undefined).length + otherAccounts,
      new Set(logins.map(({ user, host }) => `${user}@${host}`)).size,
    );
    ok(flows.every((flow) => sources.includes(flow.source) && accounts.includes(flow.account)));
  }));
});

Deno.test("MapChart() draws whatever there is, and its figures add up", () => {
  fc.assert(
    fc.property(fc.array(login, { minLength: 1, maxLength: 80 }), (logins) => {
      const flows = countFlows(counted(logins));
      const html = String(<MapChart flows={flows} messages={messages} />);
      checkMarkup(html);
      const figures = [...html.matchAll(/<td>(\d+)<\/td><\/tr>/g)].map(([, sum]) => Number(sum));
      equal(figures.reduce((a, b) => a + b, 0), logins.length);
    }),
    { numRuns: 50 },
  );
  equal(String(<MapChart flows={countFlows([])} messages={messages} />), "");
});

Deno.test("MapChart() shows a denial among many approvals", () => {
  const approved = Array.from({ length: 99 }, () => aLogin({ state: "approved", collected: true }));
  const flows = countFlows(
    counted([...approved, aLogin({ state: "denied", reason: "not_me" })]),
  );
  const html = String(<MapChart flows={flows} messages={messages} />);
  ok(/<g class="refused"><path stroke-width="1"/.test(html), html);
});

Deno.test("both pictures of a crowd together stay below 35 KB", () => {
  const crowd = Array.from({ length: 2_000 }, (_, index) =>
    aLogin({
      user: `somebody-with-a-name-${index % 40}`,
      host: `a-host-in-a-rack-${index % 3}`,
      source: `2001:db8:1234:5678:9abc:def0:1234:${(index % 97).toString(16)}`,
      createdAt: NOW - (index % 24) * HOUR_MS,
      ...(index % 5 === 0 ? { state: "denied", reason: "denied" } as const : {}),
      ...(index % 5 > 2 ? { state: "approved", collected: true } as const : {}),
    }));
  const html = String(
    <>
      <HoursChart hours={countHours(counted(crowd), NOW)} messages={messages} />
      <MapChart flows={countFlows(counted(crowd))} messages={messages} />
    </>,
  );
  ok(html.length < 35_000, `${html.length}`);
});

Deno.test("countSeen() and SeenChart(): hosts in use by how long ago they were heard of", () => {
  const host = (lastSeenAt: number | null, revokedAt: number | null = null): Host => ({
    name: "web1",
    tokenHash: "",
    ...{ createdAt: T0, joinedAt: T0, revokedAt, lastSeenAt },
    ...{ version: null, codesKey: null, reportKey: null },
  });
  const ages = [0, 300_000, 300_001, HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, 8 * 24 * HOUR_MS];
  const hosts = [...ages.map((age) => host(NOW - age)), host(null), host(NOW, NOW)];
  deepEqual(countSeen(hosts, NOW), [2, 2, 1, 1, 1, 1]);
  checkMarkup(String(<SeenChart counts={countSeen(hosts, NOW)} messages={messages} />));
  checkMarkup(String(<SeenChart counts={countSeen([], NOW)} messages={messages} />));
});
