/** Configurations of PAM for property tests: all that pam.d knows, and what it does not. */
import fc from "fast-check";
import {
  PAM_RESULTS,
  PAM_TYPES,
  type PamFiles,
  type PamType,
} from "../../lib/core/pam_stack/stack.ts";

/** Texts by path. */
export type World = Readonly<Record<string, string>>;

export function filesOf(world: World): PamFiles {
  const folder = (path: string) => {
    const inside = path.endsWith("/") ? path : `${path}/`;
    return Object.keys(world).some((file) => file.startsWith(inside));
  };
  return {
    folder,
    text: (path) => world[resolved(path)] ?? (folder(resolved(path)) ? "" : undefined),
  };
}

/** Without `.` and `..`. */
function resolved(path: string): string {
  return new URL(path, "file:///").pathname;
}

/** What is asked for; its files are in every world. */
export const SERVICE = "svc";

const INCLUDED = ["inc-a", "inc-b", "inc-c", "inc-d"];
/** With every event a result of its own. */
const EVENTS = [
  "auth",
  "cred",
  "acct",
  "prechauthtok",
  "chauthtok",
  "open_session",
  "close_session",
];
const ACTIONS = ["ignore", "ok", "done", "bad", "die", "reset"];

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
/** How often compared with the others. */
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const result = fc.oneof(
  often(6, oneOf("success")),
  often(3, oneOf("auth_err", "ignore", "new_authtok_reqd", "perm_denied", "user_unknown")),
  often(3, fc.constantFrom(...PAM_RESULTS)),
);

const action = fc.oneof(
  often(12, fc.constantFrom(...ACTIONS)),
  often(8, fc.integer({ min: 1, max: 4 }).map(String)),
  // Numbers that run over, and 0.
  often(1, oneOf("0", "007", "99", "4294967295", "4294967286", "4294967297", "2147483648", "-1")),
);

const pair = fc.tuple(fc.oneof(often(3, result), often(2, oneOf("default"))), action, fc.nat(20))
  .map(([name, action, odd]) => odd === 0 ? `${name} = ${action}` : `${name}=${action}`);
const brackets = fc.tuple(
  fc.array(pair, { minLength: 1, maxLength: 4 }),
  oneOf("", " default=ignore"),
)
  .map(([pairs, last]) => `[${pairs.join(" ")}${last}]`);
const likeSimple = oneOf(
  "[success=1 default=ignore]",
  "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]",
  "[default=die]",
  "[default=reset success=ok]",
);
const oddControl = oneOf(
  "requirred",
  "binding",
  "[]",
  "[required]",
  "[success=okdefault=bad]",
  "[success=ok,default=bad]",
  "[success]",
  "[success=]",
  "[success=ok",
  "[\tsuccess\v=\f1 ]",
  "[SUCCESS=ok]",
  "[success=ok\\]]",
  "[successful=ok]",
  "ignore=ok",
);
const control = fc.oneof(
  often(10, oneOf("required", "requisite", "sufficient", "optional", "Required", "SUFFICIENT")),
  often(8, brackets),
  often(3, likeSimple),
  often(1, oddControl),
);

const type = fc.oneof(
  often(40, fc.constantFrom(...PAM_TYPES)),
  often(3, oneOf("-auth", "-account", "AUTH", "Session", "[password]")),
  often(1, oneOf("auht", "-", "[]", "authentication", "auth:")),
);

const argument = fc.tuple(fc.constantFrom(...EVENTS), result, fc.nat(30)).map(
  ([event, result, odd]) => {
    if (odd === 0) return `[${event}=${result}]`;
    if (odd === 1) return `${event}=nonsense`;
    if (odd === 2) return `[a \\] b]${event}=${result}`;
    return `${event}=${result}`;
  },
);
const module = fc.oneof(
  often(
    16,
    fc.array(argument, { maxLength: 8 }).map((args) => ["pam_debug.so", ...args].join(" ")),
  ),
  often(2, oneOf("pam_permit.so", "pam_deny.so", "[pam_permit.so]", "pam_permit.so  debug")),
  often(1, oneOf("pam_nowhere.so", "pam_permit", "/nowhere/pam_permit.so", "x/../pam_permit.so")),
);

const usual = fc.tuple(type, control, module, oneOf(" ", "\t", "   ")).map(
  ([type, control, module, blank]) => [type, control, module].join(blank),
);
const unusual = oneOf(
  "",
  "   # nothing",
  "auth",
  "auth required",
  "auth sufficient",
  "account [success=ok]",
  "auth required pam_permit.so # auth=auth_err",
  "auth required pam_debug.so\\\n auth=auth_err",
  "auth \\\n\n# between\n required \\ \n pam_debug.so",
  "password\\\n  required pam_debug.so chauthtok=authtok_err",
  "account required pam_permit.so\r",
  "\r",
  "auth required pam_permit.so # goes on? \\",
  `# ${"long ".repeat(300)}`,
  `session optional pam_debug.so ${"x".repeat(1_100)} required`,
  `auth optional pam_debug.so \\\n${"y ".repeat(500)}auth=auth_err`,
  "auth required pam_permit.so \0 cut off",
  "\0",
  "sessión required pam_permit.so",
);

/** @param others which can be included; a file knows the later ones alone, so that there are no circles */
function including(others: readonly string[]): fc.Arbitrary<string> {
  const name = fc.oneof(
    often(6, fc.constantFrom(...others)),
    often(1, fc.constantFrom(...others).map((one) => `/etc/pam.d/${one}`)),
    often(1, oneOf("inc-missing", "/etc/pam.d/../pam.d/inc-d")),
  );
  // libpam gives up on a substack whose name is nothing before its dot.
  const typed = fc.oneof(
    often(5, fc.tuple(type, oneOf("include", "Include"), fc.oneof(name, oneOf("[]", ".")))),
    often(9, fc.tuple(type, oneOf("substack", "SUBSTACK"), name)),
  ).map((words) => words.join(" "));
  // One that fails is left to chance in an included file, so it is in SERVICE's alone.
  const all = fc.constantFrom(...others).map((one) => `@include ${one}`);
  return fc.oneof(often(4, typed), often(1, all));
}

/** Lines of one file. */
function lines(others: readonly string[], least: number, most: number): fc.Arbitrary<string[]> {
  const line = others.length === 0 ? fc.oneof(often(30, usual), often(1, unusual)) : fc.oneof(
    often(30, usual),
    often(9, including(others)),
    often(1, unusual),
  );
  return fc.array(line, { minLength: least, maxLength: most });
}

const end = fc.oneof(
  often(60, oneOf("\n", "")),
  often(1, oneOf("\nauth required \\", "\n@include inc-missing", "\n-@INCLUDE inc-missing")),
);

interface Parts {
  readonly own: string[];
  readonly end: string;
  readonly other: string[] | undefined;
  readonly included: readonly string[][];
  /** All lines that can be are of that type. */
  readonly only: PamType | undefined;
  readonly nests: boolean;
  readonly where: "folder" | "vendor folder" | "both" | "one file";
  /** For pam.conf, whose lines each name their service. */
  readonly names: readonly string[];
}

export const worlds: fc.Arbitrary<World> = fc.record({
  own: lines(INCLUDED, 2, 12),
  end,
  other: fc.option(lines(INCLUDED.slice(2), 0, 6), { nil: undefined }),
  included: fc.tuple(...INCLUDED.map((_, at) => lines(INCLUDED.slice(at + 1), 1, 6))),
  only: fc.option(fc.constantFrom(...PAM_TYPES), { nil: undefined, freq: 1 }),
  nests: fc.nat(30).map((n) => n === 0),
  where: fc.oneof(
    often(20, oneOf<Parts["where"]>("folder")),
    often(3, oneOf<Parts["where"]>("vendor folder", "both", "one file")),
  ),
  names: fc.array(oneOf(SERVICE, SERVICE, "SVC", "[svc]", "other", "OTHER", "else"), {
    minLength: 19,
    maxLength: 19,
  }),
}).map(worldOf);

function worldOf(parts: Parts): World {
  const { end, nests, where, names } = parts;
  const typed = (lines: readonly string[]) => lines.map((line) => ofType(parts.only, line));
  const own = typed(parts.own);
  if (nests) own.push(`auth substack ${SERVICE}`);
  const other = parts.other === undefined ? [] : typed(parts.other);
  const included = parts.included.map((lines) => `${typed(lines).join("\n")}\n`);
  const inFolder = (folder: string) =>
    Object.fromEntries(included.map((text, at) => [`${folder}/${INCLUDED[at]}`, text]));
  if (where === "one file") {
    const all = [...own, ...other].map((line, at) => `${names[at]} ${line}`).join("\n");
    const files = Object.entries({ "/etc/pam.conf": all, ...inFolder("/etc/pam") });
    return Object.fromEntries(
      files.map(([path, text]) => [path, text.replaceAll("/etc/pam.d/", "/etc/pam/")]),
    );
  }
  const folder = where === "folder" ? "/etc/pam.d" : "/usr/lib/pam.d";
  return {
    [`${folder}/${SERVICE}`]: own.join("\n") + end,
    ...parts.other === undefined ? {} : { [`${folder}/other`]: other.join("\n") },
    ...inFolder(where === "vendor folder" ? folder : "/etc/pam.d"),
  };
}

function ofType(type: PamType | undefined, line: string): string {
  return type === undefined ? line : line.replace(/^(auth|account|password|session)\b/, type);
}
