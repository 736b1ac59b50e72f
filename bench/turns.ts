/** Measurements that take turns, so that whatever else the machine does hits all alike. */
import { Sample } from "./figures.ts";

/**
 * Each of them once a round, in an order that rotates: what one leaves running (a server that still
 * writes, a process that still ends) would else always hit the same next one. A round before the
 * first only fills caches.
 * @param works answer what they measured
 */
export async function inTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(works) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, new Sample()])) as Record<
    Name,
    Sample
  >;
  for (let round = 0; round <= rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const measured = await works[name]();
      if (round > 0) samples[name].add(measured);
    }
  }
  return samples;
}
