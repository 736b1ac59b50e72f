/** Asks the server for the codes of this host's accounts, in as many requests as that takes. */
import { type CodesRequest, MAX_NAMES } from "../../core/central_api.ts";
import { type CentralSet, openSet } from "../../core/central_set.ts";
import { base64url } from "../../core/encoding.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { isRevocation } from "../../core/revocation.ts";
import { fetchCodes, type Fetched } from "../../io/approval_codes.ts";
import { systemClock } from "../../io/clock.ts";
import { systemRandom } from "../../io/random.ts";
import { after } from "../../io/timers.ts";

/** Names of one request: its body has 16 KiB at most. */
const MAX_LETTERS = 8_000;
/** A server that is busy for longer is asked by the next run. */
const PATIENCE_S = 30;
export const ADD_ANEW =
  "at the server: gatehouse host revoke NAME, gatehouse host add NAME; here move " +
  "host.toml away, and join as root with the new token";
const UNSIGNED = `what was fetched before stays, for no pinned key signed that; ${ADD_ANEW}`;

export interface AskingHost {
  readonly servers: readonly string[];
  readonly name: string;
  readonly token: string;
  readonly pinned: readonly Uint8Array[];
  readonly pair: { readonly x: string; readonly d: string };
}

/** "revoked": the server knows this host no more, and has signed that. */
type Answered<T> =
  | { readonly kind: "revoked"; readonly server: string }
  | { readonly kind: "fetched"; readonly value: T };

/** All or nothing: half an answer would look like the end of all other accounts' codes. @throws Failure */
export async function fetchAll(
  host: AskingHost,
  names: readonly string[],
): Promise<Answered<readonly CentralSet[]>> {
  const sets: CentralSet[] = [];
  for (const some of portions(names)) {
    const answered = await fetchSome(host, some);
    if (answered.kind === "revoked") return answered;
    sets.push(answered.value);
  }
  return { kind: "fetched", value: sets };
}

async function fetchSome(
  host: AskingHost,
  accounts: readonly string[],
): Promise<Answered<CentralSet>> {
  const nonce = base64url(systemRandom.bytes(32));
  const fetched = await fetchPatiently(host, { accounts: [...accounts], nonce });
  switch (fetched.kind) {
    case "busy":
      throw new Failure(
        Exit.unreachable,
        `${fetched.server} says that this host asks too often; it may again in ${fetched.retryAfterS} s`,
        "what was fetched before stays; if it stays so, an account here may be using the host's token",
      );
    case "unreachable":
      throw new Failure(Exit.unreachable, fetched.detail, "what was fetched before stays");
    case "revoked": {
      const { server, signed = "" } = fetched;
      const asked = { token: host.token, nonce };
      if (await isRevocation(signed, asked, host.pinned, systemClock.now())) {
        return { kind: "revoked", server };
      }
      throw new Failure(Exit.denied, `${server} does not know this host's token`, UNSIGNED);
    }
    case "refused":
      throw new Failure(
        Exit.config,
        fetched.detail,
        fetched.why === "no_key" ? ADD_ANEW : "what was fetched before stays",
      );
    case "sealed": {
      const request = { host: host.name, nonce, accounts };
      const now = systemClock.now();
      const opened = await openSet(fetched.sealed, request, host.pair, host.pinned, now);
      if (!opened.ok) throw untrusted(opened.fault);
      return { kind: "fetched", value: opened.set };
    }
  }
}

/** Waits once where that is not long. */
async function fetchPatiently(host: AskingHost, request: CodesRequest): Promise<Fetched> {
  const fetched = await fetchCodes(host, request);
  if (fetched.kind !== "busy" || fetched.retryAfterS > PATIENCE_S) return fetched;
  const { promise, resolve } = Promise.withResolvers<void>();
  after(fetched.retryAfterS * 1000, resolve);
  await promise;
  return await fetchCodes(host, request);
}

/** At least one: without any account, too, the server is asked whether this host is still its own. */
function portions(names: readonly string[]): string[][] {
  const portions: string[][] = [[]];
  let letters = 0;
  for (const name of names) {
    const last = portions.at(-1) ?? [];
    const size = JSON.stringify(name).length * 3;
    if (last.length === MAX_NAMES || letters + size > MAX_LETTERS && last.length > 0) {
      portions.push([name]);
      letters = size;
    } else {
      last.push(name);
      letters += size;
    }
  }
  return portions;
}

function untrusted(fault: string): Failure {
  const hint = "what was fetched before stays; somebody may stand in between, or join anew";
  return new Failure(Exit.denied, fault, hint);
}
