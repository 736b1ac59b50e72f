/** What a waiting gate costs, and a waiting PAM helper, fifty of them at once. */
import { APPROVAL_ALONE } from "../../tests/support/pam_host.ts";
import { start } from "../../tests/support/process.ts";
import { approve, LINK } from "../click.ts";
import { digits, ratio, Sample } from "../figures.ts";
import { PamPlace } from "../pam.ts";
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
  const pam = await PamPlace.open(place);
  await pam.join(place);
  const tester = ["pamtester", await pam.service(APPROVAL_ALONE), place.user.name, "authenticate"];
  const samples = {
    bare: new Sample(),
    command: new Sample(),
    terminal: new Sample(),
    helper: new Sample(),
  };
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
      return withApproval(process, await process.err(LINK));
    });
    await measure(samples.terminal, async () => {
      const process = new OnTerminal(gate, env);
      return withApproval(process, await process.shown(LINK));
    });
    await measure(samples.helper, async () => {
      const process = start(tester, { input: "open" });
      const waiting = withApproval(process, await process.err(LINK));
      return { ...waiting, pid: await childOf(process.pid) };
    });
    await pam.atRest();
  }
  const { bare, command, terminal, helper } = samples;
  const atOnce = `PSS, ${AT_ONCE} at once`;
  const beside = (ours: Sample, others: Record<string, Sample>): Omit<Row, "what"> => ({
    ours: ours.in("MB"),
    references: Object.entries(others).map(([name, sample]) => ({
      name,
      figures: sample.in("MB"),
      ratio: `${ratio(ours.median, sample.median)} (+${digits(ours.median - sample.median)} MB)`,
    })),
    goal: `≤ the bare runtime + ${GOAL_MB} MB`,
    met: ours.median <= bare.median + GOAL_MB,
  });
  const runtime = { "the bare runtime that waits for an answer": bare };
  const andGate = { ...runtime, "the gate without a terminal": command };
  const all = digits(AT_ONCE * helper.median);
  return [
    {
      what: `memory of a waiting gate without a terminal (${atOnce})`,
      ...beside(command, runtime),
    },
    { what: `memory of a waiting gate on a terminal (${atOnce})`, ...beside(terminal, runtime) },
    {
      what: `memory of a waiting PAM helper (${atOnce})`,
      ...beside(helper, andGate),
      ours: `${helper.in("MB")}, together ${all} MB`,
    },
  ];
}

interface Killable {
  readonly pid: number;
  kill(signal: Deno.Signal): Promise<unknown>;
}

function withTerm(process: Killable): Waiting {
  return {
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      await process.kill("SIGTERM");
    },
  };
}

/** Fifty requests that are hung up would make the account quiet (core/fatigue.ts). */
function withApproval(process: Killable, shown: string): Waiting {
  return {
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      await approve(shown);
      await process.kill("SIGTERM");
    },
  };
}

/** The only one. */
async function childOf(pid: number): Promise<number> {
  return Number(await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`));
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
