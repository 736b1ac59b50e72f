/** `gatehouse server backup FILE`, while the server runs. */
import { AUDIT_FILE, type AuditEvent, ChainCheck, type ChainReport } from "../../core/audit.ts";
import { type Manifest, SECRETS_KEY } from "../../core/backup.ts";
import { concat, splitLines } from "../../core/bytes.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { VERSION } from "../../core/version.ts";
import { administratorName, type CommandOptions, noData, serverPlace } from "./administration.ts";
import { record } from "./records.ts";
import { actAsOwner } from "../../io/act_as_owner.ts";
import { actingAsOwner } from "../../io/acting_as.ts";
import { AuditFile } from "../../io/audit_file.ts";
import { backupParts } from "../../io/backup_parts.ts";
import { type BackupPart, BackupWriter } from "../../io/backup_writer.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { CREDENTIAL, holdSecretKeys, parseKeys } from "../../io/secret_keys.ts";
import { DatabaseCopy, sealingKeys } from "../../io/sqlite_backup.ts";
import { SqliteStore } from "../../io/sqlite_store.ts";

export async function serverBackup(
  path: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  const { dataDir } = serverPlace(options);
  if (!SqliteStore.isIn(dataDir)) throw noData(dataDir);
  const by = administratorName();
  const { manifest, audit, missingKeys } = await write(path, dataDir);
  await note(dataDir, { event: "server.backed_up", file: printable(path), by, via: "terminal" });

  const { entries, broken } = audit;
  if (options.json) {
    return out.line(
      jsonLine({ file: path, made_at: manifest.made_at, entries, missing_keys: missingKeys }),
    );
  }
  out.line(
    `backed up ${printable(dataDir)} to ${printable(path)}: database, audit log (${entries} ` +
      `${entries === 1 ? "entry" : "entries"}), keys`,
  );
  out.line("it holds all keys of the server: whoever reads it can let in anybody, anywhere");
  if (broken !== null) {
    out.error(`the audit log is broken: line ${broken.line} ${broken.why}; it is kept as it is`);
  }
  if (missingKeys.length > 0) {
    out.error(
      `it does not hold key ${missingKeys.join(", ")}, which secrets are sealed with: ` +
        `keep the credential ${CREDENTIAL}, too`,
    );
  }
}

interface Written {
  readonly manifest: Manifest;
  readonly audit: ChainReport;
  /** Ids of keys that sealed something, and are in a credential of systemd's. */
  readonly missingKeys: readonly string[];
}

/**
 * Root may name a file where only root can write, but reads the server's files as the server's user:
 * that one could have put a link there.
 */
async function write(path: string, dataDir: string): Promise<Written> {
  const now = systemClock.now();
  using writer = BackupWriter.open(path, now);
  const chain = new PassingChain();
  let missingKeys: readonly string[];
  {
    using _owner = actingAsOwner(dataDir);
    // Else it could hold what is sealed with one key, and only the next one.
    using _keys = await holdSecretKeys(dataDir, "read");
    using copy = await DatabaseCopy.make(dataDir);
    const held: string[] = [];
    for await (const part of backupParts(dataDir, copy.path)) {
      await writer.add(seen(part, (chunk) => {
        if (part.name === AUDIT_FILE) chain.add(chunk);
        if (part.name === SECRETS_KEY) held.push(...keyIds(chunk));
      }));
    }
    missingKeys = sealingKeys(copy.path, dataDir).filter((id) => !held.includes(id));
  }
  const audit = chain.report();
  const { entries, last, broken } = audit;
  const manifest = await writer.finish({
    gatehouse: VERSION,
    made_at: rfc3339(now) ?? "",
    audit: { entries, last, whole: broken === null },
  });
  return { manifest, audit, missingKeys };
}

/** The same; each chunk is looked at before it goes on. */
function seen(part: BackupPart, look: (chunk: Uint8Array) => void): BackupPart {
  async function* chunks() {
    for await (const chunk of part.chunks) {
      look(chunk);
      yield chunk;
    }
  }
  return { ...part, chunks: chunks() };
}

/** The audit log's chain, checked as it passes in pieces. */
class PassingChain {
  readonly #check = new ChainCheck();
  #rest: Uint8Array = new Uint8Array();

  add(chunk: Uint8Array): void {
    const { lines, rest } = splitLines(concat([this.#rest, chunk]));
    for (const line of lines) this.#check.add(line);
    this.#rest = rest;
  }

  report(): ChainReport {
    if (this.#rest.length > 0) this.#check.add(this.#rest, false);
    return this.#check.report();
  }
}

/** @param text the whole file, for it is short */
function keyIds(text: Uint8Array): string[] {
  return (parseKeys(new TextDecoder().decode(text)) ?? []).map(({ id }) => id);
}

/** As the server's user, for good. */
async function note(dataDir: string, event: AuditEvent): Promise<void> {
  actAsOwner(dataDir);
  const audit = AuditFile.open(dataDir, systemClock);
  try {
    await record(audit, event);
  } finally {
    await audit.close();
  }
}
