/** From the start of a PAM authentication to its prompt. */
import { ratio, type Sample } from "../figures.ts";
import { GOOGLE, PamPlace, PROMPT } from "../pam.ts";
import type { Place } from "../place.ts";
import { OnTerminal } from "../pty.ts";
import type { Row } from "../results.ts";
import { inTurns } from "../turns.ts";

const ROUNDS = 40;
const GOAL = 1.3;

export async function pamStart(place: Place): Promise<Row[]> {
  const pam = await PamPlace.open(place);
  const helper = `${pam.host.folder.path}/bare`;
  await Deno.copyFile(place.programs.prompt, helper);
  const line = `auth required ${pam.host.module.path} helper=${helper}`;
  const services = {
    gatehouse: await pam.service((await pam.gatehouse()).stack),
    google: await pam.service((await pam.google()).stack),
    bare: await pam.service([line]),
  };
  const samples = await inTurns(ROUNDS, {
    gatehouse: () => time(pam, services.gatehouse),
    google: () => time(pam, services.google),
    bare: () => time(pam, services.bare),
  });
  const { gatehouse, google, bare } = samples;
  const reference = (name: string, sample: Sample) => ({
    name,
    figures: sample.in("ms"),
    ratio: ratio(gatehouse.median, sample.median),
  });
  return [{
    what: "start of a PAM authentication → prompt for a code on the screen",
    ours: gatehouse.in("ms"),
    references: [
      reference("the bare runtime as the module's helper", bare),
      reference(GOOGLE, google),
    ],
    goal: `≤ ${GOAL} × the bare runtime`,
    met: gatehouse.median <= GOAL * bare.median,
  }];
}

async function time(pam: PamPlace, service: string): Promise<number> {
  const argv = ["pamtester", service, pam.host.user.name, "authenticate"];
  const began = performance.now();
  const tester = new OnTerminal(argv);
  await tester.shown(PROMPT);
  const took = performance.now() - began;
  await tester.kill("SIGTERM");
  await pam.atRest();
  return took;
}
