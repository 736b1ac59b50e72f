/** `gatehouse server rotate-secrets`: another key for the secrets that the server keeps. */
import { jsonLine } from "../../core/text.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { count, record } from "./records.ts";
import { rotate } from "./rotation.ts";
import type { Out } from "../../io/out.ts";
import { openSealer } from "../../io/sealed.ts";
import {
  CREDENTIAL,
  credentialKeys,
  credentialsDirectory,
  holdSecretKeys,
  newSecretKey,
  SecretKeyFile,
} from "../../io/secret_keys.ts";
import { retireKeys } from "../../io/sqlite_retired.ts";

export async function rotateSecrets(options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store, audit, dataDir, by }) => {
    const file = new SecretKeyFile(dataDir);
    using _ = await holdSecretKeys(dataDir, "change");
    const { key, secrets, removed, leftOver, resumed } = await rotate({
      store,
      file,
      fixed: credentialKeys(credentialsDirectory()),
      newKey: newSecretKey,
      openSealer: () => openSealer(dataDir),
      retire: (ids) => retireKeys(dataDir, ids),
    });
    await record(audit, { event: "secrets.rotated", key, secrets, by, via: "terminal" });
    if (options.json) {
      return out.line(jsonLine({ key, secrets, removed, left_over: leftOver, resumed }));
    }
    if (resumed) out.line("an earlier rotation had not ended; it has now");
    out.line(`${count(secrets, "secret")} sealed anew with key ${key}; it alone is needed now`);
    if (removed > 0) out.line(`${count(removed, "old key")} removed from ${file.path}`);
    if (leftOver > 0) {
      out.line(`remove all lines but the first from the credential ${CREDENTIAL}`);
    }
    out.line(
      "backups of before hold the old key and what it sealed; keep or destroy them together",
    );
  });
}
