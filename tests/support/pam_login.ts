/** Logins through PAM in the test's own process, with a module of the test's. */
import { parseHostConfig } from "../../lib/config/host.ts";
import { Exit } from "../../lib/core/errors.ts";
import type { PamItems } from "../../lib/core/pam_items.ts";
import { readPamOptions } from "../../lib/core/pam_options.ts";
import { accountByName } from "../../lib/io/accounts.ts";
import type { PamChannel } from "../../lib/io/pam_channel.ts";
import type { Front } from "../../lib/modes/pam/front.ts";
import type { PamLogin } from "../../lib/modes/pam/login.ts";
import { anAttempt } from "./fakes.ts";
import { type HostToml, hostToml } from "./gate.ts";

export const JOINED: HostToml = {};
export const ALONE: HostToml = { servers: [], host: "web1" };

/** Of sshd's login of that account. */
export function pamItemsOf(user: string, changes: Partial<PamItems> = {}): PamItems {
  return {
    user,
    service: "sshd",
    type: "auth",
    rhost: undefined,
    ruser: undefined,
    tty: undefined,
    sshConnection: undefined,
    sshAuthInfo: undefined,
    unixDenied: false,
    locale: undefined,
    ...changes,
  };
}

export function frontOf(channel: PamChannel | undefined): Front {
  return {
    channel,
    authtok: () => Promise.resolve(undefined),
    tell() {},
    pass: () => Exit.ok,
    deny: () => Exit.ok,
  };
}

export interface Wanted {
  readonly user?: string;
  readonly settings?: HostToml;
  /** As a line of pam.d has them. */
  readonly options?: readonly string[];
  readonly items?: Partial<PamItems>;
  readonly inVain?: string;
  readonly channel?: PamChannel;
}

/** What is known of a login when its factor's turn comes. */
export function pamLogin(wanted: Wanted = {}): PamLogin {
  const { user = "root", settings = ALONE, options = [], inVain, channel } = wanted;
  return {
    config: parseHostConfig(hostToml(settings), "host.toml"),
    options: readPamOptions(options.flatMap((option) => ["--option", option])),
    items: pamItemsOf(user, wanted.items),
    attempt: anAttempt({ user }),
    account: accountByName(user),
    inVain,
    front: frontOf(channel),
  };
}
