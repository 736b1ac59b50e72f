/** Who has an authenticator on the machine that is examined, and who would need one. */
import { DEFAULT_HOST_CONFIG, hasServers } from "../../config/host.ts";
import { type Enrolment, enrolments, provenOfEnrolments } from "../../core/doctor/host_codes.ts";
import type { Examined } from "../../core/doctor/finding.ts";
import type { Account } from "../../core/unix_account.ts";
import { Failure } from "../../core/errors.ts";
import { expandPath, folderOfAll } from "../../core/path_template.ts";
import { listSsh2fa } from "../../core/ssh2fa_list.ts";
import { parseStateFile } from "../../core/state_file.ts";
import { IN_HOME, ROOTS_OWN } from "../../io/code_config.ts";
import { codeFileFindings } from "./host_codes_files.ts";
import { type CodesPlace, pamSecret } from "./host_codes_place.ts";
import { unreadFindings } from "./host_codes_unread.ts";
import { fetchedFindings } from "./host_codes_fetched.ts";

interface ExaminedCodes extends Examined {
  /** Whether some guarded account has no authenticator. */
  readonly lockedOut: boolean;
}

export function examineCodes(place: CodesPlace): ExaminedCodes {
  const { config, file } = place;
  const byPam = askedByPam(place).map((one) => enrolmentOf(place, one, pamSecret(place)));
  const byGate = asked(place, place.reliance.gate)
    .map((account) => enrolmentOf(place, account, config.codes.secret ?? IN_HOME.secret));
  const all = [...byPam, ...byGate];
  const { offline, unenrolled } = config.policy;
  const use = { file, hasServers: hasServers(config), offline, unenrolled };
  return {
    findings: [
      ...takesCodesAlone(place)
        ? [...enrolments(byPam, { ...use, hasServers: false }), ...enrolments(byGate, use)]
        : enrolments(all, use),
      ...codeFileFindings(place),
      ...unreadFindings(place),
      ...fetchedFindings(place),
    ],
    proven: provenOfEnrolments(all),
    lockedOut: all.some(({ state }) => state !== "enrolled"),
  };
}

/** PAM asks only where a code can be what it asks for. */
function askedByPam(place: CodesPlace): Account[] {
  const lines = linesOf(place);
  return lines.every(({ mode }) => mode === "pin") && lines.length > 0
    ? []
    : asked(place, place.reliance.pam);
}

/** mode=code asks no server, whatever host.toml names. */
function takesCodesAlone(place: CodesPlace): boolean {
  return linesOf(place).some(({ mode }) => mode === "code");
}

function linesOf({ reliance, wiring }: CodesPlace) {
  return wiring.modules.filter(({ service }) => service === reliance.service);
}

function asked({ config }: CodesPlace, accounts: readonly Account[]): Account[] {
  const { exempt_groups, exempt_users } = config.policy;
  return accounts.filter(({ groups, name }) =>
    !exempt_users.includes(name) && !exempt_groups.some((group) => groups.includes(group))
  );
}

function enrolmentOf(place: CodesPlace, account: Account, template: string): Enrolment {
  const path = expandPath(template, account);
  const { name } = account;
  const user = `gatehouse enroll --user ${name}`;
  const isMade = expandPath(enrolledAt(place), account) === path;
  const command = isMade ? user : `${user} -s ${path}`;
  const known = { name, path, command, byItself: isMade && folderOfAll(template) === undefined };
  try {
    return { ...known, state: stateOf(place, account, path) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...known, state: { refused: error.message } };
  }
}

/** Where `gatehouse enroll` makes files: where PAM looks, as far as it alone asks. */
function enrolledAt({ config, file, wiring }: CodesPlace): string {
  const isOurs = (line: { readonly config: string | undefined }) =>
    (line.config ?? DEFAULT_HOST_CONFIG) === file;
  const byPam = wiring.modules.some((line) => isOurs(line) && line.secret === undefined) &&
    !wiring.gates.some(isOurs);
  return config.codes.secret ?? (byPam ? ROOTS_OWN : IN_HOME).secret;
}

function stateOf(place: CodesPlace, account: Account, path: string): Enrolment["state"] {
  const { config: { codes }, files } = place;
  const facts = files.look(path);
  if (facts === undefined) return isListed(place, account) ? "enrolled" : "missing";
  if (facts.kind !== "file") return { refused: "it is not a regular file" };
  if (!codes.no_strict_owner && facts.uid !== account.uid && facts.uid !== 0) {
    return { refused: `it belongs to uid ${facts.uid}` };
  }
  if ((facts.mode & 0o777 & ~codes.allowed_perm) !== 0) return "open";
  const read = parseStateFile(files.text(path) ?? "");
  return read.ok ? "enrolled" : { refused: read.fault };
}

/** In SSH2FA's file. */
function isListed({ config, files }: CodesPlace, account: Account): boolean {
  const template = config.codes.totp_secrets;
  if (template === "") return false;
  const text = files.text(expandPath(template, account)) ?? "";
  return listSsh2fa(text).some(({ secret, user }) => user === account.name && secret.ok);
}
