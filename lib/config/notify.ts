/** `[[notify]]` in server.toml: the channels, each with what all have and with the settings of its type. */
import * as v from "valibot";
import { isChannelName, MAX_CONTACTS } from "../core/contact.ts";
import type { Language } from "../core/messages/language.ts";
import { nearest } from "../core/nearest.ts";
import type { MessageSort } from "../core/notification.ts";
import { isPrintable } from "../core/text.ts";
import type { ChannelType } from "../notify/channel.ts";
import { CHANNEL_TYPES } from "../notify/channels.ts";
import { missing, pathTo } from "./document.ts";

const MAX_CHANNELS = 32;

/** Where a secret is: in server.toml, in a file of its own, or in a variable of the environment. */
export type SecretPlace =
  | { readonly in: "toml"; readonly value: unknown }
  /** A bare name is one of systemd's credentials. */
  | { readonly in: "file"; readonly path: string }
  | { readonly in: "environment"; readonly name: string };

export interface ChannelConfig {
  readonly type: string;
  readonly name: string;
  readonly reach: ChannelType["reach"];
  readonly language: Language;
  readonly sends: readonly MessageSort[];
  /** Contacts of those who get the administrators' alerts. */
  readonly alerts: readonly string[];
  readonly buttons: boolean;
  /** An address that may hold a password: never shown. */
  readonly proxy: string | null;
  /** Those of the type, without its secrets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** By setting; of optional ones only those that are there. */
  readonly secrets: Readonly<Record<string, SecretPlace>>;
}

/** Undefined: there is no such type. */
export function typeOfChannel(type: string): ChannelType | undefined {
  return CHANNEL_TYPES.find((one) => one.type === type);
}

/** The type that there was before all others: what is of no channel by name is of the first of these. */
export const FIRST_TYPE = "wecom";

/** Of these settings only one may be there for each secret. */
const SECRET_SUFFIXES = ["", "_file", "_env"] as const;

const SECRET_NAMES = new Set(
  CHANNEL_TYPES.flatMap(({ secrets }) => secrets).flatMap((name) =>
    SECRET_SUFFIXES.map((suffix) => name + suffix)
  ),
);

/** Whether a fault must not show the value of that setting. */
export function holdsSecret(setting: string): boolean {
  return SECRET_NAMES.has(setting) || setting === "proxy";
}

const SORTS = ["request", "pin", "alert"] as const;
/** A PIN in a group would be read by all. */
const DEFAULT_SENDS = { person: SORTS, group: ["request", "alert"] } as const;

const file = v.pipe(
  v.string("must be a path in quotes"),
  v.check(
    (text) => text.startsWith("/") || /^[A-Za-z0-9_@.-]+$/.test(text) && !/^\.+$/.test(text),
    "must be an absolute path, or the name of one of systemd's credentials",
  ),
  v.check(isPrintable, "must not contain control or invisible characters"),
);

const variable = v.pipe(
  v.string("must be the name of a variable in quotes"),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be the name of a variable of the environment"),
);

const proxy = v.pipe(
  v.string("must be a web address in quotes"),
  v.check(
    (text) =>
      /^http:\/\/([^\s/?#@\\:]+:[^\s/?#@\\]*@)?[^\s/?#@\\:]+:[0-9]{1,5}\/?$|^http:\/\/([^\s/?#@\\:]+:[^\s/?#@\\]*@)?\[[0-9a-fA-F:.]+\]:[0-9]{1,5}\/?$/
        .test(text) && isPrintable(text) && URL.canParse(text),
    'must be "http://HOST:PORT" or "http://USER:PASSWORD@HOST:PORT"',
  ),
);

function alertsTo(isContact: (text: string) => boolean, contact = "") {
  const one = v.pipe(
    v.string("must be a contact in quotes"),
    v.check(isContact, `must be ${contact}`),
  );
  return v.pipe(v.array(one), v.maxLength(MAX_CONTACTS, `must be ${MAX_CONTACTS} at most`));
}

const COMMON = {
  name: v.optional(
    v.pipe(
      v.string("must be text in quotes"),
      v.check(
        isChannelName,
        "must be 1 to 32 lower-case letters, digits, - and _, the first a letter, and no word of " +
          "gatehouse's own (admin, person, grant, link, pin, code, …)",
      ),
    ),
  ),
  language: v.optional(v.picklist(["en", "zh-CN"])),
  sends: v.optional(
    v.pipe(
      v.array(v.picklist(SORTS)),
      v.minLength(1, `must name some of ${SORTS.map((sort) => `"${sort}"`).join(", ")}`),
      v.transform((sorts) => SORTS.filter((sort) => sorts.includes(sort))),
    ),
  ),
  alerts: v.optional(alertsTo(() => true)),
  buttons: v.optional(v.boolean(), false),
  proxy: v.optional(proxy),
};

/** After the whole table has passed: its types are lost among those of the channel's own settings. */
const Common = v.object(COMMON);
type Table = Readonly<Record<string, unknown>>;

const TABLES = new Map(CHANNEL_TYPES.map((type) => [type.type, tableOf(type)]));

/** What is left to be said where nobody knows which settings the table may have. */
const UNKNOWN = v.pipe(
  v.looseObject({
    ...COMMON,
    type: v.pipe(v.string("must be text in quotes"), v.check(() => false, unknownType)),
  }),
  v.rawTransform(({ NEVER }) => NEVER),
);

export const notify = v.pipe(
  v.array(v.lazy((table) => TABLES.get(typeIn(table)) ?? UNKNOWN)),
  v.maxLength(MAX_CHANNELS, `must be ${MAX_CHANNELS} channels at most`),
  v.rawCheck(({ dataset, addIssue }) => {
    const seen = new Map<unknown, number>();
    if (!Array.isArray(dataset.value)) return;
    for (const [index, table] of dataset.value.entries()) {
      if (!isTable(table)) continue;
      const name = table["name"] ?? table["type"];
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      else addIssue(twice(dataset.value, index, name, first));
    }
  }),
);

function twice(all: unknown, index: number, name: unknown, first: number) {
  const message = `must be another one than that of [[notify]] ${
    first + 1
  }, which is "${name}", too`;
  return { input: name, message, path: pathTo(all, index, "name") };
}

function typeIn(table: unknown): string {
  return isTable(table) && typeof table["type"] === "string" ? table["type"] : "";
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownType({ input }: { readonly input: unknown }): string {
  const types = CHANNEL_TYPES.map(({ type }) => type);
  const near = nearest(String(input), types);
  const meant = near === undefined ? "" : ` (did you mean "${near}"?)`;
  return `must be one of ${types.map((type) => `"${type}"`).join(", ")}${meant}`;
}

/** The table of one type. */
function tableOf(type: ChannelType) {
  const secrets = type.secrets.flatMap((name) => [
    [name, v.optional(settingOf(type, name))],
    [`${name}_file`, v.optional(file)],
    [`${name}_env`, v.optional(variable)],
  ]);
  const entries: v.ObjectEntries = {
    ...type.settings,
    ...Object.fromEntries(secrets),
    ...COMMON,
    ...(type.reach === "group"
      ? {}
      : { alerts: v.optional(alertsTo(type.isContact, type.contact)) }),
    type: v.literal(type.type),
  };
  const known = Object.keys(entries);
  return v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const table: unknown = dataset.value;
      if (!isTable(table)) return;
      for (const key of Object.keys(table).filter((key) => !known.includes(key))) {
        const message = unknownKey(key, known, type.secrets);
        addIssue({ ...missing(table, key), input: key, expected: "never", message });
      }
      const faults = [...secretFaults(type, table), ...commonFaults(type, table)];
      if (dataset.typed) faults.push(...Object.entries(type.faults?.(wholeOf(type, table)) ?? {}));
      for (const [key, fault] of faults) {
        const places = type.secrets.includes(key) && fault.startsWith("missing");
        const message = places ? `${fault}: set ${key}_file, ${key}_env or ${key}` : fault;
        addIssue({ ...missing(table, key), input: table[key], message });
      }
    }),
    v.transform((table) => configOf(type, table)),
  );
}

type Fault = readonly [key: string, message: string];

/** Of a secret one place is enough, and two may differ. */
function secretFaults(type: ChannelType, table: Table): Fault[] {
  return type.secrets.flatMap((name): Fault[] => {
    const [first, ...more] = SECRET_SUFFIXES.map((suffix) => name + suffix)
      .filter((key) => table[key] !== undefined);
    if (first === undefined) return isRequired(type, name) ? [[name, "missing"]] : [];
    return more.map((key) => [key, `must not be set together with ${first}`]);
  });
}

/** What common settings cannot be in a channel of that type. */
function commonFaults({ answers, reach, type }: ChannelType, table: Table): Fault[] {
  const faults: Fault[] = [];
  const { alerts, buttons, sends = DEFAULT_SENDS[reach] } = table;
  // What is no list has a fault already.
  const lacks = (sort: MessageSort) => Array.isArray(sends) && !sends.includes(sort);
  if (buttons === true && !answers) {
    faults.push(["buttons", `must be false: nothing can be answered in ${type}`]);
  } else if (buttons === true && lacks("request")) {
    faults.push(["buttons", 'must be false where sends has no "request"']);
  }
  if (type === "command" && table["proxy"] !== undefined) {
    faults.push(["proxy", "must not be set: a program connects by itself"]);
  }
  if (!Array.isArray(alerts)) return faults;
  if (reach === "group") {
    faults.push(["alerts", `must not be set: whoever reads ${type} gets all alerts`]);
  } else if (alerts.length > 0 && lacks("alert")) {
    faults.push(["alerts", 'must not be set where sends has no "alert"']);
  }
  return faults;
}

/** As the type looks at it: with the defaults, and with something in the place of each secret elsewhere. */
function wholeOf(type: ChannelType, table: Table): Table {
  const elsewhere = type.secrets.filter((name) => table[name] === undefined)
    .filter((name) => SECRET_SUFFIXES.some((suffix) => table[name + suffix] !== undefined));
  return {
    sends: DEFAULT_SENDS[type.reach],
    ...table,
    ...Object.fromEntries(elsewhere.map((name) => [name, "elsewhere"])),
  };
}

/** @param secrets the type's, for which another type's are easily written: each vendor has a word of its own */
function unknownKey(key: string, known: readonly string[], secrets: readonly string[]): string {
  const [, name = "", suffix = ""] = /^(.*?)(_file|_env)?$/.exec(key) ?? [];
  const near = nearest(key, known);
  const meant = near !== undefined
    ? [near]
    : SECRET_NAMES.has(key) || suffix !== "" && SECRET_NAMES.has(name)
    ? secrets.map((secret) => secret + suffix)
    : [];
  return meant.length === 0 ? "unknown key" : `unknown key; did you mean ${meant.join(" or ")}?`;
}

function settingOf({ type, settings }: ChannelType, name: string) {
  const schema = settings[name];
  if (schema === undefined) throw new Error(`${type} has no setting ${name}`);
  return schema;
}

function isRequired(type: ChannelType, name: string): boolean {
  return !v.is(settingOf(type, name), undefined);
}

/** @param table as it has passed */
function configOf(type: ChannelType, table: Table): ChannelConfig {
  const { name, language, sends, alerts, buttons, proxy } = v.parse(Common, table);
  const own = Object.keys(type.settings).filter((name) => !type.secrets.includes(name));
  return {
    type: type.type,
    name: name ?? type.type,
    reach: type.reach,
    language: language ?? type.language,
    sends: sends ?? DEFAULT_SENDS[type.reach],
    alerts: alerts ?? [],
    buttons,
    proxy: proxy ?? null,
    settings: Object.fromEntries(
      own.filter((name) => table[name] !== undefined).map((name) => [name, table[name]]),
    ),
    secrets: Object.fromEntries(
      type.secrets.flatMap((name) => {
        const place = placeOf(name, table);
        return place === undefined ? [] : [[name, place]];
      }),
    ),
  };
}

function placeOf(name: string, table: Table): SecretPlace | undefined {
  const { [name]: value, [`${name}_file`]: path, [`${name}_env`]: variable } = table;
  if (value !== undefined) return { in: "toml", value };
  if (typeof path === "string") return { in: "file", path };
  return typeof variable === "string" ? { in: "environment", name: variable } : undefined;
}

/** What a secret from elsewhere is, as its type reads it. */
export function readSecret(
  { type }: ChannelConfig,
  name: string,
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly rule: string } {
  const found = typeOfChannel(type);
  if (found === undefined) throw new Error(`no type of channel is called ${type}`);
  const result = v.safeParse(settingOf(found, name), text);
  if (result.success) return { ok: true, value: result.output };
  const [{ message }] = result.issues;
  // The library's own messages quote what was found.
  return { ok: false, rule: message.startsWith("Invalid ") ? "must be another text" : message };
}
