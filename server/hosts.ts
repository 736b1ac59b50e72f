/** Which host asks: by its token, of which the server keeps the hash only. */
import { sha256 } from "../lib/core/hash.ts";
import type { Host } from "../lib/ports.ts";
import { bearer, type Ctx, type Parts, unauthorized } from "./http.ts";

/** `host list` shows when a host was last seen, to the minute: not worth a write for each login. */
const SEEN_EVERY_MS = 60_000;

/** @throws Fault 401, or 429 after too many of them */
export async function hostOf(c: Ctx, { deps, failures }: Parts): Promise<Host> {
  const host = await deps.store.hostByToken(sha256(bearer(c)));
  if (host === undefined) {
    throw failures.of(c.get("source"), unauthorized("unknown or revoked host token"));
  }
  return host;
}

export async function markSeen(host: Host, { deps }: Parts): Promise<void> {
  const now = deps.clock.now();
  if (host.lastSeenAt !== null && now - host.lastSeenAt < SEEN_EVERY_MS) return;
  await deps.store.changeHost(host.name, (h) => ({ ...h, lastSeenAt: now }));
}

export async function markJoined(host: Host, source: string, { deps }: Parts): Promise<void> {
  const now = deps.clock.now();
  await deps.store.changeHost(host.name, (h) => ({ ...h, joinedAt: now, lastSeenAt: now }));
  await deps.audit.append({ event: "host.joined", host: host.name, source });
  deps.log("info", "host joined", { host: host.name, source });
}
