/** The two doors to one login flow, as the person in front of each of them sees it. */
import { equal } from "node:assert/strict";
import type { HostToml } from "./gate.ts";
import { forget, PROMPT, STATE_FILE, unenroll } from "./gate_codes.ts";
import { guardedPair, type Offer, offerOn } from "./gate_offer.ts";
import { ended } from "./gate_processes.ts";
import { stack } from "./pam_host.ts";
import { pamPair } from "./pam_host_pair.ts";
import { CODE_PROMPT, expectIn, expectPermissionDenied, pamOffer } from "./pam_host_screen.ts";
import { pamSsh } from "./pam_host_ssh.ts";
import type { GatehouseServer } from "./server.ts";
import { sshArgv } from "./ssh.ts";
import { type Terminal, terminal } from "./terminal.ts";
import type { User } from "./users.ts";

export interface FrontEnd extends AsyncDisposable {
  readonly server: GatehouseServer;
  readonly user: User;
  /** Path of the private key that is used. */
  readonly key: string;
  /** What a login there is called at the server. */
  readonly service: string;
  /** host.toml's lines for the server. */
  readonly joined: HostToml;
  /** host.toml anew, with no earlier codes remembered. */
  configure(settings: HostToml): Promise<void>;
  /** Gives the account STATE_FILE, or takes its file away. */
  enroll(yes: boolean): Promise<void>;
  /** Where that file is. */
  readonly stateFile: string;
  login(): Visit;
  /** Resolves when no process of a login is left. */
  ended(): Promise<void>;
}

/** A login with the ssh client in a terminal. */
export interface Visit extends AsyncDisposable {
  readonly screen: Terminal;
  /** Where to approve, once it is shown. */
  offer(): Promise<Offer>;
  /** Resolves when a code can be typed, and there is no offer. */
  asksForCode(): Promise<void>;
  /** Types a line. */
  types(text: string): Promise<void>;
  /** It was decided elsewhere: what the person does to hear of it. */
  goesOn(): Promise<void>;
  /** The authenticator is set up: what the person does then. */
  hasEnrolled(): Promise<void>;
  /** Ends it. */
  isIn(): Promise<void>;
  isOut(words: string): Promise<void>;
}

/** The gate's exit status. */
const DENIED = 77;
const UNREACHABLE = 75;

/** Behind sshd's ForceCommand. @param toml more for server.toml */
export async function throughGate(toml = ""): Promise<FrontEnd> {
  const { host, server, joined, [Symbol.asyncDispose]: dispose } = await guardedPair([], toml);
  return {
    server,
    user: host.user,
    key: host.target().identity,
    service: "sshd",
    joined,
    configure: (settings) => forget(host, settings),
    async enroll(yes) {
      if (!yes) return await unenroll(host);
      await host.homeFile(".google_authenticator", STATE_FILE, 0o400);
    },
    stateFile: `${host.user.home}/.google_authenticator`,
    login() {
      const screen = terminal(sshArgv(host.target()), { rows: 60 });
      return visit(screen, {
        offer: () => offerOn(screen),
        asksForCode: () => screen.waitFor(PROMPT).then(() => {}),
        goesOn: () => Promise.resolve(),
        hasEnrolled: () => Promise.resolve(),
        isIn: () => expectIn(screen),
        async isOut(words) {
          await screen.waitFor(words);
          const { code } = await screen.closed;
          equal([DENIED, UNREACHABLE].includes(code), true, `exit ${code}`);
        },
      });
    },
    ended: () => ended(host.binary),
    [Symbol.asyncDispose]: dispose,
  };
}

/** In sshd's PAM, after the key. @param toml more for server.toml */
export async function throughPam(toml = ""): Promise<FrontEnd> {
  const { host, server, joined, [Symbol.asyncDispose]: dispose } = await pamPair([], toml);
  // Whom it lets in without a factor it only does not mind.
  await host.guardSshd(stack("required MODULE", "required pam_permit.so"));
  return {
    server,
    user: host.user,
    key: host.key,
    service: host.sshdService,
    joined,
    configure: (settings) => host.configure(settings),
    async enroll(yes) {
      if (!yes) return await host.unenroll();
      await host.enroll(STATE_FILE);
    },
    stateFile: `${host.folder.path}/codes/${host.user.name}`,
    login() {
      const screen = pamSsh(host, { rows: 60 });
      return visit(screen, {
        offer: () => pamOffer(screen),
        asksForCode: () => screen.waitFor(CODE_PROMPT).then(() => {}),
        goesOn: () => screen.send("\r"),
        async hasEnrolled() {
          await screen.waitFor("Press Enter to go on:");
          await screen.send("\r");
        },
        isIn: () => expectIn(screen),
        isOut: (words) => expectPermissionDenied(screen, words),
      });
    },
    ended: () => ended(host.binary),
    [Symbol.asyncDispose]: dispose,
  };
}

function visit(
  screen: Terminal,
  ways: Omit<Visit, "screen" | "types" | typeof Symbol.asyncDispose>,
): Visit {
  return {
    screen,
    ...ways,
    types: (text) => screen.send(`${text}\r`),
    [Symbol.asyncDispose]: () => screen[Symbol.asyncDispose](),
  };
}
