/** Debian's google-authenticator: its PAM module, asked through pamtester at a time of our own. */
import { fromLatin1, toLatin1 } from "../../lib/core/latin1.ts";
import { type Running, start } from "./process.ts";
import type { Scratch } from "./scratch.ts";

const FAKETIME = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`;
const PROMPT = "Verification code: ";

export interface PeerAnswer {
  /** `ignored`: the module says neither yes nor no (PAM_IGNORE). */
  readonly verdict: "accepted" | "refused" | "ignored";
  /** Whether it asked for a code at all: it does not when RATE_LIMIT is reached. */
  readonly asked: boolean;
}

export interface PeerLogin {
  /** Which state file: its name. */
  readonly name: string;
  readonly code: string;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly host?: string;
}

/** The module with its options in a service of its own; state files lie in one folder, by name. */
export class Peer implements AsyncDisposable {
  private constructor(private readonly folder: string, private readonly service: string) {}

  /** @param options of the module, such as "noskewadj"; `user=root` unless there is another */
  static async install(folder: Scratch, ...options: readonly string[]): Promise<Peer> {
    const service = `gatehouse-peer-${crypto.randomUUID().slice(0, 8)}`;
    const states = await folder.dir(service, 0o755);
    const user = options.some((option) => option.startsWith("user=")) ? [] : ["user=root"];
    // With user= the module does not look for ${USER} among the accounts.
    const all = [`secret=${states}/\${USER}`, ...user, ...options].join(" ");
    await Deno.writeTextFile(
      `/etc/pam.d/${service}`,
      `auth [success=done ignore=ignore default=die] pam_google_authenticator.so ${all}\n` +
        // Only reached when the module ignores the login; and says so in a way of its own.
        "auth required pam_debug.so auth=user_unknown\n",
    );
    return new Peer(states, service);
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  async write(name: string, text: string): Promise<string> {
    await Deno.writeFile(this.path(name), fromLatin1(text), { mode: 0o600 });
    return this.path(name);
  }

  async read(name: string): Promise<string> {
    return toLatin1(await Deno.readFile(this.path(name)));
  }

  async login(login: PeerLogin): Promise<PeerAnswer> {
    const { code, err, out } = await this.begin(login, `${login.code}\n`).done;
    return { verdict: verdictOf(code, out + err), asked: err.includes(PROMPT) };
  }

  /** Begins as many logins at once, and gives the codes when all sit at the prompt. */
  async loginsAtOnce(name: string, at: number, codes: readonly string[]): Promise<PeerAnswer[]> {
    await using all = new AsyncDisposableStack();
    const started = codes.map((code) => all.use(this.begin({ name, code, at }, "open")));
    await Promise.all(started.map((one) => one.err(PROMPT)));
    await Promise.all(started.map((one, index) => one.write(`${codes[index]}\n`)));
    const ended = await Promise.all(started.map((one) => one.done));
    return ended.map(({ code, out, err }) => ({
      verdict: verdictOf(code, out + err),
      asked: true,
    }));
  }

  private begin({ name, at, host = "192.0.2.7" }: PeerLogin, input: string): Running {
    const argv = ["pamtester", "-I", `rhost=${host}`, this.service, name, "authenticate"];
    return start(argv, { input, env: { PATH: "/usr/bin:/bin", ...fakeTime(at) } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(`/etc/pam.d/${this.service}`);
  }
}

/** For a process whose clock stands still. @param at seconds since the epoch */
function fakeTime(at: number): Record<string, string> {
  const [date, time] = new Date(at * 1000).toISOString().split(/[T.]/);
  return {
    LD_PRELOAD: FAKETIME,
    FAKETIME: `${date} ${time}`,
    TZ: "UTC",
    // Files keep their real times.
    NO_FAKE_STAT: "1",
  };
}

function verdictOf(exit: number, said: string): PeerAnswer["verdict"] {
  if (exit === 0) return "accepted";
  return said.includes("User not known to the underlying") ? "ignored" : "refused";
}
