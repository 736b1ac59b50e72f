/** Authenticators in homes that nothing on this host reads: they were moved, or codes are not asked for at all. */
import { DEFAULT_HOST_CONFIG } from "../../config/host.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import { unreadFiles } from "../../core/doctor/host_codes.ts";
import { Failure } from "../../core/errors.ts";
import { expandPath } from "../../core/path_template.ts";
import { parseStateFile } from "../../core/state_file.ts";
import { IN_HOME, ROOTS_OWN } from "../../io/code_config.ts";
import { type CodesPlace, lookOrNothing } from "./host_codes_place.ts";

export function unreadFindings(place: CodesPlace): Finding[] {
  const { accounts, files } = place;
  const read = templatesRead(place);
  if (read === undefined) return [];
  const found = new Map<string, { path: string; counts: boolean }>();
  const isRead = new Set(read.flatMap((one) => accounts.map((each) => expandPath(one, each))));
  for (const account of accounts) {
    const path = expandPath(IN_HOME.secret, account);
    if (isRead.has(path) || lookOrNothing(files, path)?.kind !== "file") continue;
    const counting = read.flatMap((one) => secretsIn(place, expandPath(one, account)));
    const counts = secretsIn(place, path).some((secret) => counting.includes(secret));
    found.set(path, { path, counts });
  }
  return unreadFiles([...found.values()]);
}

/** Undefined where that is not known, or nothing is set up: another host.toml decides, too. */
function templatesRead({ config, file, wiring }: CodesPlace): string[] | undefined {
  const { gates, google, modules } = wiring;
  const lines = [...gates, ...modules];
  const isOther = lines.some((line) => (line.config ?? DEFAULT_HOST_CONFIG) !== file);
  if (isOther || lines.length === 0) return undefined;
  const { secret } = config.codes;
  return [
    ...google,
    ...gates.map(() => secret ?? IN_HOME.secret),
    ...modules.filter(({ mode }) => mode !== "pin")
      .map((line) => line.secret ?? secret ?? ROOTS_OWN.secret),
  ];
}

/** None where it is no authenticator, or cannot be read. */
function secretsIn({ files }: CodesPlace, path: string): readonly string[] {
  try {
    const read = parseStateFile(files.text(path) ?? "");
    return read.ok ? [read.value.secret, ...read.value.otherSecrets] : [];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
