/** From the start of the process to the link on the screen. */
import { start } from "../../tests/support/process.ts";
import { approve, LINK } from "../click.ts";
import { ratio, type Sample } from "../figures.ts";
import { forcedEnvironment, type Place } from "../place.ts";
import { OnTerminal } from "../pty.ts";
import type { Row } from "../results.ts";
import { inTurns } from "../turns.ts";

const ROUNDS = 40;
const GOAL = 1.3;

type Samples = Record<"bare" | "request" | "gate", Sample>;

export async function startToLink(place: Place): Promise<Row[]> {
  const { programs, server, hostToken } = place;
  const config = await place.hostFile("start.toml", {});
  const gate = [programs.gatehouse, "gate", "--config", config];
  let accounts = 0;
  const request = () => [programs.request, server.url, hostToken, `bench-${accounts++}`];
  const rows: Row[] = [];
  for (const terminal of [false, true]) {
    const time = terminal ? timeOnTerminal : timeWithout;
    const samples = await inTurns(ROUNDS, {
      bare: () => time([programs.line]),
      // What nobody approves makes an account quiet after a while (core/fatigue.ts).
      request: () => time(request()),
      gate: () => time(gate, approve),
    });
    rows.push(rowOf(terminal ? "on a terminal" : "without a terminal", samples));
  }
  return rows;
}

function rowOf(where: string, { bare, request, gate }: Samples): Row {
  const reference = (name: string, sample: Sample) => ({
    name,
    figures: sample.in("ms"),
    ratio: ratio(gate.median, sample.median),
  });
  return {
    what: `gate start → link on the screen, ${where}`,
    ours: gate.in("ms"),
    references: [
      reference("the bare runtime prints a line", bare),
      reference("the bare runtime sends the same request and prints the link", request),
    ],
    goal: `≤ ${GOAL} × the bare runtime`,
    met: gate.median <= GOAL * bare.median,
  };
}

type End = (shown: string) => Promise<void>;

async function timeWithout(argv: readonly string[], end?: End): Promise<number> {
  const began = performance.now();
  const process = start(argv, { env: forcedEnvironment("true") });
  const shown = await process.err(LINK);
  const took = performance.now() - began;
  await end?.(shown);
  await process.kill("SIGTERM");
  return took;
}

async function timeOnTerminal(argv: readonly string[], end?: End): Promise<number> {
  const began = performance.now();
  const process = new OnTerminal(argv, forcedEnvironment("true"));
  const shown = await process.shown(LINK);
  const took = performance.now() - began;
  await end?.(shown);
  await process.kill("SIGTERM");
  return took;
}
