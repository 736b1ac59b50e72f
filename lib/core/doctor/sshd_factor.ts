/** Whether a login meets the second factor, from what sshd says of it. */
import type { SshdAnswer } from "../sshd/answer.ts";
import { splitWords } from "../sshd/words.ts";

export type Factor =
  | { readonly kind: "gate"; readonly gate: Gate }
  | { readonly kind: "pam"; readonly alternatives: readonly Alternative[] }
  /** Some way leads round it. */
  | { readonly kind: "none"; readonly ways: readonly Alternative[] }
  /** No way leads in at all. */
  | { readonly kind: "shut"; readonly why: string };

/** Methods that are all wanted, in this order. */
export type Alternative = readonly string[];

interface Gate {
  readonly program: string;
  /** Whether the shell that starts it is gone afterwards. */
  readonly exec: boolean;
  readonly config: string | undefined;
}

/** Whether a command is about our gate, however it is written. */
export function mentionsGate(command: string): boolean {
  return /gatehouse\S*['"]?\s+gate\b/.test(command);
}

/** Undefined for anything but the gate alone: `gatehouse gate || true` lets everybody in. */
export function readGate(command: string): Gate | undefined {
  // What a shell makes something else of; quotes are for paths with blanks.
  if (/[;&|<>()`$\n*?[\]#~!{}\\]/.test(command)) return undefined;
  const words = splitWords(command);
  const exec = words[0] === "exec";
  const [program = "", mode, option, config, ...more] = exec ? words.slice(1) : words;
  if (!/(^|\/)gatehouse$/.test(program) || mode !== "gate" || more.length > 0) return undefined;
  if (option === undefined) return { program, exec, config: undefined };
  const joined = /^--config=(.+)$/.exec(option)?.[1];
  if (joined !== undefined && config === undefined) return { program, exec, config: joined };
  return option === "--config" && config !== undefined ? { program, exec, config } : undefined;
}

/** @param uid 0 may do less: PermitRootLogin */
export function factorOf(answer: SshdAnswer, uid: number): Factor {
  const gate = readGate(answer.one("forcecommand") ?? "none");
  const alternatives = alternativesOf(answer, uid);
  if (alternatives.length === 0) return { kind: "shut", why: whyShut(answer, uid) };
  if (gate !== undefined) return { kind: "gate", gate };
  const ways = alternatives.filter((one) => !asksPam(one));
  return ways.length > 0 ? { kind: "none", ways } : { kind: "pam", alternatives };
}

/** sshd leaves out those with a method that is off (auth2_setup_methods_lists() in auth2.c). */
export function alternativesOf(answer: SshdAnswer, uid: number): Alternative[] {
  const written = answer.words("authenticationmethods");
  const alternatives = written.length === 0 || written[0] === "any"
    ? METHODS.map((method) => [method])
    : written.map((list) => list.split(","));
  const usable = alternatives.filter((one) => one.every((method) => isOn(method, answer, uid)));
  if (answer.is("usepam", "yes")) return usable;
  return usable.map((one) => one.map((name) => name === "password" ? PASSWORD_WITHOUT_PAM : name));
}

/** Then sshd itself looks into shadow(5), and asks nobody else. */
const PASSWORD_WITHOUT_PAM = "password without PAM";

const METHODS = [
  "publickey",
  "keyboard-interactive",
  "password",
  "gssapi-with-mic",
  "gssapi-keyex",
  "hostbased",
];

/** Whether PAM's stack is asked on the way, and our module in it. */
export function asksPam(alternative: Alternative): boolean {
  return alternative.some((method) => isOfPam(method));
}

/** PAM alone decides: sshd itself takes no proof. */
export function isPamAlone(alternative: Alternative): boolean {
  return alternative.every(isOfPam);
}

/** sshd's method "password" asks the same stack as the other, but can answer one prompt only. */
function isOfPam(method: string): boolean {
  return /^(keyboard-interactive(:pam)?|password)$/.test(method);
}

function isOn(method: string, answer: SshdAnswer, uid: number): boolean {
  const yes = (keyword: string) => answer.is(keyword, "yes");
  const rootMay = uid !== 0 || yes("permitrootlogin");
  switch (method.replace(/:.*$/, "")) {
    case "publickey":
      return yes("pubkeyauthentication");
    case "keyboard-interactive":
      // Linux has no other device but PAM. Root's is refused whatever PAM says (auth-pam.c).
      return yes("kbdinteractiveauthentication") && yes("usepam") && rootMay &&
        /^keyboard-interactive(:pam)?$/.test(method);
    case "password":
      return yes("passwordauthentication") && rootMay;
    case "gssapi-with-mic":
      return yes("gssapiauthentication");
    case "gssapi-keyex":
      return yes("gssapikeyexchange") && yes("gssapiauthentication");
    case "hostbased":
      return yes("hostbasedauthentication");
    // "none" lets in whoever has an empty password (auth2-none.c).
    case "none":
      return yes("permitemptypasswords") && yes("passwordauthentication");
    default:
      return true;
  }
}

function whyShut(answer: SshdAnswer, uid: number): string {
  const methods = answer.words("authenticationmethods").join(" ");
  const off = [
    "usepam",
    "kbdinteractiveauthentication",
    "pubkeyauthentication",
    "passwordauthentication",
  ].filter((keyword) => answer.is(keyword, "no"));
  const reasons = [
    ...off.map((keyword) => `${NAMES[keyword] ?? keyword} no`),
    ...(uid === 0 && !answer.is("permitrootlogin", "yes")
      ? [`PermitRootLogin ${answer.one("permitrootlogin")}`]
      : []),
  ];
  return `AuthenticationMethods ${methods || "any"} with ${reasons.join(", ") || "methods off"}`;
}

const NAMES: Readonly<Record<string, string>> = {
  usepam: "UsePAM",
  kbdinteractiveauthentication: "KbdInteractiveAuthentication",
  pubkeyauthentication: "PubkeyAuthentication",
  passwordauthentication: "PasswordAuthentication",
};
