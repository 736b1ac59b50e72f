/**
 * The key that codes are sealed to for a host. Every account of a host can read its token, so the token
 * alone must not change that key: it comes with the first request to join, which root makes with a token
 * that nobody else has used, or not at all. Where two keys come, nobody knows whose is the host's: then
 * there is none until the host is added anew.
 */
import { parseHostKey } from "../lib/core/central_api.ts";
import { sealSet } from "../lib/core/central_set.ts";
import { printable } from "../lib/core/text.ts";
import type { Host } from "../lib/ports.ts";
import type { Alerts } from "./alerts.ts";
import type { Deps } from "./deps.ts";
import { Fault, tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";

/** Of one host: more than who tries again, and too few to keep the server busy. */
const JOINS = { burst: 10, perMinute: 10 };
/** Lines in the audit log about one host: whoever reads its token must not fill the disk. */
const RECORDED = { burst: 1, perMinute: 1 / 60 };

export class HostKeys {
  readonly #joins: Limiter;
  readonly #recorded: Limiter;

  constructor(
    private readonly deps: Pick<Deps, "audit" | "clock" | "log" | "signer" | "store">,
    private readonly alerts: Alerts,
  ) {
    this.#joins = new Limiter(JOINS, deps.clock);
    this.#recorded = new Limiter(RECORDED, deps.clock);
  }

  /** To be called before anything is done for who wants to join. @throws Fault 429 */
  admit({ name }: Host): void {
    const retryAfterMs = this.#joins.take(name);
    if (retryAfterMs !== undefined) throw tooMany("this host joins too often", retryAfterMs);
  }

  /**
   * @param sent as the host sends it; undefined: it does not take part
   * @returns what codes are sealed to for this host from now on; null: it gets none
   * @throws Fault 409 when this is not the first request and the key is another one, 422 when it is none
   */
  async keep(host: Host, sent: string | undefined, source: string): Promise<string | null> {
    if (sent === undefined || sent === host.codesKey) return host.codesKey;
    if (!await this.#canSeal(sent)) throw new Fault(422, "codes_key is not an X25519 key");
    const isFirst = (now: Host) =>
      now.tokenHash === host.tokenHash && now.codesKey === null && now.joinedAt === null;
    const kept = await this.deps.store.changeHost(
      host.name,
      (now) => isFirst(now) ? { ...now, codesKey: sent } : now,
    );
    if (kept?.codesKey === sent) return sent;
    if (kept?.tokenHash === host.tokenHash && kept.codesKey !== null) {
      await this.#forget(host, source);
    } else await this.#recordRefused(host, source);
    throw new Fault(
      409,
      "this token was used to join before, with another key or none; add this host anew",
      { reason: "other_codes_key" },
    );
  }

  /**
   * Whose reports of its doctor are believed (host_reports.ts): what came with the first request to join.
   * A host that joined without one keeps to the first report's.
   * @throws Fault 409 when it is another one
   */
  async keepReportKey(host: Host, sent: string | undefined, source: string): Promise<void> {
    if (sent === undefined || sent === host.reportKey) return;
    const isFirst = (now: Host) =>
      now.tokenHash === host.tokenHash && now.reportKey === null && now.joinedAt === null;
    const kept = await this.deps.store.changeHost(
      host.name,
      (now) => isFirst(now) ? { ...now, reportKey: sent } : now,
    );
    if (kept === undefined || kept.reportKey === null || kept.reportKey === sent) return;
    await this.#recordRefused(host, source);
    throw new Fault(
      409,
      "this token was used to join before, with another key for reports; add this host anew",
      { reason: "other_report_key" },
    );
  }

  /** On record first: what is lost without a trace would only look like a host that has no key. */
  async #forget(host: Host, source: string): Promise<void> {
    const { audit, clock, log, store } = this.deps;
    const fields = { host: printable(host.name), source: printable(source) };
    await audit.append({ event: "host.key_disputed", ...fields });
    let forgotten = false;
    await store.changeHost(host.name, (now) => {
      forgotten = now.tokenHash === host.tokenHash && now.codesKey !== null;
      // Joined: so that no later request is the first one.
      const joinedAt = now.joinedAt ?? clock.now();
      return forgotten ? { ...now, joinedAt, codesKey: null } : now;
    });
    if (!forgotten) return;
    log("warning", "two keys for one host: it gets no codes until it is added anew", fields);
    this.alerts.hostKeyDisputed(host.name, source);
  }

  async #recordRefused({ name }: Host, source: string): Promise<void> {
    const { audit, log } = this.deps;
    if (this.#recorded.wait(name) !== undefined) return;
    const fields = { host: printable(name), source: printable(source) };
    await audit.append({ event: "host.key_refused", ...fields });
    this.#recorded.take(name);
    log("warning", "host key refused", fields);
  }

  /** Some 32 bytes are no good as a key: they share the same secret with everybody (RFC 7748, 6.1). */
  async #canSeal(key: string): Promise<boolean> {
    const raw = parseHostKey(key);
    if (raw === undefined) return false;
    try {
      const set = { valid_for: 1, accounts: [] };
      await sealSet(set, { host: "", nonce: "" }, raw, this.deps.signer, 0);
      return true;
    } catch {
      return false;
    }
  }
}
