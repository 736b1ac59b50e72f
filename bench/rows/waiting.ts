/** Logins that one server process holds while they wait, and how fast it wakes them. */
import { digits, Sample } from "../figures.ts";
import { runLoad } from "../load.ts";
import type { Found } from "../load/waiting.ts";
import { openServer, type Place } from "../place.ts";
import type { Row } from "../results.ts";

const LOGINS = 10_000;

export async function waiting(place: Place): Promise<Row[]> {
  await using server = await openServer(place);
  const args = [server.url, server.token, String(server.pid), String(LOGINS)];
  const found: Found = JSON.parse(await runLoad("waiting", args));
  const each = (found.waiting - found.before) / LOGINS / 1_000;
  const alone = new Sample(found.alone);
  const together = new Sample(found.together);
  const what = `${digits(LOGINS)} logins waiting at one server process`;
  return [
    {
      what: `${what}: memory of each (RSS)`,
      ours: `${digits(each)} KB`,
      references: [],
      goal: "≤ 45 KB",
      met: each <= 45,
    },
    {
      what: `${what}: click → answer, one at a time`,
      ours: `${alone.in("ms")}, p99 ${digits(alone.p99)} ms`,
      references: [],
      goal: "p99 ≤ 50 ms",
      met: alone.p99 <= 50,
    },
    {
      what: `${what}: click → answer, all approved at once`,
      ours: `${together.in("ms")}, p99 ${digits(together.p99)} ms`,
      references: [],
      goal: "p99 ≤ 500 ms",
      met: together.p99 <= 500,
    },
  ];
}
