/** From where to which account: two columns with lines between them. */
import type { LoginCount, LoginOutcome } from "../../lib/core/login_list.ts";
import { printable } from "../../lib/core/text.ts";
import type { BoardMessages } from "../messages/board_words.ts";
import {
  Chart,
  type Counts,
  Figures,
  Legend,
  NO_COUNTS,
  OUTCOMES,
  place,
  plus,
  total,
} from "./chart_parts.tsx";

/** Names on each side; the rest is "others". */
const NAMES = 12;
/** Rows of the table; the rest is one more. */
const ROWS = 40;

const WIDTH = 340;
const ROW = 22;
const SIDE = 118;
const THINNEST = 1.5;
const THICKEST = 11;
const LINES = { from: SIDE + 4, to: WIDTH - SIDE - 4 };
const BEND = WIDTH / 2;
/** Lines that show how many ended how; the thinner ones would show nothing, and make the page heavy. */
const DIVIDED = 40;
/** Characters that a side has room for. */
const ROOM = 16;

/** A name, or undefined for all the others. */
type Name = string | undefined;

interface Flow {
  readonly source: Name;
  readonly account: Name;
  readonly counts: Counts;
}

export interface Flows {
  /** Those with the most logins first, the others last where there are any. */
  readonly sources: readonly Name[];
  readonly accounts: readonly Name[];
  readonly flows: readonly Flow[];
  /** How many names "others" stands for. */
  readonly otherSources: number;
  readonly otherAccounts: number;
}

export function countFlows(all: readonly LoginCount[]): Flows {
  const accountOf = ({ user, host }: LoginCount) => `${user}@${host}`;
  const sources = mostFrequent(all, ({ source }) => source);
  const accounts = mostFrequent(all, accountOf);
  const flows = new Map<string, Flow>();
  for (const alike of all) {
    const source = sources.named.has(alike.source) ? alike.source : undefined;
    const account = accounts.named.has(accountOf(alike)) ? accountOf(alike) : undefined;
    const key = JSON.stringify([source ?? null, account ?? null]);
    const { counts } = flows.get(key) ?? { counts: NO_COUNTS };
    flows.set(key, { source, account, counts: plus(counts, alike) });
  }
  return {
    sources: [...sources.named, ...(sources.others > 0 ? [undefined] : [])],
    accounts: [...accounts.named, ...(accounts.others > 0 ? [undefined] : [])],
    flows: [...flows.values()].sort((a, b) => total(b.counts) - total(a.counts)),
    otherSources: sources.others,
    otherAccounts: accounts.others,
  };
}

function mostFrequent(
  all: readonly LoginCount[],
  nameOf: (alike: LoginCount) => string,
): { named: Set<string>; others: number } {
  const counts = new Map<string, number>();
  for (const alike of all) {
    const name = nameOf(alike);
    counts.set(name, (counts.get(name) ?? 0) + alike.count);
  }
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const named = new Set(sorted.slice(0, NAMES).map(([name]) => name));
  return { named, others: counts.size - named.size };
}

export function MapChart({ flows: all, messages }: { flows: Flows; messages: BoardMessages }) {
  const m = messages.logins;
  const { sources, accounts, flows, otherSources, otherAccounts } = all;
  if (flows.length === 0) return null;
  const rows = Math.max(sources.length, accounts.length);
  const height = rows * ROW + 4;
  /** The shorter side stands in the middle. */
  const middle = (names: readonly Name[], name: Name) =>
    (names.indexOf(name) + (rows - names.length) / 2 + 0.5) * ROW + 2;
  const most = Math.max(...flows.map(({ counts }) => total(counts)));
  const thickness = (count: number) =>
    THINNEST + (THICKEST - THINNEST) * (count - 1) / Math.max(1, most - 1);
  const strands = flows.flatMap((flow, index) => {
    const [from, to] = [middle(sources, flow.source), middle(accounts, flow.account)];
    return strandsOf(flow.counts, thickness, index < DIVIDED)
      .map(({ outcome, shift, thick }) => ({
        outcome,
        path: <path stroke-width={place(thick)} d={curve(from + shift, to + shift)} />,
      }));
  });
  const names = (side: readonly Name[], others: number, anchor: "start" | "end", x: number) =>
    side.map((name) => (
      <text class="name" x={x} y={place(middle(side, name) + 4)} text-anchor={anchor}>
        {name === undefined ? m.others(others) : printable(name, ROOM)}
      </text>
    ));
  const said = m.map.text(
    sources.filter((name) => name !== undefined).length + otherSources,
    accounts.filter((name) => name !== undefined).length + otherAccounts,
  );
  return (
    <section class="card">
      <h2>{m.map.title}</h2>
      <Chart name="map" title={m.map.title} text={said} width={WIDTH} height={height}>
        {OUTCOMES.map((outcome) => (
          <g class={outcome} key={outcome}>
            {strands.filter((strand) => strand.outcome === outcome).map(({ path }) => path)}
          </g>
        ))}
        {names(sources, otherSources, "end", SIDE)}
        {names(accounts, otherAccounts, "start", WIDTH - SIDE)}
      </Chart>
      <Legend messages={messages} />
      <FlowFigures flows={all} messages={messages} />
    </section>
  );
}

function FlowFigures({ flows: all, messages }: { flows: Flows; messages: BoardMessages }) {
  const m = messages.logins;
  const { flows, otherSources, otherAccounts } = all;
  const rest = flows.slice(ROWS);
  const sum = (outcome: keyof Counts) => rest.reduce((n, { counts }) => n + counts[outcome], 0);
  const cells = (counts: Counts) => (
    <>
      {OUTCOMES.map((outcome) => <td key={outcome}>{counts[outcome]}</td>)}
      <td>{total(counts)}</td>
    </>
  );
  const restCounts: Counts = {
    approved: sum("approved"),
    remembered: sum("remembered"),
    code: sum("code"),
    ended: sum("ended"),
    waiting: sum("waiting"),
    refused: sum("refused"),
  };
  return (
    <Figures
      name="map"
      columns={[
        ...[messages.source, messages.account],
        ...[...OUTCOMES.map((outcome) => m.outcomes[outcome]), m.total],
      ]}
      messages={messages}
    >
      {flows.slice(0, ROWS).map(({ source, account, counts }) => (
        <tr>
          <th scope="row">
            {source === undefined ? m.others(otherSources) : printable(source, 64)}
          </th>
          <td>{account === undefined ? m.others(otherAccounts) : printable(account, 64)}</td>
          {cells(counts)}
        </tr>
      ))}
      {rest.length > 0 && (
        <tr>
          <th scope="row">{m.others(rest.length)}</th>
          <td />
          {cells(restCounts)}
        </tr>
      )}
    </Figures>
  );
}

interface Strand {
  readonly outcome: LoginOutcome;
  /** From the middle of the line. */
  readonly shift: number;
  readonly thick: number;
}

/**
 * One beside the other, as thick as there are logins that ended so.
 * @param divided else there is one: of a denial, where there was any, or of what happened most
 */
function strandsOf(
  counts: Counts,
  thickness: (count: number) => number,
  divided: boolean,
): Strand[] {
  const sum = total(counts);
  const whole = thickness(sum);
  if (!divided) {
    const most = OUTCOMES.reduce((a, b) => counts[b] > counts[a] ? b : a);
    return [{ outcome: counts.refused > 0 ? "refused" : most, shift: 0, thick: whole }];
  }
  let done = 0;
  return OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => {
    const thick = whole * counts[outcome] / sum;
    const shift = done + thick / 2 - whole / 2;
    done += thick;
    return { outcome, shift, thick: Math.max(1, thick) };
  });
}

function curve(from: number, to: number): string {
  const [y1, y2] = [place(from), place(to)];
  return `M${LINES.from} ${y1}C${BEND} ${y1} ${BEND} ${y2} ${LINES.to} ${y2}`;
}
