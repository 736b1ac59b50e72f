/** How long ago hosts were last heard of. */
import type { Host } from "../../lib/ports.ts";
import type { BoardMessages } from "../messages/board_words.ts";
import { Chart, Figures, place } from "./chart_parts.tsx";

/** Up to so long ago, in milliseconds; then longer, and never. */
const AGES = [300_000, 3_600_000, 86_400_000, 604_800_000];
/** Waiting hosts are not heard of between logins, so only what is old is marked. */
const TONES = ["approved", "approved", "approved", "waiting", "refused", "ended"] as const;

const WIDTH = 340;
const ROW = 22;
const SIDE = 100;

export type SeenCounts = readonly [number, number, number, number, number, number];

/** Of hosts that are not revoked: by `AGES`, then longer ago, then never. */
export function countSeen(hosts: readonly Host[], now: number): SeenCounts {
  const counts: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0];
  for (const { revokedAt, lastSeenAt } of hosts) {
    if (revokedAt === null) counts[ageOf(lastSeenAt, now)]++;
  }
  return counts;
}

function ageOf(seenAt: number | null, now: number): 0 | 1 | 2 | 3 | 4 | 5 {
  if (seenAt === null) return 5;
  const age = now - seenAt;
  const [minutes = 0, hour = 0, day = 0, week = 0] = AGES;
  if (age <= minutes) return 0;
  if (age <= hour) return 1;
  if (age <= day) return 2;
  return age <= week ? 3 : 4;
}

export function SeenChart({ counts, messages }: { counts: SeenCounts; messages: BoardMessages }) {
  const { hosts: m } = messages;
  const most = Math.max(1, ...counts);
  return (
    <section class="card">
      <h2>{m.chart.title}</h2>
      <Chart
        name="seen"
        title={m.chart.title}
        text={m.chart.text}
        width={WIDTH}
        height={counts.length * ROW + 4}
      >
        {counts.map((count, index) => {
          const y = index * ROW + 4;
          const length = count / most * (WIDTH - SIDE - 40);
          return (
            <>
              <text class="name" x={SIDE - 8} y={y + 13} text-anchor="end">{m.ages[index]}</text>
              <rect
                class={TONES[index] ?? "ended"}
                x={SIDE}
                y={y}
                width={place(length)}
                height={ROW - 5}
              />
              <text x={place(SIDE + length + 6)} y={y + 13}>{count}</text>
            </>
          );
        })}
      </Chart>
      <Figures name="seen" columns={[m.seen, m.count]} messages={messages}>
        {counts.map((count, index) => (
          <tr>
            <th scope="row">{m.ages[index]}</th>
            <td>{count}</td>
          </tr>
        ))}
      </Figures>
    </section>
  );
}
