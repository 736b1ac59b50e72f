/** A client that is killed while PAM waits for somebody: when nothing is left of its login. */
import { processesOf } from "../../tests/support/gate_processes.ts";
import { APPROVAL_ALONE, type Stack } from "../../tests/support/pam_host.ts";
import { isAlive, withDescendants } from "../../tests/support/process_tree.ts";
import { ratio } from "../figures.ts";
import { gatehouse } from "../load/gatehouse.ts";
import { Client } from "../load/http.ts";
import { GOOGLE, PamPlace, PROMPT } from "../pam.ts";
import type { Place } from "../place.ts";
import type { Row } from "../results.ts";
import { inTurns } from "../turns.ts";

const ROUNDS = 20;
const GOAL_MS = 50;
/** Until what was typed has arrived, and all is at rest. */
const SETTLE_MS = 200;

/** A login that waits. */
interface Waiting {
  readonly stack: Stack;
  readonly prompt: string;
  /** Nothing: so it waits at the prompt. */
  readonly typed: string;
  readonly helpers: number;
}

export async function pamGone(place: Place): Promise<Row[]> {
  const pam = await PamPlace.open(place);
  const google = await pam.google();
  await pam.join(place);
  const ours = { stack: APPROVAL_ALONE, prompt: "Press Enter once approved: ", helpers: 1 };
  const timeOurs = async (typed: string) => {
    const took = await time(pam, { ...ours, typed });
    await approveOne(place, pam.host.user.name);
    return took;
  };
  const { prompt, entered, peer } = await inTurns(ROUNDS, {
    prompt: () => timeOurs(""),
    entered: () => timeOurs("\r"),
    peer: () => time(pam, { stack: google.stack, prompt: PROMPT, typed: "", helpers: 0 }),
  });
  return [{
    what: "ssh client killed while PAM waits → helper and sshd's processes gone",
    ours: `at the prompt ${prompt.in("ms")}, waiting for the approval ${entered.in("ms")}`,
    references: [{
      name: `${GOOGLE} at its prompt, without a helper`,
      figures: peer.in("ms"),
      ratio: `${ratio(prompt.median, peer.median)} and ${ratio(entered.median, peer.median)}`,
    }],
    goal: `≤ ${GOAL_MS} ms`,
    met: Math.max(prompt.max, entered.max) <= GOAL_MS,
  }];
}

/** So that those that were hung up before do not make the account quiet (core/fatigue.ts). */
async function approveOne({ server, hostToken }: Place, user: string): Promise<void> {
  const client = new Client(new URL(server.url), true);
  const { create, approve } = gatehouse(hostToken);
  await approve(client, await create(client, user));
  client.close();
}

/** Milliseconds. */
async function time(
  pam: PamPlace,
  { stack, prompt, typed, helpers }: Waiting,
): Promise<number> {
  const { host } = pam;
  await host.guardSshd(stack);
  await using client = pam.ssh("true");
  await client.shown(prompt);
  client.type(typed);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const login = (await withDescendants(host.sshd.pid)).filter((pid) => pid !== host.sshd.pid);
  const found = (await processesOf(host.binary)).filter((pid) => login.includes(pid)).length;
  if (found !== helpers) throw new Error(`${found} helpers wait, not ${helpers}`);
  const began = performance.now();
  const killed = client.kill();
  for (const pid of login) {
    while (await isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const took = performance.now() - began;
  await killed;
  return took;
}
