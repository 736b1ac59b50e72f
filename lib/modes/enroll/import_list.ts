/** SSH2FA's list becomes state files, one an account. What is wrong with one line stops no other. */
import { newStateFile, SAFE_RATE_LIMIT } from "../../core/enrollment.ts";
import { describeError, Exit, Failure } from "../../core/errors.ts";
import type { ListedSecret } from "../../core/ssh2fa_list.ts";
import { table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { showScratchCodes } from "../../enrollment/enroll.ts";
import { makeScratchCodes } from "../../enrollment/secrets.ts";
import { type Account, accountByName } from "../../io/accounts.ts";
import { writeNewStateFile } from "../../io/state_files.ts";
import { atFiles, type EnrollContext, placeOf, subjectOf } from "./context.ts";
import { requirePlace, showDone, shownAccount } from "./stored.ts";

/** What SSH2FA accepts: 30 s, one step around; and what is safe. */
const SETTINGS = {
  kind: "totp",
  disallowReuse: true,
  rateLimit: SAFE_RATE_LIMIT,
  window: 3,
  step: undefined,
} as const;

type Row =
  & { readonly line: number; readonly user: string }
  & (
    | { readonly imported: true; readonly path: string; readonly codes: readonly string[] }
    | { readonly imported: false; readonly error: string }
  );

/** @throws Failure (65) when a line was not imported */
export async function importList(
  context: EnrollContext,
  path: string,
  all: readonly ListedSecret[],
): Promise<void> {
  const rows: Row[] = [];
  const done = new Set<string>();
  for (const entry of wanted(context, path, all)) {
    rows.push(await importEntry(context, entry, done));
    done.add(entry.user);
  }
  const { words } = context;
  const made = rows.some((row) => row.imported && row.codes.length > 0);
  const command = made ? "gatehouse enroll --user NAME --emergency N" : undefined;
  showDone(context, command, () => report(context, rows));
  const failed = rows.filter(({ imported }) => !imported).length;
  if (failed === 0) return;
  throw new Failure(
    Exit.data,
    words.notImported(failed, rows.length),
    failed < rows.length ? words.notImportedHint : undefined,
    "some lines were not imported",
  );
}

/** Root's are all lines, or those of `--user`; anybody else's their own. @throws Failure */
function wanted(
  context: EnrollContext,
  path: string,
  all: readonly ListedSecret[],
): readonly ListedSecret[] {
  const { options, account, words } = context;
  if (Deno.uid() === 0 && options.user === undefined) {
    if (options.secret === undefined) return all;
    throw new Failure(Exit.usage, words.oneSecretFile, words.oneSecretFileHint);
  }
  const own = all.filter(({ user }) => user === account.name);
  if (own.length > 0) return own;
  throw new Failure(
    Exit.data,
    words.notInList(shownAccount(context), printable(path)),
    words.importHint,
    "not in the list",
  );
}

async function importEntry(
  context: EnrollContext,
  { line, user, secret }: ListedSecret,
  done: ReadonlySet<string>,
): Promise<Row> {
  const { words, doors, options } = context;
  const failed = (error: string): Row => ({ line, user, imported: false, error });
  // The line stands beside it.
  if (!secret.ok) return failed(secret.fault.replace(/^line [0-9]+: /, ""));
  if (user === "") return failed(words.noAccountName);
  if (done.has(user)) return failed(words.listedTwice);
  const account = user === context.account.name ? context.account : accountByName(user);
  if (account === undefined) return failed(words.noSuchAccount);
  try {
    const codes = makeScratchCodes(doors.random, options.emergencyCodes ?? 0);
    const { text } = newStateFile(secret.value, SETTINGS, codes);
    const path = await write(context, account, text);
    context.logOf(user)("info", "done=import");
    return { line, user, imported: true, path, codes };
  } catch (error) {
    if (!(error instanceof Failure)) return failed(describeError(error));
    return failed(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`);
  }
}

async function write(context: EnrollContext, account: Account, text: string): Promise<string> {
  const place = placeOf(context, account);
  await requirePlace(context, account, place, context.words.importForce);
  await atFiles(
    account,
    place.path,
    () => writeNewStateFile(place, text, { replace: context.options.force }),
  );
  return place.path;
}

function report(context: EnrollContext, rows: readonly Row[]): void {
  const { options, messages, words, out, doors } = context;
  if (options.json) return out.result(jsonLine(rows.map(asJson)));
  const cells = rows.map((row) => [
    String(row.line),
    printable(row.user, 32),
    row.imported ? words.imported(printable(row.path)) : printable(row.error),
  ]);
  doors.dialog.print(table([words.listHead, ...cells]).join("\n"));
  for (const row of rows) {
    if (!row.imported) continue;
    showScratchCodes(doors, messages, { ...subjectOf(context), account: row.user }, row.codes);
  }
}

function asJson(row: Row) {
  const { line, user, imported } = row;
  return imported
    ? { line, user, imported, path: row.path, scratch_codes: row.codes }
    : { line, user, imported, error: row.error };
}
