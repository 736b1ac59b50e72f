/** A whole ssh login with a code that PAM asks for. */
import { digits, ratio, type Sample } from "../figures.ts";
import { type Factor, GOOGLE, PamPlace, PROMPT } from "../pam.ts";
import type { Place } from "../place.ts";
import type { OnTerminal } from "../pty.ts";
import type { Row } from "../results.ts";
import { inTurns } from "../turns.ts";

const ROUNDS = 32;
/**
 * sshd stretches what happens before its first prompt: to 5 to 9 ms, which depends on the account's
 * name, or twice that, or four times (auth2.c, ensure_minimum_time_since). So there are several.
 */
const ACCOUNTS = 8;
/** From the prompt to the code: nobody is faster. Not counted. */
const TYPING_MS = 200;
const GOAL_MS = 30;
const SAID = "in-the-shell";
const COMMAND = `echo ${SAID}`;

export async function pamLogin(place: Place): Promise<Row[]> {
  const pam = await PamPlace.open(place, ACCOUNTS - 1);
  const { host, accounts } = pam;
  const factors = { gatehouse: await pam.gatehouse(), google: await pam.google() };
  // With PAM as well, which asks for nothing there.
  const plain = await host.startSshd(["AuthenticationMethods publickey"]);
  for (const account of accounts) await plain.authorize(account, host.key);
  const inTurn = (work: (account: string) => Promise<number>) => {
    let count = 0;
    return () => work(accounts[count++ % ACCOUNTS] ?? "");
  };
  const { gatehouse, google, key } = await inTurns(ROUNDS, {
    gatehouse: inTurn((account) => timeCode(pam, factors.gatehouse, account)),
    google: inTurn((account) => timeCode(pam, factors.google, account)),
    key: inTurn((account) => time(() => pam.ssh(COMMAND, { account, sshd: plain }))),
  });
  const reference = (name: string, sample: Sample) => {
    const more = digits(gatehouse.median - sample.median);
    const figures = sample.in("ms");
    return { name, figures, ratio: `${ratio(gatehouse.median, sample.median)} (+${more} ms)` };
  };
  return [{
    what: "a whole ssh login with key and code by PAM: connection → first byte of the shell",
    ours: gatehouse.in("ms"),
    references: [reference("the key alone", key), reference(GOOGLE, google)],
    goal: `≤ the key alone + ${GOAL_MS} ms`,
    met: gatehouse.median <= key.median + GOAL_MS,
  }];
}

async function timeCode(
  pam: PamPlace,
  { stack, nextCode }: Factor,
  account: string,
): Promise<number> {
  await pam.host.guardSshd(stack);
  const took = await time(() => pam.ssh(COMMAND, { account }), async (client) => {
    await client.shown(PROMPT);
    await new Promise((resolve) => setTimeout(resolve, TYPING_MS));
    client.type(`${nextCode(account)}\r`);
  });
  return took - TYPING_MS;
}

/** Milliseconds. */
async function time(
  begin: () => OnTerminal,
  answer?: (client: OnTerminal) => Promise<void>,
): Promise<number> {
  const began = performance.now();
  await using client = begin();
  await answer?.(client);
  await client.shown(SAID);
  const took = performance.now() - began;
  await client.done;
  return took;
}
