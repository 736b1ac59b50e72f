/** From the click on Approve to the first byte that the shell over there says. */
import { shellQuote } from "../../tests/support/process.ts";
import { gateLines } from "../../tests/support/sshd.ts";
import { ssh, type SshTarget } from "../../tests/support/ssh.ts";
import { approve, LINK, open, PLAIN_LINK } from "../click.ts";
import { digits, ratio, Sample } from "../figures.ts";
import { forced, type Place } from "../place.ts";
import { pythonProgram, startLongPoll, startSsh2fa } from "../programs.ts";
import type { Reference, Row } from "../results.ts";
import { inTurns } from "../turns.ts";

const ROUNDS = 60;
/** SSH2FA's clients, so many at once: they mostly sleep. */
const PEER_ROUNDS = 10;
const PEERS_AT_ONCE = 8;
/** Between link and click: nobody is faster, and the gate is at rest by then. */
const REACTION_MS = 100;

const SAID = "in-the-shell";

interface Way {
  readonly target: SshTarget;
  readonly terminal: boolean;
  readonly link: RegExp;
  readonly click: (shown: string) => Promise<void>;
}

export async function click(place: Place): Promise<Row[]> {
  await using longPolls = await startLongPoll();
  await using peers = await startSsh2fa();
  const ways = await prepare(place, longPolls.url, peers.url);
  const { command, terminal, floor } = await inTurns(ROUNDS, {
    command: () => timeClick(ways.command, REACTION_MS),
    terminal: () => timeClick(ways.terminal, REACTION_MS),
    floor: () => timeClick(ways.floor, REACTION_MS),
  });
  const peer = new Sample();
  for (let round = 0; round < PEER_ROUNDS; round++) {
    const clicks = Array.from({ length: PEERS_AT_ONCE }, (_, index) =>
      // At any moment between two polls: the client asks once a second.
      timeClick(ways.peer, 1_000 * (index + round / PEER_ROUNDS) / PEERS_AT_ONCE));
    for (const took of await Promise.all(clicks)) peer.add(took);
  }
  const references = (sample: Sample): Reference[] => [
    reference("SSH2FA's polling", peer, sample),
    reference("a bare long poll that becomes the shell", floor, sample),
  ];
  const row = (what: string, sample: Sample): Row => ({
    what: `approval click → first byte of the shell, real ssh, ${what}`,
    ours: `${sample.in("ms")}, p99 ${digits(sample.p99)} ms`,
    references: references(sample),
    goal: "median ≤ 10 ms, p99 ≤ 50 ms",
    met: sample.median <= 10 && sample.p99 <= 50,
  });
  return [row("a command", command), row("on a terminal", terminal)];
}

function reference(name: string, sample: Sample, ours: Sample): Reference {
  const figures = `${sample.in("ms")}, p99 ${digits(sample.p99)} ms`;
  return { name, figures, ratio: ratio(ours.median, sample.median) };
}

interface Ways {
  readonly command: Way;
  readonly terminal: Way;
  readonly floor: Way;
  readonly peer: Way;
}

async function prepare(place: Place, longPolls: string, peers: string): Promise<Ways> {
  const config = await place.hostFile("click.toml", {});
  const { target } = await place.sshd(gateLines(place.programs.gatehouse, config));
  const gate = { target, link: LINK, click: approve };
  const python = async (name: string, address: string): Promise<Way> => {
    const program = shellQuote(await pythonProgram(place.folder, name));
    const { target } = await place.sshd(forced(`${program} ${address}`));
    return { target, terminal: false, link: PLAIN_LINK, click: open };
  };
  return {
    command: { ...gate, terminal: false },
    terminal: { ...gate, terminal: true },
    floor: await python("long_poll_client", new URL(longPolls).host),
    peer: await python("ssh2fa_client", peers),
  };
}

/** Milliseconds. */
async function timeClick(way: Way, reactionMs: number): Promise<number> {
  const { target, terminal, link, click } = way;
  const options = terminal ? ["-tt"] : ["-T"];
  await using session = ssh(target, `echo ${SAID}`, { options, input: "open" });
  const shown = await (terminal ? session.out(link) : session.err(link));
  await new Promise((resolve) => setTimeout(resolve, reactionMs));
  const clicked = performance.now();
  const [said] = await Promise.all([
    session.out(SAID).then(() => performance.now()),
    click(shown),
  ]);
  await session.closeInput();
  await session.done;
  return said - clicked;
}
