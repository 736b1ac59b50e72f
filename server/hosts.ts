/** Which host asks: by its token, of which the server keeps the hash only. */
import { sha256 } from "../lib/core/hash.ts";
import type { Host } from "../lib/ports.ts";
import { bearer, type Ctx, type Parts, unauthorized } from "./http.ts";

/** `host list` shows when a host was last seen, to the minute: not worth a write for each login. */
const SEEN_EVERY_MS = 60_000;

/** In `User-Agent` (RFC 9110, 10.1.5). */
const AGENT = /^gatehouse\/([0-9A-Za-z.+~-]{1,32})(?: |$)/;

/** @throws Fault 401, or 429 after too many of them */
export async function hostOf(c: Ctx, { deps, failures }: Parts): Promise<Host> {
  const host = await deps.store.hostByToken(sha256(bearer(c)));
  if (host === undefined) {
    throw failures.of(c.get("source"), unauthorized("unknown or revoked host token"));
  }
  return host;
}

export async function markSeen(c: Ctx, host: Host, { deps }: Parts): Promise<void> {
  const now = deps.clock.now();
  if (host.lastSeenAt !== null && now - host.lastSeenAt < SEEN_EVERY_MS) return;
  await deps.store.changeHost(host.name, (h) => ({ ...h, ...seen(c, h, now) }));
}

export async function markJoined(c: Ctx, host: Host, { deps }: Parts): Promise<void> {
  const now = deps.clock.now();
  const source = c.get("source");
  await deps.store.changeHost(host.name, (h) => ({ ...h, ...seen(c, h, now), joinedAt: now }));
  await deps.audit.append({ event: "host.joined", host: host.name, source });
  deps.log("info", "host joined", { host: host.name, source });
}

/** When, and with which version of our program; another one says nothing. */
function seen(c: Ctx, { version }: Host, now: number): Pick<Host, "lastSeenAt" | "version"> {
  const [, said] = AGENT.exec(c.req.header("user-agent") ?? "") ?? [];
  return { lastSeenAt: now, version: said ?? version };
}
