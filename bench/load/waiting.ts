/**
 * Logins that wait: `waiting.ts URL TOKEN PID LOGINS`. Wakes some one at a time, then all others at
 * once, and prints what it found; PID is the server's.
 */
import { approve, collect, create, type Created } from "./gatehouse.ts";
import { Client } from "./http.ts";

/** As many connections as one request to a person may stand for (ansible's burst, for instance). */
const PER_REQUEST = 64;
/** Woken one at a time; each is a request of its own. */
const ALONE = 200;
const CREATING = 32;
const CLICKING = 16;

export interface Found {
  /** Bytes of the server's memory. */
  readonly before: number;
  readonly waiting: number;
  /** Milliseconds from click to answer. */
  readonly alone: readonly number[];
  /** Milliseconds from the first of all clicks to each answer. */
  readonly together: readonly number[];
}

interface Waiter {
  readonly login: Created;
  /** When its answer came. */
  readonly answered: Promise<number>;
}

async function main(): Promise<Found> {
  const [address = "", token = "", pid = "", logins = ""] = Deno.args;
  const url = new URL(address);
  const total = Number(logins);
  const before = await memory(pid);
  const created = await createAll(url, token, total);
  const waiters: Waiter[] = [];
  // In portions: the backlog of connections that wait to be accepted is short.
  for (let start = 0; start < total; start += 200) {
    const some = created.slice(start, start + 200);
    waiters.push(...await Promise.all(some.map((login) => wait(url, login))));
  }
  await allWait(url, total);
  const waiting = await memory(pid);
  const person = new Client(url, true);
  const alone: number[] = [];
  for (const { login, answered } of waiters.slice(0, ALONE)) {
    const clicked = performance.now();
    const [at] = await Promise.all([answered, approve(person, login)]);
    alone.push(at - clicked);
  }
  person.close();
  return { before, waiting, alone, together: await wakeAll(url, waiters.slice(ALONE)) };
}

async function createAll(url: URL, token: string, total: number): Promise<Created[]> {
  const all: Created[] = [];
  let next = 0;
  const worker = async () => {
    const client = new Client(url, true);
    for (let index = next++; index < total; index = next++) {
      const user = index < ALONE
        ? `alone${index}`
        : `group${Math.floor((index - ALONE) / PER_REQUEST)}`;
      all[index] = await create(client, token, user);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CREATING }, worker));
  return all;
}

/** Resolves once connected. */
async function wait(url: URL, login: Created): Promise<Waiter> {
  const client = new Client(url, false);
  await client.connect();
  return { login, answered: collect(client, login).then(() => performance.now()) };
}

/** Until the server says that so many requests wait. */
async function allWait(url: URL, total: number): Promise<void> {
  const client = new Client(url, true);
  for (;;) {
    const { body } = await client.request("GET", "/metrics");
    if (body.includes(`gatehouse_polls_waiting ${total}\n`)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  client.close();
}

/** One click for each link, all at once. */
async function wakeAll(url: URL, waiters: readonly Waiter[]): Promise<number[]> {
  const links = [...new Map(waiters.map(({ login }) => [login.url, login])).values()];
  const people = await Promise.all(Array.from({ length: CLICKING }, async () => {
    const client = new Client(url, true);
    await client.connect();
    return client;
  }));
  const clicked = performance.now();
  let next = 0;
  const clicking = people.map(async (client) => {
    for (let link = links[next++]; link !== undefined; link = links[next++]) {
      await approve(client, link);
    }
    client.close();
  });
  const answers = await Promise.all(waiters.map(({ answered }) => answered));
  await Promise.all(clicking);
  return answers.map((at) => at - clicked);
}

async function memory(pid: string): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

if (import.meta.main) {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(await main())}\n`));
}
