/** From the start of the process to the link on the screen. */
import { start } from "../../tests/support/process.ts";
import { LINK } from "../click.ts";
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
  const request = [programs.request, server.url, hostToken, "bench-request"];
  const rows: Row[] = [];
  for (const terminal of [false, true]) {
    const time = terminal ? timeOnTerminal : timeWithout;
    const samples = await inTurns(ROUNDS, {
      bare: () => time([programs.line]),
      request: () => time(request),
      gate: () => time(gate),
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

async function timeWithout(argv: readonly string[]): Promise<number> {
  const began = performance.now();
  const process = start(argv, { env: forcedEnvironment("true") });
  await process.err(LINK);
  const took = performance.now() - began;
  // Not by SIGKILL: the gate then withdraws its request.
  await process.kill("SIGTERM");
  return took;
}

async function timeOnTerminal(argv: readonly string[]): Promise<number> {
  const began = performance.now();
  const process = new OnTerminal(argv, forcedEnvironment("true"));
  await process.shown(LINK);
  const took = performance.now() - began;
  await process.kill("SIGTERM");
  return took;
}
