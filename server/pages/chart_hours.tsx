/** Logins by hour and outcome. */
import { HOUR_MS, type LoginCount } from "../../lib/core/login_list.ts";
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

const HOURS = 24;

const WIDTH = 340;
const HEIGHT = 170;
const LEFT = 30;
const TOP = 14;
const GROUND = HEIGHT - 22;
/** Every so many hours one is named. */
const NAMED = 4;

export interface Hour {
  /** When it begins, in milliseconds since the Unix epoch. */
  readonly from: number;
  readonly counts: Counts;
}

/** The hour that is not over yet, and the 23 before it, by when they begin; the earliest first. */
export function shownHours(now: number): number[] {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: HOURS }, (_, index) => last - (HOURS - 1 - index) * HOUR_MS);
}

export function countHours(counts: readonly LoginCount[], now: number): Hour[] {
  const byHour = Map.groupBy(counts, ({ hour }) => hour);
  return shownHours(now).map((from) => ({
    from,
    counts: (byHour.get(from) ?? []).reduce(plus, NO_COUNTS),
  }));
}

/** A round number that is at least so much, for the top of the scale. */
export function scaleTop(most: number): number {
  if (most <= 5) return 5;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * unit).find((top) => top >= most) ?? 10 * unit;
}

export function HoursChart(
  { hours, messages }: { hours: readonly Hour[]; messages: BoardMessages },
) {
  const m = messages.logins;
  const sums = hours.map(({ counts }) => total(counts));
  const top = scaleTop(Math.max(0, ...sums));
  const step = (WIDTH - LEFT) / hours.length;
  const height = (count: number) => count / top * (GROUND - TOP);
  const bar = ({ counts }: Hour, index: number) => {
    let below = 0;
    return OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => {
      const y = GROUND - height(below + counts[outcome]);
      below += counts[outcome];
      return (
        <rect
          key={outcome}
          class={outcome}
          x={place(LEFT + index * step + 1)}
          y={place(y)}
          width={place(step - 2)}
          height={place(height(counts[outcome]))}
        />
      );
    });
  };
  return (
    <section class="card">
      <h2>{m.hours.title}</h2>
      <Chart
        name="hours"
        title={m.hours.title}
        text={m.hours.text(sums.reduce((a, b) => a + b, 0))}
        width={WIDTH}
        height={HEIGHT}
      >
        {[0, 0.5, 1].map((part) => {
          const y = place(GROUND - height(top * part));
          return <line key={y} x1={LEFT} y1={y} x2={WIDTH} y2={y} />;
        })}
        <text x={LEFT - 5} y={place(GROUND + 4)} text-anchor="end">0</text>
        <text x={LEFT - 5} y={place(TOP + 4)} text-anchor="end">{short(top)}</text>
        {hours.map(bar)}
        {hours.map(({ from }, index) =>
          index % NAMED === 0 && (
            <text key={from} x={place(LEFT + index * step)} y={HEIGHT - 6}>{clock(from)}</text>
          )
        )}
      </Chart>
      <Legend messages={messages} />
      <Figures
        name="hours"
        columns={[m.hour, ...OUTCOMES.map((outcome) => m.outcomes[outcome]), m.total]}
        messages={messages}
      >
        {hours.map(({ from, counts }, index) => (
          <tr key={from}>
            <th scope="row">{clock(from)}</th>
            {OUTCOMES.map((outcome) => <td key={outcome}>{counts[outcome]}</td>)}
            <td>{sums[index]}</td>
          </tr>
        ))}
      </Figures>
    </section>
  );
}

/** "14:00" */
function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

/** "20k" */
function short(count: number): string {
  return count >= 1_000 ? `${place(count / 1_000)}k` : String(count);
}
