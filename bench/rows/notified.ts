/** From a request to the messages about it, by 15 channels; and what those cost the login. */
import { DeadEnds, pause, ticketOf, Told, Vendors } from "../channels.ts";
import { digits, ratio, Sample } from "../figures.ts";
import type { Place } from "../place.ts";
import type { Row } from "../results.ts";
import { inTurns } from "../turns.ts";

const ROUNDS = 60;
const GOAL_MS = 50;
/** Messages of one login have gone out when the next one begins. */
const BETWEEN_MS = 100;
/** Of 15: as many refuse the connection, and as many take it and never answer. */
const DEAD = 5;

export async function notified(place: Place): Promise<Row[]> {
  await using vendors = await Vendors.start();
  await using others = await Vendors.start();
  using dead = new DeadEnds();
  const some = others.all.map((vendor, index) => {
    if (index >= 2 * DEAD) return vendor;
    const url = index < DEAD ? dead.refused : dead.silent;
    return { ...vendor, settings: { ...vendor.settings, url } };
  });
  await using none = await Told.start(place, "told-none", []);
  await using all = await Told.start(place, "told-all", vendors.all);
  await using half = await Told.start(place, "told-half", some);
  const toAll = new Sample();
  const toLiving = new Sample();
  let arrived = 0;
  const measured = async (server: Told, from: Vendors, count: number, sample: Sample) => {
    const { login, sentAt, tookMs } = await server.request();
    const messages = await from.messages(ticketOf(login), count);
    for (const { at } of messages) sample.add(at - sentAt);
    arrived += messages.length;
    await server.end(login);
    await pause(BETWEEN_MS);
    return tookMs;
  };
  const took = await inTurns(ROUNDS, {
    none: () => measured(none, vendors, 0, new Sample()),
    all: () => measured(all, vendors, vendors.all.length, toAll),
    half: () => measured(half, others, others.all.length - 2 * DEAD, toLiving),
  });
  const expected = (ROUNDS + 1) * (vendors.all.length + others.all.length - 2 * DEAD);
  return [
    {
      what: `request → message at the vendor, ${vendors.all.length} channels at once`,
      ours: withTail(toAll),
      references: [{
        name: `${2 * DEAD} of ${others.all.length} channels dead`,
        figures: withTail(toLiving),
        ratio: ratio(toAll.median, toLiving.median),
      }],
      goal: `median < ${GOAL_MS} ms, and all ${expected} arrive`,
      met: toAll.median < GOAL_MS && toLiving.median < GOAL_MS && arrived === expected,
    },
    {
      what: `POST of a request → its answer, ${others.all.length} channels, ${
        2 * DEAD
      } of them dead`,
      ours: withTail(took.half),
      references: [
        {
          name: "no channel",
          figures: withTail(took.none),
          ratio: ratio(took.half.median, took.none.median),
        },
        {
          name: `${vendors.all.length} channels that work`,
          figures: withTail(took.all),
          ratio: ratio(took.half.median, took.all.median),
        },
      ],
      goal: "≤ 1.25 × no channel",
      met: took.half.median <= 1.25 * took.none.median,
    },
  ];
}

function withTail(sample: Sample): string {
  return `${sample.in("ms")}, p99 ${digits(sample.p99)} ms`;
}
