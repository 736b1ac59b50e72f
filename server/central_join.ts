/**
 * The key that codes are sealed to for a host. Every account of a host can read its token, so the token
 * alone must not change that key: it comes with the first request to join, which root makes with a token
 * that nobody else has used, or not at all.
 */
import { parseHostKey } from "../lib/core/central_api.ts";
import { sealSet } from "../lib/core/central_set.ts";
import type { Host } from "../lib/ports.ts";
import { Fault } from "./faults.ts";
import type { Ctx, Parts } from "./http.ts";

/**
 * @param key as the host sends it; undefined: it does not take part
 * @throws Fault 409 when this is not the first request and the key is another one, 422 when it is none
 */
export async function keepCodesKey(
  c: Ctx,
  host: Host,
  key: string | undefined,
  { deps }: Pick<Parts, "deps">,
): Promise<void> {
  if (key === undefined || key === host.codesKey) return;
  if (!await canSeal(key, deps)) throw new Fault(422, "codes_key is not an X25519 key");
  const isFirst = (now: Host) =>
    now.tokenHash === host.tokenHash && now.codesKey === null && now.joinedAt === null;
  const kept = await deps.store.changeHost(
    host.name,
    (now) => isFirst(now) ? { ...now, codesKey: key } : now,
  );
  if (kept?.codesKey === key) return;
  const refused = { host: host.name, source: c.get("source") };
  await deps.audit.append({ event: "host.key_refused", ...refused });
  deps.log("warning", "host key refused", refused);
  const detail = "this token was used to join before, with another key or none";
  throw new Fault(409, detail, { reason: "other_codes_key" });
}

/** Some 32 bytes are no good as a key: they share the same secret with everybody (RFC 7748, 6.1). */
async function canSeal(key: string, { signer }: Parts["deps"]): Promise<boolean> {
  const raw = parseHostKey(key);
  if (raw === undefined) return false;
  try {
    await sealSet({ valid_for: 1, accounts: [] }, { host: "", nonce: "" }, raw, signer, 0);
    return true;
  } catch {
    return false;
  }
}
