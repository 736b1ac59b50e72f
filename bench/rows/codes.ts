/** One authenticator code, typed at twenty prompts at once. */
import { SECRET, STATE_FILE, totp } from "../../tests/support/gate.ts";
import { run, start } from "../../tests/support/process.ts";
import { Sample } from "../figures.ts";
import { forcedEnvironment, type Place } from "../place.ts";
import { OnTerminal } from "../pty.ts";
import type { Row } from "../results.ts";

const AT_ONCE = 20;
const ROUNDS = 5;
const IN = "in-the-session";

export async function codes(place: Place): Promise<Row[]> {
  const ours = new Sample();
  const peer = new Sample();
  await using debian = await GoogleAuthenticator.install(place);
  for (let round = 0; round < ROUNDS; round++) {
    ours.add(await acceptedByGates(place, round));
    if (debian !== undefined) peer.add(await debian.accepted());
  }
  return [{
    what: `one TOTP code at ${AT_ONCE} prompts at once: accepted`,
    ours: ours.in("times"),
    references: peer.size === 0 ? [] : [{
      name: "google-authenticator's PAM module, reuse disallowed",
      figures: peer.in("times"),
      ratio: "",
    }],
    goal: "exactly 1",
    met: ours.min === 1 && ours.max === 1,
  }];
}

/** No server answers, so each gate asks for a code. */
async function acceptedByGates(place: Place, round: number): Promise<number> {
  const { folder, programs } = place;
  const secret = await folder.file(`authenticator-${round}`, STATE_FILE, 0o400);
  const config = await place.hostFile(`codes-${round}.toml`, {
    servers: ["http://127.0.0.1:9"],
    codes: { secret, spent: `${folder.path}/spent-${round}` },
  });
  const argv = [programs.gatehouse, "gate", "--config", config];
  const command = `echo ${IN}`;
  await using all = new AsyncDisposableStack();
  const gates = Array.from({ length: AT_ONCE }, (_, index) =>
    // From as many addresses: from one, the limit on wrong codes would stop most of them.
    all.use(new OnTerminal(argv, forcedEnvironment(command, `192.0.2.${index + 1}`))));
  await Promise.all(gates.map((gate) => gate.shown("authenticator app: ")));
  const code = totp();
  for (const gate of gates) gate.type(`${code}\r`);
  await Promise.all(gates.map((gate) => gate.shown(/in-the-session|used already|too many/)));
  return gates.filter((gate) => gate.text.includes(IN)).length;
}

/** Debian's PAM module under pamtester; undefined where they are not installed. */
class GoogleAuthenticator implements AsyncDisposable {
  private constructor(
    readonly service: string,
    readonly secret: string,
  ) {}

  static async install({ folder }: Place): Promise<GoogleAuthenticator | undefined> {
    const found = await run([
      "sh",
      "-c",
      "command -v pamtester && ls /lib/*/security/pam_google_authenticator.so",
    ]);
    if (found.code !== 0) return undefined;
    const name = `gatehouse-bench-${crypto.randomUUID().slice(0, 8)}`;
    const service = `/etc/pam.d/${name}`;
    const secret = `${folder.path}/google_authenticator`;
    await Deno.writeTextFile(
      service,
      `auth required pam_google_authenticator.so secret=${secret}\naccount required pam_permit.so\n`,
    );
    return new GoogleAuthenticator(service, secret);
  }

  async accepted(): Promise<number> {
    const state = `${SECRET}\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n`;
    await Deno.remove(this.secret).catch(() => {});
    await Deno.writeTextFile(this.secret, state, { mode: 0o600 });
    const name = this.service.slice(this.service.lastIndexOf("/") + 1);
    const argv = ["pamtester", name, "root", "authenticate"];
    const all = Array.from({ length: AT_ONCE }, () => start(argv, { input: "open" }));
    await Promise.all(all.map((one) => one.err("Verification code: ")));
    const code = totp();
    await Promise.all(all.map((one) => one.write(`${code}\n`)));
    const results = await Promise.all(all.map((one) => one.done));
    return results.filter(({ code }) => code === 0).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.service);
  }
}
