/** The options of a line in pam.d, as pam_gatehouse.so hands them on (DESIGN.md 7). */
import { Exit, Failure } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { isPrintable, printable } from "./text.ts";

export interface PamOptions {
  /** host.toml; undefined: where it always is. */
  readonly config: string | undefined;
  /** "auto": a person approves where there are servers, else a code does. */
  readonly mode: "auto" | "approve" | "pin" | "code";
  /** Accounts without an authenticator need none. */
  readonly nullok: boolean;
  /** One prompt takes password and code; the password is left for the module that follows. */
  readonly forwardPass: boolean;
  /** What is typed is seen. */
  readonly echo: boolean;
  /** What a module in front has asked for is taken as a code: first of all, or as the only one. */
  readonly firstPass: "no" | "try" | "use";
  /** Asks for a code in the place of ours. */
  readonly prompt: string | undefined;
  /** Where the account's secret is, in the place of host.toml's codes.secret. */
  readonly secret: string | undefined;
  /** Another module than pam_unix may have accepted the password that pam_unix refused. */
  readonly anyPassword: boolean;
  /** When the module ends us, in seconds after the start; undefined: its default. */
  readonly timeoutS: number | undefined;
  /** Prompts may hold a picture. */
  readonly qr: boolean;
  /** More in the log. */
  readonly debug: boolean;
}

interface Value {
  /** For who gave another one. */
  readonly takes: string;
  readonly fits: (value: string) => boolean;
}

const FLAGS = [
  "nullok",
  "forward_pass",
  "echo_verification_code",
  "try_first_pass",
  "use_first_pass",
  "any_password",
  "noqr",
  "debug",
] as const;
const MODES = ["auto", "approve", "pin", "code"] as const;
const VALUES: Readonly<Record<string, Value>> = {
  config: {
    takes: "a path that begins with /",
    fits: (path) => path.startsWith("/") && isPrintable(path),
  },
  mode: {
    takes: MODES.join(", "),
    fits: (mode) => MODES.some((one) => one === mode),
  },
  timeout: {
    takes: "1 to 3600 seconds",
    fits: (seconds) => /^[1-9][0-9]{0,3}$/.test(seconds) && Number(seconds) <= 3_600,
  },
  authtok_prompt: {
    takes: "1 to 256 characters that can be shown; blanks stand in brackets (pam.conf(5))",
    // libpam has taken the brackets off.
    fits: (text) => text !== "" && text.length <= 256 && isPrintable(text),
  },
  secret: {
    takes: "a path that begins with /, ~/, ${HOME}/ or %h/",
    fits: (path) => /^(~|\$\{HOME\}|%h)?\//.test(path) && isPrintable(path),
  },
};
/** What the module keeps to itself. */
const MODULES_OWN = ["helper"];
const KNOWN = [...Object.keys(VALUES), ...FLAGS, ...MODULES_OWN];

const inHostToml = (key: string) => `say codes.${key} in host.toml`;
/** Options of google-authenticator's module that mean something else here, or nothing. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  grace_period: inHostToml("grace_period"),
  no_strict_owner: inHostToml("no_strict_owner"),
  allowed_perm: inHostToml("allowed_perm"),
  noskewadj: inHostToml("noskewadj"),
  no_increment_hotp: inHostToml("no_increment_hotp"),
  user: "not needed: what is in a home is used with its owner's rights, all else with root's",
  allow_readonly: "refused: a code that cannot be noted as used could be used again",
};

/** What cannot be meant together, and why. */
const CONTRADICTIONS: readonly (readonly [one: string, other: string, why: string])[] = [
  ["forward_pass", "echo_verification_code", "the password would be seen"],
  ["try_first_pass", "use_first_pass", "the one asks again, the other does not"],
];

const USAGE = "see docs/pam.md for what a line in pam.d may say";

/**
 * @param args of `gatehouse pam`: `--option NAME[=VALUE]` and `--config FILE`
 * @throws Failure (2) naming what is unknown, given twice, malformed or contradictory
 */
export function readPamOptions(args: readonly string[]): PamOptions {
  const given = new Map<string, string>();
  for (const option of optionsIn(args)) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
    requireFitting(option, name, value);
    if (given.has(name)) throw usage(`${name} is given twice`);
    given.set(name, value ?? "");
  }
  for (const [one, other, why] of CONTRADICTIONS) {
    if (given.has(one) && given.has(other)) {
      throw usage(`${one} and ${other} contradict each other: ${why}`);
    }
  }
  const mode = MODES.find((one) => one === given.get("mode")) ?? "auto";
  const firstPass = given.has("try_first_pass")
    ? "try"
    : given.has("use_first_pass")
    ? "use"
    : "no";
  // It is made after the password, so no password can hold it.
  if (mode === "pin" && (firstPass !== "no" || given.has("forward_pass"))) {
    throw usage(
      "mode=pin asks for a code that is sent now: it cannot come along with the password",
    );
  }
  return {
    config: given.get("config"),
    mode,
    nullok: given.has("nullok"),
    forwardPass: given.has("forward_pass"),
    echo: given.has("echo_verification_code"),
    firstPass,
    prompt: given.get("authtok_prompt"),
    secret: given.get("secret"),
    anyPassword: given.has("any_password"),
    timeoutS: given.has("timeout") ? Number(given.get("timeout")) : undefined,
    qr: !given.has("noqr"),
    debug: given.has("debug"),
  };
}

function optionsIn(args: readonly string[]): string[] {
  const options: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [, name, value = args[++at]] = /^--(option|config)(?:=(.*))?$/s.exec(args[at] ?? "") ??
      [];
    if (name === undefined || value === undefined) {
      throw usage("pam takes --option NAME[=VALUE] and --config FILE");
    }
    options.push(name === "config" ? `config=${value}` : value);
  }
  return options;
}

/** @throws Failure that says what would do */
function requireFitting(option: string, name: string, value: string | undefined): void {
  const isFlag = FLAGS.some((flag) => flag === name);
  const valued = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
  if (!isFlag && valued === undefined) {
    throw usage(`unknown option: ${printable(name, 64)}`, insteadOf(name));
  }
  const fits = isFlag ? value === undefined : value !== undefined && valued?.fits(value) === true;
  if (!fits) {
    const takes = `it takes ${valued?.takes ?? "no value"}`;
    throw usage(`${name} does not take that: ${printable(option, 80)}`, takes);
  }
}

function insteadOf(unknown: string): string {
  if (Object.hasOwn(ELSEWHERE, unknown)) return ELSEWHERE[unknown] ?? USAGE;
  const one = nearest(unknown, KNOWN);
  return one === undefined ? `known are ${KNOWN.toSorted().join(", ")}` : `did you mean ${one}?`;
}

/** Nobody sees it but in the log. */
function usage(message: string, hint = USAGE): Failure {
  return new Failure(Exit.usage, message, hint, `${message}; ${hint}`);
}
