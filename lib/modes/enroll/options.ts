/** What `gatehouse enroll` was asked to do, once its command line was found to make sense. */
import { Exit, Failure } from "../../core/errors.ts";
import { QR_MODES, type QrMode } from "../../core/terminal_look.ts";
import { isPrintable } from "../../core/text.ts";

/** As the command line gives them: every option at most once, nothing checked. */
export interface GivenOptions {
  readonly timeBased?: true;
  readonly counterBased?: true;
  readonly noConfirm?: true;
  readonly disallowReuse?: true;
  readonly allowReuse?: true;
  readonly force?: true;
  readonly label?: string;
  readonly issuer?: string;
  readonly quiet?: true;
  readonly qrMode?: string;
  readonly rateLimit?: string;
  readonly rateTime?: string;
  readonly noRateLimit?: true;
  readonly secret?: string;
  readonly stepSize?: string;
  readonly windowSize?: string;
  readonly minimalWindow?: true;
  readonly emergencyCodes?: string;
  readonly user?: string;
  readonly config?: string;
  readonly yes?: true;
  readonly json?: true;
  readonly show?: true;
  readonly revoke?: true;
  readonly rotate?: true;
  readonly import?: string;
  readonly emergency?: string;
}

export interface EnrollOptions {
  readonly action:
    | { readonly kind: "create" | "show" | "revoke" | "rotate" }
    | { readonly kind: "import"; readonly file: string }
    | { readonly kind: "emergency"; readonly count: number };
  readonly kind: "totp" | "hotp" | undefined;
  readonly reuse: "allow" | "disallow" | undefined;
  readonly rateLimit: { readonly attempts: number; readonly interval: number } | "none" | undefined;
  readonly window: number | "minimal" | undefined;
  readonly step: number | undefined;
  /** `-e`: how many scratch codes. */
  readonly emergencyCodes: number | undefined;
  /** False with `-C`. */
  readonly confirm: boolean;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly label: string | undefined;
  readonly issuer: string | undefined;
  readonly qrMode: QrMode | undefined;
  /** `-s FILE`; may be relative. */
  readonly secret: string | undefined;
  readonly user: string | undefined;
  readonly config: string | undefined;
  /** `--yes`, and what implies it. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** How each is written, for faults. */
const FLAGS: Readonly<Record<keyof GivenOptions, string>> = {
  timeBased: "-t",
  counterBased: "-c",
  noConfirm: "-C",
  disallowReuse: "-d",
  allowReuse: "-D",
  force: "-f",
  label: "-l",
  issuer: "-i",
  quiet: "-q",
  qrMode: "-Q",
  rateLimit: "-r",
  rateTime: "-R",
  noRateLimit: "-u",
  secret: "-s",
  stepSize: "-S",
  windowSize: "-w",
  minimalWindow: "-W",
  emergencyCodes: "-e",
  user: "--user",
  config: "--config",
  yes: "--yes",
  json: "--json",
  show: "--show",
  revoke: "--revoke",
  rotate: "--rotate",
  import: "--import",
  emergency: "--emergency",
};
type Name = keyof GivenOptions;

const EXCLUSIVE: readonly (readonly [Name, Name])[] = [
  ["timeBased", "counterBased"],
  ["disallowReuse", "allowReuse"],
  ["windowSize", "minimalWindow"],
  ["noRateLimit", "rateLimit"],
  ["noRateLimit", "rateTime"],
  ["counterBased", "disallowReuse"],
  ["counterBased", "allowReuse"],
  ["counterBased", "stepSize"],
  // It prints nothing at all.
  ["quiet", "json"],
];

/** Those on the left make no sense without the other. */
const NEEDS: readonly (readonly [Name, Name])[] = [
  ["disallowReuse", "timeBased"],
  ["allowReuse", "timeBased"],
  ["rateLimit", "rateTime"],
  ["rateTime", "rateLimit"],
];

const EVERYWHERE: readonly Name[] = ["user", "config", "secret", "json"];
/** What is done instead of making a new authenticator, and what it can be combined with. */
const ACTIONS = {
  show: ["qrMode", "label", "issuer"],
  revoke: ["yes"],
  rotate: ["yes", "noConfirm", "quiet", "qrMode", "label", "issuer", "emergencyCodes"],
  import: ["yes", "force", "emergencyCodes"],
  emergency: ["yes"],
} as const satisfies Partial<Record<Name, readonly Name[]>>;

/** @throws Failure (2) */
export function readOptions(given: GivenOptions): EnrollOptions {
  const has = (name: Name) => given[name] !== undefined;
  checkActions(has);
  for (const [one, other] of EXCLUSIVE) {
    if (has(one) && has(other)) throw wrong(`${FLAGS[one]} contradicts ${FLAGS[other]}`, "say one");
  }
  for (const [one, other] of NEEDS) {
    if (has(one) && !has(other)) {
      throw wrong(`${FLAGS[one]} needs ${FLAGS[other]} too`, `add ${FLAGS[other]}`);
    }
  }
  const number = (name: Name, min: number, max: number) => numberOf(given, name, min, max);
  const attempts = number("rateLimit", 1, 10);
  const interval = number("rateTime", 15, 600);
  const limited = attempts !== undefined && interval !== undefined;
  return {
    action: actionOf(given),
    kind: has("timeBased") ? "totp" : has("counterBased") ? "hotp" : undefined,
    reuse: has("disallowReuse") ? "disallow" : has("allowReuse") ? "allow" : undefined,
    rateLimit: has("noRateLimit") ? "none" : limited ? { attempts, interval } : undefined,
    window: has("minimalWindow") ? "minimal" : number("windowSize", 1, 21),
    step: number("stepSize", 1, 60),
    emergencyCodes: number("emergencyCodes", 0, 10),
    confirm: !has("noConfirm"),
    force: has("force"),
    quiet: has("quiet"),
    label: nameOf(given, "label"),
    issuer: nameOf(given, "issuer"),
    qrMode: qrModeOf(given.qrMode),
    secret: pathOf(given, "secret"),
    user: given.user,
    config: pathOf(given, "config"),
    yes: has("yes") || has("json") || has("quiet"),
    json: has("json"),
  };
}

function checkActions(has: (name: Name) => boolean): void {
  const asked = Object.keys(ACTIONS).filter(isAction).filter(has);
  const [action, second] = asked;
  if (action === undefined) return;
  if (second !== undefined) {
    throw wrong(`${FLAGS[action]} contradicts ${FLAGS[second]}`, "say one");
  }
  const takes: readonly Name[] = [action, ...EVERYWHERE, ...ACTIONS[action]];
  const other = Object.keys(FLAGS).filter(isName).find((name) =>
    has(name) && !takes.includes(name)
  );
  if (other !== undefined) {
    const possible = [...EVERYWHERE, ...ACTIONS[action]].map((name) => FLAGS[name]).join(", ");
    throw wrong(`${FLAGS[action]} does not take ${FLAGS[other]}`, `it takes ${possible}`);
  }
}

function isName(text: string): text is Name {
  return text in FLAGS;
}

function isAction(text: string): text is keyof typeof ACTIONS {
  return text in ACTIONS;
}

function actionOf(given: GivenOptions): EnrollOptions["action"] {
  const count = numberOf(given, "emergency", 1, 10);
  const file = pathOf(given, "import");
  if (count !== undefined) return { kind: "emergency", count };
  if (file !== undefined) return { kind: "import", file };
  const kind = given.show ? "show" : given.revoke ? "revoke" : given.rotate ? "rotate" : "create";
  return { kind };
}

function numberOf(
  given: GivenOptions,
  name: Name,
  min: number,
  max: number,
): number | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  const number = /^[0-9]{1,6}$/.test(String(text)) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw wrong(`${FLAGS[name]} takes a number from ${min} to ${max}`, HELP);
}

/** Apps show it; what cannot be shown, or makes the QR code too large for any screen, is refused. */
function nameOf(given: GivenOptions, name: "label" | "issuer"): string | undefined {
  const text = given[name];
  if (text === undefined || (isPrintable(text) && text.length <= 200)) return text;
  throw wrong(
    `${FLAGS[name]} takes a name of at most 200 characters`,
    "leave out control and invisible characters",
  );
}

function pathOf(given: GivenOptions, name: "secret" | "config" | "import"): string | undefined {
  const text = given[name];
  if (text === undefined || (text !== "" && !text.includes("\0"))) return text;
  throw wrong(`${FLAGS[name]} takes the path of a file`, HELP);
}

function qrModeOf(text: string | undefined): QrMode | undefined {
  if (text === undefined) return undefined;
  const mode = QR_MODES.find((mode) => mode === text.toUpperCase());
  if (mode !== undefined) return mode;
  throw wrong("-Q takes no such mode", `one of ${QR_MODES.join(", ")}`);
}

const HELP = "see gatehouse enroll --help";

function wrong(message: string, hint: string): Failure {
  return new Failure(Exit.usage, message, hint);
}
