/** `gatehouse server restore FILE`, into a data directory that is empty. */
import { ChainCheck } from "../../core/audit.ts";
import { DATABASE_FILE, type Manifest } from "../../core/backup.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { administratorName, type CommandOptions, serverPlace } from "./administration.ts";
import { record } from "./records.ts";
import { actAsOwner } from "../../io/act_as_owner.ts";
import { AuditFile } from "../../io/audit_file.ts";
import { readAudit } from "../../io/audit_reader.ts";
import { RestorePlace } from "../../io/backup_place.ts";
import { BackupReader } from "../../io/backup_reader.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { CREDENTIAL, SecretKeyFile } from "../../io/secret_keys.ts";
import { openServerKeys } from "../../io/server_keys.ts";
import { checkDatabase, sealingKeys } from "../../io/sqlite_backup.ts";

export async function serverRestore(
  path: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  const { dataDir } = serverPlace(options);
  // Before root becomes the owner of the data: the file is often root's alone.
  using reader = BackupReader.open(path);
  const by = administratorName();
  actAsOwner(dataDir);
  const { manifest, missingKeys } = await unpack(reader, path, dataDir);
  const { made_at, audit: { entries, whole } } = manifest;
  const audit = AuditFile.open(dataDir, systemClock);
  try {
    await record(audit, { event: "server.restored", made_at, by, via: "terminal" });
  } finally {
    await audit.close();
  }
  if (options.json) return out.line(jsonLine({ made_at, entries, missing_keys: missingKeys }));
  const dir = printable(dataDir);
  out.line(`restored the backup of ${made_at} to ${dir}; start the server with it:`);
  out.line(`gatehouse server --data ${dir}`);
  out.line("what was revoked, frozen, removed or used up since then is not so any more; see to it");
  if (!whole) out.error("the audit log was broken when the backup was made; it is as it was");
  if (missingKeys.length > 0) {
    out.error(
      `secrets are sealed with key ${missingKeys.join(", ")}, which is not in the backup: ` +
        `give the server its credential ${CREDENTIAL}`,
    );
  }
  if (Deno.uid() === 0) {
    out.error(
      `${dir} belongs to root; where the server runs as another user: chown -R USER ${dir}`,
    );
  }
}

interface Unpacked {
  readonly manifest: Manifest;
  readonly missingKeys: readonly string[];
}

/** Everything is looked at before anything is in its place. @throws Failure (2, 65, 77, 78) */
async function unpack(reader: BackupReader, path: string, dataDir: string): Promise<Unpacked> {
  using place = RestorePlace.open(dataDir);
  const { folder } = place;
  const manifest = await reader.extract(folder);
  const database = `${folder}/${DATABASE_FILE}`;
  checkDatabase(database, DATABASE_FILE);
  await checkAudit(folder, manifest, path);
  await openServerKeys(folder);
  const here = new SecretKeyFile(folder).read().map(({ id }) => id);
  const missingKeys = sealingKeys(database, DATABASE_FILE).filter((id) => !here.includes(id));
  await place.put();
  return { manifest, missingKeys };
}

/** @throws Failure (65) */
async function checkAudit(folder: string, { audit }: Manifest, path: string): Promise<void> {
  const check = new ChainCheck();
  for await (const { bytes, terminated } of readAudit(folder)) check.add(bytes, terminated);
  const { entries, last, broken } = check.report();
  if (entries === audit.entries && last === audit.last && (broken === null) === audit.whole) return;
  throw new Failure(
    Exit.data,
    `the audit log in ${printable(path)} is not the one that its manifest says`,
    "nothing was restored; take another backup",
  );
}
