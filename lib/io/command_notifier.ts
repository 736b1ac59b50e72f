/** A channel that is a program of the administrator's, started anew for each message. */
import { Failure } from "../core/errors.ts";
import type { Letter } from "../core/letter.ts";
import type { Language } from "../core/messages/language.ts";
import { letterOf } from "../core/messages/letter.ts";
import { BY_TICKET, type Delivery, type FailedDelivery } from "../core/delivery.ts";
import type { MessageSort, Notification } from "../core/notification.ts";
import { waitBefore } from "../core/retry.ts";
import type { CommandDialect } from "../notify/channel.ts";
import { refusing } from "../notify/refusal.ts";
import type { Clock, Notifier, Random } from "../ports.ts";
import { errnoIn } from "./files.ts";
import { assertTrustedProgram } from "./secure_file.ts";

/** A message is given up then, however often the program asks to be started again. */
const MESSAGE_MS = 30_000;
/** Programs that run at once; what is more is not begun, for it would only slow them all. */
const MOST_RUNNING = 16;
/** EX_TEMPFAIL of sysexits.h(3). */
const TRY_AGAIN = 75;

/** As server.toml says. */
interface CommandChannel {
  readonly name: string;
  readonly type: string;
  readonly reach: "person" | "group";
  readonly sends: ReadonlySet<MessageSort>;
  readonly isContact: (text: string) => boolean;
  readonly contactKey: (contact: string) => string;
  readonly language: Language;
  /** In which people read times, by its IANA name. */
  readonly timeZone: string;
  readonly dialect: CommandDialect;
}

interface CommandPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Runs something once after so many milliseconds, unless the returned function is called before. */
  readonly after: (ms: number, run: () => void) => () => void;
}

type Ended = { readonly ok: true } | (FailedDelivery & { readonly again?: true });

const refuse = refusing("command", {
  recipient: "see what the program makes of that contact",
  rate_limited: "let the program end sooner, or lower timeout in server.toml",
  settings: "check argv in server.toml: the program must be there, and executable for the server",
  address: "see that the program may connect from this machine",
  unavailable: "the program asks to be tried again later; see what it lacks",
  unusable: "check argv in server.toml",
  rejected: "run the program by hand, as the server's user, to see what it says: its output is " +
    "not kept, for it may hold secrets",
});

export class CommandNotifier implements Notifier, AsyncDisposable {
  readonly name: string;
  readonly type: string;
  readonly reach: "person" | "group";
  readonly sends: ReadonlySet<MessageSort>;
  readonly language: Language;
  readonly answers = false;
  readonly updates = true;
  readonly changesRing = true;
  readonly isContact: (text: string) => boolean;
  readonly contactKey: (contact: string) => string;
  readonly #running = new Map<Deno.ChildProcess, Promise<unknown>>();
  #closed = false;

  private constructor(
    private readonly channel: CommandChannel,
    private readonly ports: CommandPorts,
  ) {
    this.name = channel.name;
    this.type = channel.type;
    this.reach = channel.reach;
    this.sends = channel.sends;
    this.language = channel.language;
    this.isContact = channel.isContact;
    this.contactKey = channel.contactKey;
  }

  /** @throws Failure (78) when others could change the program */
  static open(channel: CommandChannel, ports: CommandPorts): CommandNotifier {
    assertTrustedProgram(channel.dialect.argv[0] ?? "", owners());
    return new CommandNotifier(channel, ports);
  }

  async send(message: Notification, to: string): Promise<Delivery> {
    const { language, timeZone } = this.channel;
    const letter = letterOf(message, message.language ?? language, timeZone);
    const { clock, random } = this.ports;
    const began = clock.now();
    let mayArrive = false;
    for (let made = 1;; made++) {
      const left = MESSAGE_MS - Math.max(0, clock.now() - began);
      const ended = await this.#run(letter, to, left);
      if (ended.ok) return { ok: true, handle: BY_TICKET };
      const { again, ...failed } = ended;
      mayArrive ||= failed.mayArrive;
      const [chance = 0] = random.bytes(1);
      const leftNow = MESSAGE_MS - Math.max(0, clock.now() - began);
      const wait = again ? waitBefore(made, null, leftNow, chance) : undefined;
      if (wait !== undefined && !this.#closed) {
        await new Promise<void>((resolve) => this.ports.after(wait, resolve));
      }
      // Also where it was closed meanwhile: nobody would kill what is begun then.
      if (wait === undefined || this.#closed) return { ...failed, mayArrive };
    }
  }

  async update(message: Notification, to: string): Promise<Delivery> {
    return await this.send(message, to);
  }

  /** What still runs is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const child of this.#running.keys()) killGroup(child);
    await Promise.all(this.#running.values());
  }

  async #run(letter: Letter, to: string, leftMs: number): Promise<Ended> {
    const { argv: [program = "", ...args], environment, stdin, withinMs } = this.channel.dialect;
    if (this.#running.size >= MOST_RUNNING) {
      return refuse("rate_limited", `runs ${MOST_RUNNING} programs already`);
    }
    let child: Deno.ChildProcess;
    try {
      // Its mode may be another one since the server's start.
      assertTrustedProgram(program, owners());
      child = new Deno.Command(program, {
        args,
        env: { ...environment(letter, to) },
        clearEnv: true,
        cwd: "/",
        // A group of its own, so that what it starts can be killed with it.
        detached: true,
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
    } catch (error) {
      return error instanceof Failure
        ? refuse("settings", `refuses its program: ${error.message}`, { hint: error.hint ?? "" })
        : refuse("settings", `cannot start its program${errnoIn(error)}`);
    }
    return await this.#watch(child, stdin(letter, to), Math.min(withinMs, leftMs));
  }

  async #watch(child: Deno.ChildProcess, input: string, withinMs: number): Promise<Ended> {
    let late = false;
    const stopTimer = this.ports.after(withinMs, () => {
      late = true;
      killGroup(child);
    });
    this.#running.set(child, child.status);
    void feed(child, input);
    const { code, signal } = await child.status;
    stopTimer();
    this.#running.delete(child);
    if (late) {
      const hint = "make the program faster, or raise timeout in server.toml";
      const what = `was stopped: its program took longer than ${withinMs / 1000} s`;
      return refuse("unavailable", what, { hint, mayArrive: true });
    }
    if (signal !== null) {
      return refuse("rejected", `failed: its program was ended by ${signal}`, { mayArrive: true });
    }
    if (code === 0) return { ok: true };
    return code === TRY_AGAIN
      ? { ...refuse("unavailable", `is to be tried again (exit ${code})`), again: true }
      : refuse("rejected", `failed: its program ended with exit ${code}`);
  }
}

/** Who may be able to change the program: root and the server itself. */
function owners(): readonly number[] {
  return [0, Deno.uid() ?? 0];
}

/** A program need not read what it is told. */
async function feed(child: Deno.ChildProcess, input: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
}

function killGroup({ pid }: Deno.ChildProcess): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}
