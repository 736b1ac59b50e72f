/** A command that needs no factor: what the gate costs it. */
import { shellQuote, start } from "../../tests/support/process.ts";
import { gateLines } from "../../tests/support/sshd.ts";
import { ssh } from "../../tests/support/ssh.ts";
import { digits, ratio, type Sample } from "../figures.ts";
import { forced, forcedEnvironment, type Place } from "../place.ts";
import { inTurns } from "../turns.ts";
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
  const overSsh = await inTurns(ROUNDS, {
    plain: () => succeeds(() => ssh(plain.target, "true").done),
    bare: () => succeeds(() => ssh(bare.target, "true").done),
    gate: () => succeeds(() => ssh(gated.target, "true").done),
  });
  const env = forcedEnvironment("true");
  const direct = await inTurns(ROUNDS, {
    bare: () => succeeds(() => start([programs.exec], { env }).done),
    gate: () =>
      succeeds(() => start([programs.gatehouse, "gate", "--config", config], { env }).done),
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

/** How long it takes, in milliseconds. */
async function succeeds(work: () => Promise<{ code: number; err: string }>): Promise<number> {
  const began = performance.now();
  const { code, err } = await work();
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
  return performance.now() - began;
}
