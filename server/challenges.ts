/** What passkeys are asked to sign: each challenge is kept until it is answered, once. */
import { networkOf } from "../lib/core/cidr.ts";
import { keepChallenge, takeChallenge } from "../lib/core/device_challenge.ts";
import {
  challengeIsFor,
  type ChallengeUse,
  makeChallenge,
  NONCE_BYTES,
} from "../lib/core/passkey_challenge.ts";
import type { Deps } from "./deps.ts";
import { tooMany } from "./faults.ts";
import { Limiter } from "./limiter.ts";

/** Who asks for one: anybody from an address, whoever has a request's link, or somebody who is known. */
export type Asker =
  | { readonly kind: "anybody"; readonly source: string }
  | { readonly kind: "link"; readonly ticket: string }
  | { readonly kind: "person"; readonly person: string };

/**
 * Each is written down, so many for one network, link, or person: none stops another. Of all together
 * the store keeps no more than so many (store_kinds.ts): refusing more would let a crowd of links stop
 * every approval.
 */
const ASKED = { burst: 60, perMinute: 60 };

/** "late": unknown, used or too old, which can happen to anybody; "other": made for something else. */
type Taken = "yes" | "late" | "other";

export class Challenges {
  readonly #asked: Limiter;

  constructor(private readonly deps: Pick<Deps, "clock" | "random" | "store">) {
    this.#asked = new Limiter(ASKED, deps.clock);
  }

  /** A new one, base64url. @throws Fault 429 */
  async make(use: ChallengeUse, asker: Asker): Promise<string> {
    const { clock, random, store } = this.deps;
    const retryAfterMs = this.#asked.take(`${asker.kind} ${nameOf(asker)}`);
    if (retryAfterMs !== undefined) throw tooMany("too many passkeys asked for", retryAfterMs);
    const made = makeChallenge(use, random.bytes(NONCE_BYTES), clock.now());
    await store.change(keepChallenge(made));
    return made.challenge;
  }

  /** Takes it away, whatever it was made for. @param challenge as the browser says it was asked */
  async take(challenge: string, use: ChallengeUse): Promise<Taken> {
    const taken = await this.deps.store.change(takeChallenge(challenge));
    const standing = challengeIsFor(taken, use, this.deps.clock.now());
    return standing === "unknown" || standing === "expired" ? "late" : standing;
  }
}

function nameOf(asker: Asker): string {
  switch (asker.kind) {
    case "anybody":
      return networkOf(asker.source);
    case "link":
      return asker.ticket;
    case "person":
      return asker.person;
  }
}
