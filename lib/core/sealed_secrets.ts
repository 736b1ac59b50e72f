/** Where sealed secrets are among what the server keeps, so that all of them can be sealed anew. */
import { type Device, seedRow } from "./device.ts";
import { type RecoveryCodes, recoveryRow } from "./recovery_code.ts";
import type { Change, Kinds } from "./store_change.ts";

export interface SealedSecret {
  /** What it is bound to, see `Sealer`. */
  readonly row: string;
  readonly sealed: string;
}

/** `1.KEY.NONCE+CIPHERTEXT`, the first figure the version of this form. */
const FORM = /^1\.([0-9a-f]{12})\.[A-Za-z0-9_-]+$/;

/** The id of the key that sealed it; undefined when it is not sealed. */
export function sealingKeyOf(sealed: string): string | undefined {
  return FORM.exec(sealed)?.[1];
}

type Kept = { readonly [K in "device" | "recovery"]: readonly Kinds[K][] };

/** All but what was emptied because nobody needs it. */
export function sealedSecrets({ device, recovery }: Kept): SealedSecret[] {
  return [
    ...device.map((one) => ({ row: seedRow(one.id), sealed: seedOf(one) })),
    ...recovery.map((one) => ({ row: recoveryRow(one.id), sealed: one.key })),
  ].filter(({ sealed }) => sealed !== "");
}

/**
 * Puts what was sealed anew in the place of what it was made from. What was changed meanwhile stays.
 * Answers how many it was.
 * @param anew by the sealed text as it was found
 */
export function sealAnew(anew: ReadonlyMap<string, string>): Change<number> {
  return {
    wants: { device: [{ all: true }], recovery: [{ all: true }] },
    make: (found) => {
      const device = found.device.flatMap((one) => withSeed(one, anew.get(seedOf(one))));
      const recovery = found.recovery.flatMap((one: RecoveryCodes) => {
        const key = anew.get(one.key);
        return key === undefined ? [] : [{ ...one, key }];
      });
      return { answer: device.length + recovery.length, put: { device, recovery } };
    },
  };
}

function seedOf(device: Device): string {
  return device.kind === "authenticator" ? device.seed : "";
}

function withSeed(device: Device, seed: string | undefined): Device[] {
  return device.kind === "authenticator" && seed !== undefined ? [{ ...device, seed }] : [];
}
