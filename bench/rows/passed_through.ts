/** A command that needs no factor: what the gate costs it. */
import { shellQuote, start } from "../../tests/support/process.ts";
import { gateLines } from "../../tests/support/sshd.ts";
import { ssh } from "../../tests/support/ssh.ts";
import { digits, ratio, Sample } from "../figures.ts";
import { forced, forcedEnvironment, type Place } from "../place.ts";
import type { Row } from "../results.ts";

const ROUNDS = 40;
const GOAL_MS = 5;

export async function passedThrough(place: Place): Promise<Row[]> {
  const { programs } = place;
  const config = await place.hostFile("skip.toml", { policy: { noninteractive: "skip" } });
  const [, ...lines] = gateLines("", "");
  const plain = await place.sshd(lines);
  const bare = await place.sshd(forced(shellQuote(programs.exec)));
  const gated = await place.sshd(gateLines(programs.gatehouse, config));
  const overSsh = await inTurns({
    plain: () => succeeds(ssh(plain.target, "true").done),
    bare: () => succeeds(ssh(bare.target, "true").done),
    gate: () => succeeds(ssh(gated.target, "true").done),
  });
  const env = forcedEnvironment("true");
  const direct = await inTurns({
    bare: () => succeeds(start([programs.exec], { env }).done),
    gate: () => succeeds(start([programs.gatehouse, "gate", "--config", config], { env }).done),
  });
  return [
    row("`ssh host true`, passed through", overSsh.gate, overSsh.bare, overSsh.plain),
    row("the same without ssh and sshd", direct.gate, direct.bare),
  ];
}

function row(what: string, gate: Sample, bare: Sample, plain?: Sample): Row {
  const reference = (name: string, sample: Sample) => ({
    name,
    figures: sample.in("ms"),
    ratio: `${ratio(gate.median, sample.median)} (${signed(gate.median - sample.median)} ms)`,
  });
  return {
    what,
    ours: gate.in("ms"),
    references: [
      ...(plain === undefined ? [] : [reference("plain sshd", plain)]),
      reference("the bare runtime and execve", bare),
    ],
    goal: `≤ the bare runtime + ${GOAL_MS} ms`,
    met: gate.median <= bare.median + GOAL_MS,
  };
}

function signed(ms: number): string {
  return `${ms < 0 ? "−" : "+"}${digits(Math.abs(ms))}`;
}

/** Milliseconds of each; the first round only fills caches. */
async function inTurns<Name extends string>(
  works: Record<Name, () => Promise<void>>,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(works) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, new Sample()]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of names) {
      const began = performance.now();
      await works[name]();
      if (round >= 0) samples[name]?.add(performance.now() - began);
    }
  }
  return samples as Record<Name, Sample>;
}

async function succeeds(done: Promise<{ code: number; err: string }>): Promise<void> {
  const { code, err } = await done;
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
}
