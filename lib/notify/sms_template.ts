/**
 * Text messages of carriers in China: each is a template that the vendor has approved beforehand, with
 * variables. A variable holds little, and neither addresses nor the brackets that a sender's name stands in;
 * a link is in the template itself, with `ticket` at its end.
 */
import * as v from "valibot";
import { type Letter, written } from "../core/letter.ts";
import { printable } from "../core/text.ts";
import type { Refusal } from "./channel.ts";
import type { Refuse } from "./refusal.ts";
import { matching } from "./settings.ts";

/**
 * Characters that a variable may have: Aliyun's limit for all but codes (help.aliyun.com/zh/sms, rules of
 * templates); Tencent sets none to enterprises.
 */
const MAX_VARIABLE = 35;

const VARIABLES = ["code", "title", "user", "host", "service", "source", "ticket"] as const;
type Variable = typeof VARIABLES[number];

const variables = v.pipe(
  v.array(
    v.picklist(VARIABLES, `must be of ${VARIABLES.map((name) => JSON.stringify(name)).join(", ")}`),
    "must be a list",
  ),
  v.maxLength(VARIABLES.length, "must not name one twice"),
  v.check((names) => new Set(names).size === names.length, "must not name one twice"),
);

const template = v.optional(matching(/^[A-Za-z0-9_]{1,64}$/, "the id of a template"));

export const templates = {
  pin_template: template,
  pin_variables: v.optional(variables, ["code"]),
  request_template: template,
  request_variables: v.optional(variables, ["user", "host"]),
  alert_template: template,
  alert_variables: v.optional(variables, ["title"]),
};
export type Templates = v.InferOutput<v.ObjectSchema<typeof templates, undefined>>;

/** What is missing, by the setting's name: a template for each sort that is sent. */
export function templateFaults(
  settings: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const sends = Array.isArray(settings.sends) ? settings.sends : [];
  return Object.fromEntries(
    sends.map((sort) => `${sort}_template`)
      .filter((name) => settings[name] === undefined)
      .map((name) => [name, "missing: sends has that sort"]),
  );
}

export interface Filled {
  readonly template: string;
  /** In the order of the settings. */
  readonly variables: readonly (readonly [name: Variable, value: string])[];
}

export function filled(
  letter: Letter,
  settings: Templates,
  refuse: Refuse,
): ({ readonly ok: true } & Filled) | Refusal {
  const chosen = templateOf(letter, settings);
  if (chosen !== undefined) {
    const [template, names] = chosen;
    const variables = names.map((name) => [name, valueOf(name, letter)] as const);
    return { ok: true, template, variables };
  }
  const sort = letter.kind === "pin" || letter.kind === "request" ? letter.kind : "alert";
  return refuse("settings", `has no template for this sort of message (${letter.kind})`, {
    hint: `set ${sort}_template in server.toml, or take "${sort}" out of sends`,
  });
}

function templateOf(
  { kind }: Letter,
  settings: Templates,
): readonly [template: string, names: readonly Variable[]] | undefined {
  const { alert_template, alert_variables, pin_template, pin_variables } = settings;
  const { request_template, request_variables } = settings;
  const pin = pin_template === undefined ? undefined : [pin_template, pin_variables] as const;
  const alert = alert_template === undefined
    ? undefined
    : [alert_template, alert_variables] as const;
  switch (kind) {
    case "pin":
      return pin;
    case "request":
      return request_template === undefined ? undefined : [request_template, request_variables];
    case "alert":
      return alert;
    // A test of a channel that is for PINs alone has a code of zeros.
    case "test":
      return alert ?? pin;
    // That nobody is asked any more is not worth a message.
    case "ended":
      return undefined;
  }
}

function valueOf(name: Variable, { pin, subject, title }: Letter): string {
  switch (name) {
    case "code":
      return pin ?? "000000";
    case "title":
      return harmless(written(title, { own: (text) => text, foreign: (text) => text }));
    default:
      return harmless(String(subject[name] ?? "-"));
  }
}

/**
 * Likenesses of what makes addresses, for some vendors refuse those, and phones make links of them; and no
 * brackets as those around a sender's name.
 */
function harmless(text: string): string {
  const line = printable(text, MAX_VARIABLE)
    .replace(
      /[/:@<>&\\[\]{}$#]/g,
      (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0),
    )
    .replace(/[.。．｡]/g, "·")
    .replaceAll("【", "（").replaceAll("】", "）");
  return line === "" ? "-" : line;
}
