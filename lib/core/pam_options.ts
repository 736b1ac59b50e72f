/** The options of a line in pam.d, as pam_gatehouse.so hands them on (DESIGN.md 7). */
import { Exit, Failure } from "./errors.ts";
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
  /** More in the log. */
  readonly debug: boolean;
}

const FLAGS = [
  "nullok",
  "forward_pass",
  "echo_verification_code",
  "try_first_pass",
  "use_first_pass",
  "any_password",
  "debug",
] as const;
const MODES = ["auto", "approve", "pin", "code"] as const;
const VALUES: Readonly<Record<string, (value: string) => boolean>> = {
  config: (path) => path.startsWith("/") && isPrintable(path),
  mode: (mode) => MODES.some((one) => one === mode),
  // pam.conf(5): blanks stand in brackets, which libpam has taken off.
  authtok_prompt: (text) => text !== "" && text.length <= 256 && isPrintable(text),
  secret: (path) => /^(~|\$\{HOME\}|%h)?\//.test(path) && isPrintable(path),
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
    const shown = printable(name, 64);
    const fits = FLAGS.some((flag) => flag === name)
      ? value === undefined
      : Object.hasOwn(VALUES, name)
      ? value !== undefined && VALUES[name]?.(value) === true
      : undefined;
    if (fits === undefined) throw usage(`unknown option: ${shown}`);
    if (!fits) throw usage(`${shown} does not take that: ${printable(option, 80)}`);
    if (given.has(name)) throw usage(`${shown} is given twice`);
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

function usage(message: string): Failure {
  return new Failure(Exit.usage, message, USAGE);
}
