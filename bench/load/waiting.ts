/**
 * Logins that wait: `waiting.ts gatehouse|bare URL PID LOGINS [TOKEN]`. Wakes some one at a time,
 * then all others at once, and prints what it found; PID is the server's.
 */
import { bare } from "./bare.ts";
import { gatehouse } from "./gatehouse.ts";
import { Client } from "./http.ts";
import type { Steps } from "./steps.ts";

/** As many connections as one link may stand for (ansible's burst, for instance). */
const PER_LINK = 64;
/** Woken one at a time; each has a link of its own. */
const ALONE = 200;
const CREATING = 32;
const CLICKING = 16;
/** Connections opened at once: the backlog of those that wait to be accepted is short. */
const OPENING = 200;

export interface Found {
  /** Bytes of the server's memory, before the first login and while all wait. */
  readonly before: number;
  readonly waiting: number;
  /** Milliseconds from click to answer. */
  readonly alone: readonly number[];
  /** Milliseconds from the first of all clicks to each answer. */
  readonly together: readonly number[];
}

interface Waiter<Login> {
  readonly login: Login;
  /** When its answer came. */
  readonly answered: Promise<number>;
}

class Load<Login> {
  constructor(
    private readonly url: URL,
    private readonly steps: Steps<Login>,
    private readonly total: number,
    private readonly pid: string,
  ) {}

  async run(): Promise<Found> {
    const before = await this.#memory();
    const logins = await this.#create();
    const waiters: Waiter<Login>[] = [];
    for (let start = 0; start < this.total; start += OPENING) {
      const some = logins.slice(start, start + OPENING);
      waiters.push(...await Promise.all(some.map((login) => this.#wait(login))));
    }
    await this.#allWait();
    const waiting = await this.#memory();
    const alone = await this.#wakeEach(waiters.slice(0, ALONE));
    return { before, waiting, alone, together: await this.#wakeAll(waiters.slice(ALONE)) };
  }

  async #create(): Promise<Login[]> {
    const all: Login[] = [];
    let next = 0;
    await Promise.all(Array.from({ length: CREATING }, async () => {
      const client = new Client(this.url, true);
      for (let index = next++; index < this.total; index = next++) {
        const group = Math.floor((index - ALONE) / PER_LINK);
        all[index] = await this.steps.create(client, index < ALONE ? `a${index}` : `g${group}`);
      }
      client.close();
    }));
    return all;
  }

  /** Resolves once connected. */
  async #wait(login: Login): Promise<Waiter<Login>> {
    const client = new Client(this.url, false);
    await client.connect();
    const answered = this.steps.collect(client, login).then(() => performance.now());
    return { login, answered };
  }

  /** Until the server says that so many requests wait. */
  async #allWait(): Promise<void> {
    const client = new Client(this.url, true);
    for (;;) {
      const { body } = await client.request("GET", "/metrics");
      if (body.includes(`polls_waiting ${this.total}\n`)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    client.close();
  }

  async #wakeEach(waiters: readonly Waiter<Login>[]): Promise<number[]> {
    const person = new Client(this.url, true);
    await person.connect();
    const took: number[] = [];
    for (const { login, answered } of waiters) {
      const clicked = performance.now();
      const [at] = await Promise.all([answered, this.steps.approve(person, login)]);
      took.push(at - clicked);
    }
    person.close();
    return took;
  }

  /** One click for each link, all at once. */
  async #wakeAll(waiters: readonly Waiter<Login>[]): Promise<number[]> {
    const links = new Map(waiters.map(({ login }) => [this.steps.link(login), login]));
    const left = [...links.values()];
    const people = await Promise.all(Array.from({ length: CLICKING }, async () => {
      const client = new Client(this.url, true);
      await client.connect();
      return client;
    }));
    const clicked = performance.now();
    const clicking = people.map(async (client) => {
      for (let login = left.pop(); login !== undefined; login = left.pop()) {
        await this.steps.approve(client, login);
      }
      client.close();
    });
    const answers = await Promise.all(waiters.map(({ answered }) => answered));
    await Promise.all(clicking);
    return answers.map((at) => at - clicked);
  }

  async #memory(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
  }
}

if (import.meta.main) {
  const [kind, address = "", pid = "", logins = "", token = ""] = Deno.args;
  const url = new URL(address);
  const found = kind === "bare"
    ? await new Load(url, bare, Number(logins), pid).run()
    : await new Load(url, gatehouse(token), Number(logins), pid).run();
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(found)}\n`));
}
