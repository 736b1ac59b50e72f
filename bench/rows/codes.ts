/** Authenticator codes typed at twenty prompts at once: one for all, or each its own. */
import { Secret, TOTP } from "otpauth";
import { start } from "../../tests/support/process.ts";
import { Sample } from "../figures.ts";
import { forcedEnvironment, type Place } from "../place.ts";
import { OnTerminal } from "../pty.ts";
import type { Row } from "../results.ts";

const AT_ONCE = 20;
const ROUNDS = 5;
const IN = "in-the-session";

/** google-authenticator's file, which both sides read. */
const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const STATE_FILE = `${SECRET}\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n`;
const SCRATCH_CODES = Array.from({ length: AT_ONCE }, (_, index) => String(10_000_019 + index * 7));

/** What is typed at each prompt, and the file that it is checked against. */
interface Trial {
  readonly file: string;
  readonly codes: () => readonly string[];
}

const ONE_CODE: Trial = {
  file: STATE_FILE,
  codes: () =>
    new Array<string>(AT_ONCE).fill(TOTP.generate({ secret: Secret.fromBase32(SECRET) })),
};
const OWN_CODES: Trial = {
  file: `${STATE_FILE}${SCRATCH_CODES.join("\n")}\n`,
  codes: () => SCRATCH_CODES,
};

interface Outcome {
  readonly accepted: number;
  /** Scratch codes that let somebody in and cannot do so again. */
  readonly usedUp: number;
}

const PEER = "google-authenticator's PAM module";

export async function codes(place: Place): Promise<Row[]> {
  const debian = place.own(await GoogleAuthenticator.install(place));
  const one = await rounds(place, debian, ONE_CODE, ({ accepted }) => accepted);
  const own = await rounds(place, debian, OWN_CODES, ({ usedUp }) => usedUp);
  return [{
    what: `one TOTP code at ${AT_ONCE} prompts at once: accepted`,
    ours: one.ours.in("times"),
    references: [{
      name: `${PEER}, reuse disallowed`,
      figures: one.peer.in("times"),
      ratio: "",
    }],
    goal: "exactly 1",
    met: one.ours.min === 1 && one.ours.max === 1,
  }, {
    what: `${AT_ONCE} scratch codes at ${AT_ONCE} prompts at once: accepted and used up`,
    ours: own.ours.in("codes"),
    references: [{ name: PEER, figures: own.peer.in("codes"), ratio: "" }],
    goal: `${AT_ONCE}, each once`,
    met: own.ours.min === AT_ONCE && own.ours.max === AT_ONCE,
  }];
}

async function rounds(
  place: Place,
  debian: GoogleAuthenticator,
  trial: Trial,
  count: (outcome: Outcome) => number,
): Promise<{ ours: Sample; peer: Sample }> {
  const ours = new Sample();
  const peer = new Sample();
  for (let round = 0; round < ROUNDS; round++) {
    ours.add(count(await atGates(place, trial)));
    peer.add(count(await debian.atPrompts(trial)));
  }
  return { ours, peer };
}

async function outcome(path: string, trial: Trial, accepted: readonly boolean[]): Promise<Outcome> {
  const left = (await Deno.readTextFile(path)).split("\n");
  const typed = trial.codes();
  return {
    accepted: accepted.filter((each) => each).length,
    usedUp: accepted.filter((each, index) => each && !left.includes(typed[index] ?? "")).length,
  };
}

/** No server answers, so each gate asks for a code. */
async function atGates(place: Place, trial: Trial): Promise<Outcome> {
  const { folder, programs } = place;
  const name = crypto.randomUUID();
  const secret = await folder.file(`authenticator-${name}`, trial.file, 0o600);
  const config = await place.hostFile(`codes-${name}.toml`, {
    servers: ["http://127.0.0.1:9"],
    codes: { secret, spent: `${folder.path}/spent-${name}` },
  });
  const argv = [programs.gatehouse, "gate", "--config", config];
  const command = `echo ${IN}`;
  await using all = new AsyncDisposableStack();
  const gates = Array.from({ length: AT_ONCE }, (_, index) =>
    // From as many addresses: from one, the limit on wrong codes would stop most of them.
    all.use(new OnTerminal(argv, forcedEnvironment(command, `192.0.2.${index + 1}`))));
  await Promise.all(gates.map((gate) => gate.shown("authenticator app: ")));
  const typed = trial.codes();
  for (const [index, gate] of gates.entries()) gate.type(`${typed[index]}\r`);
  await Promise.all(gates.map((gate) => gate.shown(/in-the-session|cannot be used|too many/)));
  return await outcome(secret, trial, gates.map((gate) => gate.text.includes(IN)));
}

/** Debian's PAM module under pamtester. */
class GoogleAuthenticator implements AsyncDisposable {
  private constructor(
    readonly service: string,
    readonly secret: string,
  ) {}

  static async install({ folder }: Place): Promise<GoogleAuthenticator> {
    const service = `/etc/pam.d/gatehouse-bench-${crypto.randomUUID().slice(0, 8)}`;
    const secret = `${folder.path}/google_authenticator`;
    const lines = [
      `auth required pam_google_authenticator.so secret=${secret}`,
      "account required pam_permit.so",
    ];
    await Deno.writeTextFile(service, `${lines.join("\n")}\n`);
    return new GoogleAuthenticator(service, secret);
  }

  async atPrompts(trial: Trial): Promise<Outcome> {
    await Deno.remove(this.secret).catch(() => {});
    await Deno.writeTextFile(this.secret, trial.file, { mode: 0o600 });
    const name = this.service.slice(this.service.lastIndexOf("/") + 1);
    const argv = ["pamtester", name, "root", "authenticate"];
    const all = Array.from({ length: AT_ONCE }, () => start(argv, { input: "open" }));
    await Promise.all(all.map((one) => one.err("Verification code: ")));
    const typed = trial.codes();
    await Promise.all(all.map((one, index) => one.write(`${typed[index]}\n`)));
    const results = await Promise.all(all.map((one) => one.done));
    return await outcome(this.secret, trial, results.map(({ code }) => code === 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.service);
  }
}
