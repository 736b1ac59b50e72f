/** Logins that one server process holds while they wait, and how fast it wakes them. */
import { digits, ratio, Sample } from "../figures.ts";
import { runLoad } from "../load.ts";
import type { Found } from "../load/waiting.ts";
import { openServer, type Place } from "../place.ts";
import { startLongPoll } from "../programs.ts";
import type { Row } from "../results.ts";

const LOGINS = 10_000;

interface Held {
  /** KB of the server's memory */
  readonly each: number;
  readonly alone: Sample;
  readonly together: Sample;
}

export async function waiting(place: Place): Promise<Row[]> {
  const ours = await holdGatehouse(place);
  const bare = await holdBare();
  const what = `${digits(LOGINS)} logins waiting at one server process`;
  const name = "a server of the same runtime that does nothing else, in memory";
  const wake = (how: "alone" | "together", limit: number) => ({
    ours: wakeText(ours[how]),
    references: [{
      name,
      figures: wakeText(bare[how]),
      ratio: ratio(ours[how].median, bare[how].median),
    }],
    goal: `p99 ≤ ${limit} ms`,
    met: ours[how].p99 <= limit,
  });
  return [
    {
      what: `${what}: memory of each (RSS)`,
      ours: `${digits(ours.each)} KB`,
      references: [{
        name,
        figures: `${digits(bare.each)} KB`,
        ratio: ratio(ours.each, bare.each),
      }],
      goal: "≤ 45 KB",
      met: ours.each <= 45,
    },
    { what: `${what}: click → answer, one at a time`, ...wake("alone", 50) },
    { what: `${what}: click → answer, all approved at once`, ...wake("together", 500) },
  ];
}

async function holdGatehouse(place: Place): Promise<Held> {
  await using server = await openServer(place);
  return await hold("gatehouse", server, server.token);
}

async function holdBare(): Promise<Held> {
  await using server = await startLongPoll();
  return await hold("bare", server);
}

async function hold(
  kind: "gatehouse" | "bare",
  { url, pid }: { url: string; pid: number },
  ...token: string[]
): Promise<Held> {
  const args = [kind, url, String(pid), String(LOGINS), ...token];
  const found: Found = JSON.parse(await runLoad("waiting", args));
  return {
    each: (found.waiting - found.before) / LOGINS / 1_000,
    alone: new Sample(found.alone),
    together: new Sample(found.together),
  };
}

function wakeText(sample: Sample): string {
  return `${sample.in("ms")}, p99 ${digits(sample.p99)} ms`;
}
