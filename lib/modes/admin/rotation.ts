/** Seals all secrets with another key, step by step, so that at no point any of them could be lost. */
import { Exit, Failure } from "../../core/errors.ts";
import {
  sealAnew,
  type SealedSecret,
  sealedSecrets,
  sealingKeyOf,
} from "../../core/sealed_secrets.ts";
import type { SecretKey } from "../../io/secret_keys.ts";
import type { Sealer, Store } from "../../ports.ts";

export interface RotationDoors {
  readonly store: Pick<Store, "find" | "change">;
  /** Those of a systemd credential; they go before the file's, and are not ours to change. */
  readonly fixed: readonly SecretKey[];
  readonly file: {
    read(): readonly SecretKey[];
    replace(keys: readonly SecretKey[]): Promise<void>;
  };
  readonly newKey: () => SecretKey;
  /** With the keys as they are now. */
  readonly openSealer: () => Promise<Sealer>;
  /** False, and nothing is done, when one of them has sealed something that is kept. */
  readonly retire: (ids: readonly string[]) => boolean;
}

interface Rotated {
  /** The id of the key that seals now. */
  readonly key: string;
  /** How many secrets were sealed anew. */
  readonly secrets: number;
  /** How many keys are gone from the file. */
  readonly removed: number;
  /** How many keys of the credential nothing needs any more. */
  readonly leftOver: number;
  /** Whether an earlier rotation had begun, and ended only now. */
  readonly resumed: boolean;
}

/** So often something was sealed with an old key meanwhile; a server that never stops has lost its file. */
const TRIES = 20;

/**
 * 1. The new key is put before the old ones: whoever seals from now on takes it. 2. All secrets are sealed
 * anew. 3. The old keys are retired: the database refuses what a process that has not heard of it yet
 * still seals with them. 4. They are removed. After each of these all keys that are needed are there, and
 * the next rotation goes on from it.
 * @throws Failure (78)
 */
export async function rotate(doors: RotationDoors): Promise<Rotated> {
  const { fixed, file, retire } = doors;
  const kept = file.read();
  const [before] = [...fixed, ...kept];
  if (before === undefined) {
    throw new Failure(Exit.config, "there is no key yet", "the server makes one when it starts");
  }
  assertAllHere(await secretsIn(doors), [...fixed, ...kept]);
  const resumed = fixed.length === 0 && kept.length > 1;
  if (fixed.length === 0 && !resumed) await file.replace([doors.newKey(), ...kept]);

  const there = file.read();
  const [current, ...old] = [...fixed, ...there];
  if (current === undefined) throw new Failure(Exit.config, "the key is gone");
  const ids = old.map(({ id }) => id);
  let secrets = 0;
  for (let tries = 1;; tries++) {
    secrets += await sealOutdated(doors, current.id);
    if (retire(ids)) break;
    if (tries < TRIES) continue;
    throw new Failure(
      Exit.config,
      "the old key is in use again and again",
      "restart the server, and run this again; nothing is lost",
    );
  }
  const stays = there.filter(({ id }) => id === current.id);
  await file.replace(stays);
  return {
    key: current.id,
    secrets,
    removed: there.length - stays.length,
    leftOver: Math.max(0, fixed.length - 1),
    resumed,
  };
}

/** Answers how many it was. */
async function sealOutdated(doors: RotationDoors, current: string): Promise<number> {
  const outdated = (await secretsIn(doors)).filter(({ sealed }) =>
    sealingKeyOf(sealed) !== current
  );
  if (outdated.length === 0) return 0;
  const sealer = await doors.openSealer();
  const anew = new Map<string, string>();
  for (const { row, sealed } of outdated) {
    anew.set(sealed, await sealer.seal(await sealer.open(sealed, row), row));
  }
  return await doors.store.change(sealAnew(anew));
}

async function secretsIn({ store }: RotationDoors): Promise<SealedSecret[]> {
  const [device, recovery] = await Promise.all([
    store.find("device", { all: true }),
    store.find("recovery", { all: true }),
  ]);
  return sealedSecrets({ device, recovery });
}

/** Before anything is changed. @throws Failure (78) */
function assertAllHere(secrets: readonly SealedSecret[], keys: readonly SecretKey[]): void {
  const missing = strangeKeys(secrets, keys);
  if (missing.length === 0) return;
  throw new Failure(
    Exit.config,
    `secrets are sealed with key ${missing.join(", ")}, which is not in keys/secrets.key`,
    "where it is a systemd credential, run this with the same one; see docs/administration.md",
  );
}

/** Ids of keys that sealed something, and are none of these. */
function strangeKeys(
  secrets: readonly SealedSecret[],
  keys: readonly Pick<SecretKey, "id">[],
): string[] {
  const here = new Set(keys.map(({ id }) => id));
  const used = new Set(secrets.map(({ sealed }) => sealingKeyOf(sealed) ?? "unknown"));
  return [...used].filter((id) => !here.has(id)).sort();
}
