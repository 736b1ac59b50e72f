/**
 * A TOML document against a schema: every fault at once, each with file, key, what is allowed and
 * what was found (DESIGN.md 4). Values of secret keys are never quoted.
 */
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";

// A store's address may hold a password.
const SECRET_KEY = /token|secret|password|key$|^url$/i;

/**
 * @param file the path, for messages
 * @param isSecret of which other keys the values are never quoted
 * @throws Failure (78) that lists every fault, one a line
 */
export function readDocument<S extends v.GenericSchema>(
  text: string,
  file: string,
  schema: S,
  isSecret: (key: string) => boolean = () => false,
): v.InferOutput<S> {
  const result = v.safeParse(schema, parseToml(text, file));
  if (result.success) return result.output;
  const faults = result.issues.map((issue) => `${file}: ${describe(issue, isSecret)}`);
  throw new Failure(Exit.config, [...new Set(faults)].join("\n"), `mend ${file}, then try again`);
}

function parseToml(text: string, file: string): unknown {
  try {
    return plain(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The library's message goes on with the offending line, which may hold a secret.
    const what = error.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    throw new Failure(
      Exit.config,
      `${file}:${error.line}:${error.column}: ${printable(what)}`,
      "this is not valid TOML; text values need quotes",
    );
  }
}

/** smol-toml makes tables without a prototype, which valibot does not take for objects. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function describe(issue: v.BaseIssue<unknown>, isSecret: (key: string) => boolean): string {
  const key = printable(placeOf(issue));
  const keys = issue.path?.map((item) => String(item.key)) ?? [];
  const secret = keys.some((one) => SECRET_KEY.test(one) || isSecret(one));
  if (issue.expected === "never") return `${key}: ${ours(issue) ?? "unknown key"}`;
  if (issue.received === "undefined") return `${key}: ${ours(issue) ?? "missing"}`;
  const found = secret || !tells(issue) ? "" : `, found ${printable(show(issue.input), 60)}`;
  return `${key}: ${allowed(issue)}${found}`;
}

/** "a.b", "[[notify]] 2 (telegram): token", "list, entry 1": people count from 1. */
function placeOf({ path }: v.BaseIssue<unknown>): string {
  let place = "";
  let separator = "";
  for (const { key, value } of path ?? []) {
    if (typeof key !== "number") {
      place += separator + String(key);
      separator = ".";
    } else if (isTable(value)) {
      place = `[[${place}]] ${key + 1}${named(value)}`;
      separator = ": ";
    } else {
      place += `, entry ${key + 1}`;
    }
  }
  return place === "" ? "the document" : place;
}

/** By what people know it, if it has a name or a type. */
function named({ name, type }: Readonly<Record<string, unknown>>): string {
  const given = name ?? type;
  return typeof given === "string" && given !== "" ? ` (${printable(given, 32)})` : "";
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it says anything that a list or a table was found: not where its type and length are right. */
function tells({ input, kind, type }: v.BaseIssue<unknown>): boolean {
  return typeof input !== "object" || kind === "schema" || /_length$/.test(type);
}

function allowed(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "picklist" || issue.type === "literal") {
    return `must be one of ${issue.expected}`;
  }
  return ours(issue) ?? `must be ${TYPES[issue.expected ?? ""] ?? "something else"}`;
}

/** The library's own messages quote what was found. */
function ours({ message }: v.BaseIssue<unknown>): string | undefined {
  return message.startsWith("Invalid ") ? undefined : message;
}

/** The path of a key that is at fault because of others, and by itself: that it is not there. */
export function missing(input: unknown, key: string) {
  return { input: undefined, message: "missing", path: pathTo(input, key) };
}

/** The path of what is in tables and lists. */
export function pathTo(
  input: unknown,
  first: string | number,
  ...more: readonly (string | number)[]
): [v.UnknownPathItem, ...v.UnknownPathItem[]] {
  const item = (input: unknown, key: string | number): v.UnknownPathItem => {
    const value = Array.isArray(input)
      ? input[Number(key)]
      : isTable(input)
      ? input[key]
      : undefined;
    return { type: "unknown", origin: "value", input, key, value };
  };
  const path: [v.UnknownPathItem, ...v.UnknownPathItem[]] = [item(input, first)];
  for (const key of more) path.push(item(path.at(-1)?.value, key));
  return path;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text in quotes",
  boolean: "true or false",
  Array: "a list in square brackets",
  Object: "a table",
};

/** Lists and tables are not shown: what is misplaced in them may be a secret. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "a table" : String(value);
}
