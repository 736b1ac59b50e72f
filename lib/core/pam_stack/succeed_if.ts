/** pam_succeed_if(8): conditions, all of which must hold. */
import { matchesGlob } from "../account_pattern.ts";
import type { Circumstances } from "./module_results.ts";
import type { PamResult } from "./stack.ts";

const FLAGS = ["debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit"];
/** "number": what is compared may be none. */
type Holds = PamResult | "either" | "number";

/** Every result that is possible for the account; "either" conditions let both stand. */
export function succeedIf(args: readonly string[], login: Circumstances): readonly PamResult[] {
  // Then it is about who runs the program.
  const caller = args.includes("use_uid");
  const words = args.filter((arg) => !FLAGS.includes(arg));
  const failures = new Set<PamResult>();
  for (let at = 0; at < words.length; at += 3) {
    const [left, qualifier, right] = words.slice(at, at + 3);
    if (left === undefined || qualifier === undefined || right === undefined) {
      return [...failures, "service_err"];
    }
    const one = holds(left.toLowerCase(), qualifier.toLowerCase(), right, login, caller);
    if (one === "number") failures.add("service_err");
    if (one === "number" || one === "either") failures.add("auth_err");
    else if (one !== "success") return [...failures.add(one)];
  }
  return ["success", ...failures];
}

/** Groups of which the account has to be a member, or must not be. */
export function groupsIn(args: readonly string[]): string[] {
  const words = args.filter((arg) => !FLAGS.includes(arg));
  return words.flatMap((word, at) =>
    at % 3 === 1 && /^(not)?ingroup$/i.test(word) ? (words[at + 1] ?? "").split(":") : []
  );
}

/** Of whoever comes, not of the account. */
const CLIENTS = ["ruser", "rhost", "tty"];

function holds(
  left: string,
  qualifier: string,
  right: string,
  { account, service }: Circumstances,
  caller: boolean,
): Holds {
  const values: Readonly<Record<string, string>> = {
    login: account.name,
    name: account.name,
    user: account.name,
    uid: `${account.uid}`,
    gid: `${account.gid}`,
    shell: account.shell,
    home: account.home,
    dir: account.home,
    homedir: account.home,
    service,
  };
  const known = Object.hasOwn(values, left) ? values[left] : undefined;
  if (known === undefined && !CLIENTS.includes(left)) return "service_err";
  if (/^(not)?innetgr$/.test(qualifier)) return "either";
  // With ruser the groups are those of the remote user.
  const clients = known === undefined || (caller && left !== "service");
  if (/^(not)?ingroup$/.test(qualifier)) {
    if (caller || left === "ruser") return "either";
    const member = right.split(":").some((group) => account.groups.includes(group));
    return when(member === (qualifier === "ingroup"));
  }
  if (!QUALIFIERS.includes(qualifier)) return "service_err";
  if (!clients) return compare(known ?? "", qualifier, right);
  return NUMERIC.includes(qualifier) ? "number" : "either";
}

const NUMERIC = ["<", "lt", "<=", "le", ">", "gt", ">=", "ge", "eq", "ne"];
const QUALIFIERS = [...NUMERIC, "=", "!=", "=~", "glob", "!~", "noglob", "in", "notin"];

function compare(left: string, qualifier: string, right: string): Holds {
  switch (qualifier) {
    case "=":
      return when(left === right);
    case "!=":
      return when(left !== right);
    case "in":
      return when(right.split(":").includes(left));
    case "notin":
      return when(!right.split(":").includes(left));
    case "=~":
    case "glob":
    case "!~":
    case "noglob": {
      // Brackets are for fnmatch(3) alone to read.
      if (/[[\\]/.test(right)) return "either";
      return when(matchesGlob(right, left) === (qualifier === "=~" || qualifier === "glob"));
    }
    default:
      return compareNumbers(left, qualifier, right);
  }
}

function compareNumbers(left: string, qualifier: string, right: string): Holds {
  const [l, r] = [numberOf(left), numberOf(right)];
  if (l === undefined || r === undefined) return "service_err";
  switch (qualifier) {
    case "<":
    case "lt":
      return when(l < r);
    case "<=":
    case "le":
      return when(l <= r);
    case ">":
    case "gt":
      return when(l > r);
    case ">=":
    case "ge":
      return when(l >= r);
    case "eq":
      return when(l === r);
    default:
      return when(l !== r);
  }
}

/** As strtoll(3) with base 0 reads the whole of it. */
function numberOf(text: string): bigint | undefined {
  const [, sign = "", hex, octal, decimal] =
    /^\s*([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))$/i.exec(text) ?? [];
  const digits = hex !== undefined ? `0x${hex}` : octal !== undefined ? `0o0${octal}` : decimal;
  if (digits === undefined) return undefined;
  return sign === "-" ? -BigInt(digits) : BigInt(digits);
}

function when(holds: boolean): Holds {
  return holds ? "success" : "auth_err";
}
