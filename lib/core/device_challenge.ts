/** Challenges for passkeys, each taken once. */
import type { Challenge } from "./passkey_challenge.ts";
import type { Change } from "./store_change.ts";

export function keepChallenge(challenge: Challenge): Change<void> {
  return { wants: {}, make: () => ({ answer: undefined, put: { challenge: [challenge] } }) };
}

/**
 * Before the signature is looked at, so that none counts twice. Undefined: none, or used; whether it is
 * in force and made for this, `challengeIsFor` says.
 */
export function takeChallenge(challenge: string): Change<Challenge | undefined> {
  return {
    wants: { challenge: [{ id: challenge }] },
    make: ({ challenge: [taken] }) =>
      taken === undefined
        ? { answer: undefined }
        : { answer: taken, remove: { challenge: [challenge] } },
  };
}
