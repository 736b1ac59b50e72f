/** What one line of a stack can get from its module for one account, and what its success proves. */
import type { Account } from "../unix_account.ts";
import { gatehouseResults, isGatehouse } from "./gatehouse_line.ts";
import { moduleName } from "./assumptions.ts";
import { knownResult } from "./known_modules.ts";
import { condition } from "./module_conditions.ts";
import { type Known, KNOWN_MODULES, type Proof, type Results } from "./module_table.ts";
import {
  PAM_RESULTS,
  type PamEntry,
  type PamFiles,
  type PamResult,
  type PamType,
} from "./stack.ts";

/** Of one login. */
export interface Circumstances {
  readonly service: string;
  readonly account: Account;
  /** Where modules look things up: lists, /etc/shells... */
  readonly files: PamFiles;
  /** Whether /etc/passwd has the account; undefined where nobody can see that file. */
  readonly isLocal: boolean | undefined;
  /** Undefined where nobody can see the folder of modules. */
  readonly isThere: (module: string) => boolean | undefined;
}

/** "anything", but what is no answer: libpam would ask the same module again. */
const ANYTHING: Results = PAM_RESULTS.filter((result) => result !== "incomplete");

/** Libpam's modules whose results are in the line itself, what they say proves nothing. */
const PLAIN = ["pam_permit", "pam_deny", "pam_debug"];
const PASS = {
  auth: "authenticate",
  account: "acct_mgmt",
  password: "chauthtok",
  session: "open_session",
} as const;

function knownModule(name: string): Known | undefined {
  return Object.hasOwn(KNOWN_MODULES, name) ? KNOWN_MODULES[name] : undefined;
}

/** What success of this line proves about who logs in. */
export function proofOf(entry: PamEntry): Proof {
  if (isGatehouse(entry)) return "gatehouse";
  const name = moduleName(entry.module);
  const known = knownModule(name);
  return known === undefined && !PLAIN.includes(name) ? "unknown" : known?.proof ?? "none";
}

/** Every code that this line may get from its module; the likeliest first. Never empty. */
export function possibleResults(entry: PamEntry, type: PamType, login: Circumstances): Results {
  if (login.isThere(entry.module) === false) return ["module_unknown"];
  if (isGatehouse(entry)) return gatehouseResults(entry, type);
  const plain = knownResult(entry, PASS[type]);
  if (plain !== undefined) return [plain];
  const name = moduleName(entry.module);
  const known = knownModule(name);
  const results = known === undefined ? ANYTHING : known[type];
  if (results === undefined) return ["module_unknown"];
  return condition(name, entry.args, type, login) ??
    ofStrangers(name, results, entry.args, login);
}

/** What pam_setcred(3) gets from this line, after its authentication ended in `before`. */
export function credentialResults(
  entry: PamEntry,
  before: PamResult,
  login: Circumstances,
): Results {
  if (login.isThere(entry.module) === false) return ["module_unknown"];
  const plain = knownResult(entry, "setcred");
  if (plain !== undefined) return [plain];
  const name = moduleName(entry.module);
  if (isGatehouse(entry)) return name === "pam_exec" ? ["ignore"] : ["success"];
  if (name === "pam_unix" && entry.args.includes("likeauth")) return [before];
  if (name === "pam_nologin" && entry.args.includes("successok")) return ["success"];
  const known = knownModule(name);
  return known === undefined ? ANYTHING : known.setcred ?? ["module_unknown"];
}

/** Modules that pass over strangers where they are told to, and otherwise never. */
const IGNORE_BY_OPTION = ["pam_sss", "pam_ldap", "pam_winbind"];

/** What comes of accounts that a module does not know; whom /etc/passwd has, pam_unix knows. */
function ofStrangers(
  name: string,
  results: Results,
  args: readonly string[],
  { isLocal }: Circumstances,
): Results {
  const told = args.some((arg) => arg.startsWith("ignore_") || arg === "unknown_ok");
  const never: PamResult[] = [];
  if (name === "pam_unix" && isLocal === true) never.push("user_unknown");
  if (IGNORE_BY_OPTION.includes(name) && !told) never.push("ignore");
  return results.filter((result) => !never.includes(result));
}
