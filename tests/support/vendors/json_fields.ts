/** What vendors read of the JSON that is sent to them, before they know what it is. */
import { parsed } from "./plain_reader.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** None of what is no object. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

/** Undefined: it is no JSON. */
export function parse(body: string): Fields | undefined {
  const read = parsed(body);
  return read === undefined ? undefined : fields(read);
}

export function isJson(headers: Headers): boolean {
  return /^application\/json\b/.test(headers.get("content-type") ?? "");
}

/** In bytes. */
export function size(text: string): number {
  return new TextEncoder().encode(text).length;
}
