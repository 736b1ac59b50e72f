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
  const key = v.getDotPath(issue) ?? "the document";
  const keys = issue.path?.map((item) => String(item.key)) ?? [];
  const secret = keys.some((one) => SECRET_KEY.test(one) || isSecret(one));
  if (issue.expected === "never") return `${printable(key)}: ${ours(issue) ?? "unknown key"}`;
  if (issue.received === "undefined") return `${printable(key)}: ${ours(issue) ?? "missing"}`;
  const found = secret ? "" : `, found ${printable(show(issue.input), 60)}`;
  return `${printable(key)}: ${allowed(issue)}${found}`;
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
  const path: [v.UnknownPathItem] = [
    { type: "unknown", origin: "value", input, key, value: undefined },
  ];
  return { input: undefined, message: "missing", path };
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
