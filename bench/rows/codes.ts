/** One authenticator code, typed at twenty prompts at once. */
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

export async function codes(place: Place): Promise<Row[]> {
  const ours = new Sample();
  const peer = new Sample();
  const debian = place.own(await GoogleAuthenticator.install(place));
  for (let round = 0; round < ROUNDS; round++) {
    ours.add(await acceptedByGates(place, round));
    peer.add(await debian.accepted());
  }
  return [{
    what: `one TOTP code at ${AT_ONCE} prompts at once: accepted`,
    ours: ours.in("times"),
    references: [{
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
  const code = TOTP.generate({ secret: Secret.fromBase32(SECRET) });
  for (const gate of gates) gate.type(`${code}\r`);
  await Promise.all(gates.map((gate) => gate.shown(/in-the-session|cannot be used|too many/)));
  return gates.filter((gate) => gate.text.includes(IN)).length;
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

  async accepted(): Promise<number> {
    await Deno.remove(this.secret).catch(() => {});
    await Deno.writeTextFile(this.secret, STATE_FILE, { mode: 0o600 });
    const name = this.service.slice(this.service.lastIndexOf("/") + 1);
    const argv = ["pamtester", name, "root", "authenticate"];
    const all = Array.from({ length: AT_ONCE }, () => start(argv, { input: "open" }));
    await Promise.all(all.map((one) => one.err("Verification code: ")));
    const code = TOTP.generate({ secret: Secret.fromBase32(SECRET) });
    await Promise.all(all.map((one) => one.write(`${code}\n`)));
    const results = await Promise.all(all.map((one) => one.done));
    return results.filter(({ code }) => code === 0).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.service);
  }
}
