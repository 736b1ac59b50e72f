/** What a waiting gate costs, fifty of them at once. */
import { start } from "../../tests/support/process.ts";
import { LINK } from "../click.ts";
import { digits, ratio, Sample } from "../figures.ts";
import { forcedEnvironment, type Place } from "../place.ts";
import { OnTerminal } from "../pty.ts";
import type { Row } from "../results.ts";

const AT_ONCE = 50;
const ROUNDS = 2;
/** After the link: loading and drawing end, garbage is collected. */
const SETTLE_MS = 1_500;
const GOAL_MB = 2;

interface Waiting extends AsyncDisposable {
  readonly pid: number;
}

export async function memory(place: Place): Promise<Row[]> {
  const { programs } = place;
  const config = await place.hostFile("memory.toml", {});
  const gate = [programs.gatehouse, "gate", "--config", config];
  const env = forcedEnvironment("true");
  const samples = { bare: new Sample(), command: new Sample(), terminal: new Sample() };
  for (let round = 0; round < ROUNDS; round++) {
    await using silence = new Silence();
    await measure(samples.bare, async () => {
      const answered = silence.next();
      const process = start([programs.wait, silence.url], { env });
      await answered;
      return withTerm(process);
    });
    await measure(samples.command, async () => {
      const process = start(gate, { env });
      await process.err(LINK);
      return withTerm(process);
    });
    await measure(samples.terminal, async () => {
      const process = new OnTerminal(gate, env);
      await process.shown(LINK);
      return withTerm(process);
    });
  }
  return (["command", "terminal"] as const).map((kind) => ({
    what: `memory of a waiting gate ${
      kind === "command" ? "without" : "on"
    } a terminal (PSS, ${AT_ONCE} at once)`,
    ours: samples[kind].in("MB"),
    references: [{
      name: "the bare runtime that waits for an answer",
      figures: samples.bare.in("MB"),
      ratio: `${ratio(samples[kind].median, samples.bare.median)} (+${
        digits(samples[kind].median - samples.bare.median)
      } MB)`,
    }],
    goal: `≤ the bare runtime + ${GOAL_MB} MB`,
    met: samples[kind].median <= samples.bare.median + GOAL_MB,
  }));
}

/** Gates that are told to end withdraw their request. */
function withTerm(process: { pid: number; kill(signal: Deno.Signal): Promise<unknown> }): Waiting {
  return {
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      await process.kill("SIGTERM");
    },
  };
}

async function measure(sample: Sample, startOne: () => Promise<Waiting>): Promise<void> {
  await using all = new AsyncDisposableStack();
  const waiting: Waiting[] = [];
  for (let count = 0; count < AT_ONCE; count++) waiting.push(all.use(await startOne()));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  for (const { pid } of waiting) sample.add(await proportionalMegabytes(pid));
}

/** Its share of the memory that it uses, what others use too divided among all (proc(5)). */
async function proportionalMegabytes(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return Number(kilobytes) * 1_024 / 1e6;
}

/** A server that takes requests and never answers. */
class Silence implements AsyncDisposable {
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #stop = new AbortController();
  #came: () => void = () => {};

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, signal: this.#stop.signal };
    this.#server = Deno.serve({ ...options, onListen: () => {} }, () => {
      this.#came();
      return new Promise<Response>(() => {});
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Resolves with the next request. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#came = resolve);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.finished;
  }
}
