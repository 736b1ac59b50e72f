/** Whole logins in a second: create, wait, approve, collect. */
import { ratio, Sample } from "../figures.ts";
import { runLoad } from "../load.ts";
import { openServer, type Place } from "../place.ts";
import { startSsh2fa } from "../programs.ts";
import type { Row } from "../results.ts";

const ROUNDS = 3;
const SECONDS = "5";
const GOAL = 5;

export async function throughput(place: Place): Promise<Row[]> {
  await using server = await openServer(place);
  await using peers = await startSsh2fa();
  const ours = new Sample();
  const peer = new Sample();
  for (let round = 0; round < ROUNDS; round++) {
    ours.add(await rate(["gatehouse", server.url, SECONDS, server.token]));
    peer.add(await rate(["ssh2fa", peers.url, SECONDS]));
  }
  const goal = `≥ ${GOAL} × SSH2FA's server`;
  return [{
    what: "whole logins per second, 64 at once (create, wait, approve, collect), durable",
    ours: ours.in("/s"),
    references: [{
      name: "SSH2FA's server, in memory",
      figures: peer.in("/s"),
      ratio: ratio(ours.median, peer.median),
    }],
    goal,
    met: ours.median >= GOAL * peer.median,
  }];
}

async function rate(args: readonly string[]): Promise<number> {
  const { rate }: { rate: number } = JSON.parse(await runLoad("logins", args));
  return rate;
}
