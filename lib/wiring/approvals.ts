/** The approval servers that host.toml names, for the front ends of a host. */
import { hasServers, type HostConfig } from "../config/host.ts";
import type { Attempt } from "../core/attempt.ts";
import { parseServerKey } from "../core/verdict_key.ts";
import { systemClock } from "../io/clock.ts";
import { systemRandom } from "../io/random.ts";
import type { ServersWord } from "../login/central_codes.ts";
import type { Approvals } from "../login/doors.ts";
import type { Pins } from "../login/pin_request.ts";

/** What talks to servers is loaded only where there are some. */
export async function approvalsOf(config: HostConfig, timeoutMs: number): Promise<Approvals> {
  if (!hasServers(config)) return { ask: () => Promise.resolve({ kind: "none" }) };
  return await aheadOf(config, timeoutMs);
}

/** The same, which can be asked for a grant too. */
export async function aheadOf(config: Joined, timeoutMs: number) {
  const [{ ApprovalClient }, { trustSystemRoots }] = await Promise.all([
    import("../io/approval_client.ts"),
    import("../io/tls_roots.ts"),
  ]);
  trustSystemRoots();
  return new ApprovalClient(clientConfig(config, timeoutMs), systemClock, systemRandom);
}

/** Undefined for a host without servers: nobody could send a PIN. */
export async function pinsOf(config: HostConfig, timeoutMs: number): Promise<Pins | undefined> {
  if (!hasServers(config)) return undefined;
  const [{ PinClient }, { trustSystemRoots }] = await Promise.all([
    import("../io/approval_pin.ts"),
    import("../io/tls_roots.ts"),
  ]);
  trustSystemRoots();
  return new PinClient(clientConfig(config, timeoutMs), systemClock, systemRandom);
}

/** Spends at the servers what this host has found right by what it got from them. */
export function spenderOf(
  config: HostConfig,
  { user, source }: Pick<Attempt, "user" | "source">,
): (code: string) => Promise<ServersWord> {
  if (!hasServers(config)) return () => Promise.resolve({ kind: "no_answer" });
  return async (code) => {
    const [{ spendCode }, { trustSystemRoots }] = await Promise.all([
      import("../io/approval_codes.ts"),
      import("../io/tls_roots.ts"),
    ]);
    trustSystemRoots();
    const client = clientConfig(config, config.timeout);
    return await spendCode(client, { user, source, code }, systemClock);
  };
}

type Joined = Extract<HostConfig, { host_token: string }>;

/** @param timeoutMs how long the person has; the configuration's, or less */
function clientConfig(config: Joined, timeoutMs: number) {
  return {
    servers: config.servers,
    host: config.host,
    token: config.host_token,
    pinned: config.server_keys.map(parseServerKey).filter((key) => key !== undefined),
    timeoutMs,
    connectTimeoutMs: config.connect_timeout,
    signedOffers: config.signed_offers,
  };
}
