/**
 * Secrets that prove who somebody is, opened. Where there is none, or it cannot be opened, as much is
 * done as where there is one: an answer of its own would say that there is such a person.
 */
import { type Device, isUsable, seedRow } from "../lib/core/device.ts";
import { base64url, fromBase64url } from "../lib/core/encoding.ts";
import { Failure } from "../lib/core/errors.ts";
import { RECOVERY_KEY_BYTES, type RecoveryCodes, recoveryRow } from "../lib/core/recovery_code.ts";
import type { Deps, LogFields } from "./deps.ts";

const NOBODYS_ROW = "nobody secret";

export class ProvingSecrets {
  /** Opened where there is no secret to open, so that it takes as long. */
  #nobodys: Promise<string> | undefined;

  constructor(private readonly deps: Pick<Deps, "log" | "random" | "sealer">) {}

  /** Of those whose codes count on our pages, by the device's id. */
  async seeds(devices: readonly Device[]): Promise<Map<string, string>> {
    const secrets = new Map<string, string>();
    for (const device of devices) {
      if (device.kind !== "authenticator" || device.use !== "sign_in") continue;
      if (!isUsable(device)) continue;
      const secret = await this.#open(device.seed, seedRow(device.id), { device: device.id });
      if (secret !== undefined) secrets.set(device.id, secret);
    }
    if (secrets.size === 0) await this.#openNobodys();
    return secrets;
  }

  /** What the codes of the sheet are hashed with; undefined: nobody's sheet. */
  async recoveryKey(sheet: RecoveryCodes | undefined): Promise<Uint8Array> {
    const key = sheet === undefined
      ? undefined
      : await this.#open(sheet.key, recoveryRow(sheet.id), { person: sheet.id });
    return fromBase64url(key ?? await this.#openNobodys());
  }

  /** Undefined when its key is gone, or it is damaged: the log says so to administrators. */
  async #open(sealed: string, row: string, whose: LogFields): Promise<string | undefined> {
    try {
      return await this.deps.sealer.open(sealed, row);
    } catch (error) {
      const hint = error instanceof Failure ? error.hint ?? null : null;
      this.deps.log("error", "a sealed secret cannot be opened", { ...whose, hint });
      return undefined;
    }
  }

  async #openNobodys(): Promise<string> {
    const { random, sealer } = this.deps;
    const key = base64url(random.bytes(RECOVERY_KEY_BYTES));
    try {
      const sealed = await (this.#nobodys ??= sealer.seal(key, NOBODYS_ROW));
      return await sealer.open(sealed, NOBODYS_ROW);
    } catch {
      // Nor may this answer otherwise: it would say that there is no such person.
      this.#nobodys = undefined;
      this.deps.log("error", "nothing can be sealed: see keys/secrets.key");
      return key;
    }
  }
}
