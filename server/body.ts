/** Request bodies: bounded in size and time, then checked against a schema. */
import * as v from "valibot";
import { MAX_BODY } from "../lib/core/api.ts";
import { concat } from "../lib/core/bytes.ts";
import { printable } from "../lib/core/text.ts";
import type { After } from "./deps.ts";
import { Fault, type FieldFault } from "./faults.ts";

/** A body that is not complete by then is given up. */
const BODY_WITHIN_MS = 10_000;
/** More faults than anybody reads are cut off. */
const MAX_FAULTS = 50;

type BodyKind = "json" | "form";

export interface Body {
  readonly kind: BodyKind;
  readonly value: unknown;
}

/** Which of the accepted kinds the request says it is. @throws Fault 415 */
function bodyKind(request: Request, accepted: readonly BodyKind[]): BodyKind {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const kind = type === "application/json"
    ? "json"
    : type === "application/x-www-form-urlencoded"
    ? "form"
    : undefined;
  if (kind !== undefined && accepted.includes(kind)) return kind;
  const names = accepted.map((k) =>
    k === "json" ? "application/json" : "application/x-www-form-urlencoded"
  );
  throw new Fault(415, `send the body as ${names.join(" or ")}`, {
    headers: { "accept-post": names.join(", ") },
  });
}

/** @throws Fault 400, 408, 413, 415 */
export async function readBody(
  request: Request,
  accepted: readonly BodyKind[],
  after: After,
): Promise<Body> {
  const kind = bodyKind(request, accepted);
  const text = decode(await readBytes(request, after, MAX_BODY));
  if (kind === "form") return { kind, value: formFields(text) };
  try {
    return { kind, value: JSON.parse(text) };
  } catch {
    throw new Fault(400, "the body is not valid JSON");
  }
}

/**
 * The same request with all of its body there, so that nothing has to be waited for any more.
 * @param max in bytes
 * @throws Fault 400, 408, 413
 */
export async function received(
  request: Request,
  after: After,
  max = MAX_BODY,
): Promise<Request> {
  const { method, url, headers, signal } = request;
  const body = new Uint8Array(await readBytes(request, after, max));
  return new Request(url, { method, headers, signal, body });
}

/** @throws Fault 422 that lists every fault */
export function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const errors = result.issues.slice(0, MAX_FAULTS).map(describe);
  throw new Fault(422, "the request is not valid, see errors", { errors });
}

/** In our own words: the library's would quote what was sent. */
function describe(issue: v.BaseIssue<unknown>): FieldFault {
  const field = printable(v.getDotPath(issue) ?? "", 100);
  return { field, message: wording(issue) };
}

function wording(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === "never") return "unknown field";
  if (issue.received === "undefined") return "missing";
  switch (issue.type) {
    case "min_length":
    case "max_length":
      return `length must be ${issue.expected}`;
    case "min_value":
    case "max_value":
      return `must be ${issue.expected}`;
    case "integer":
      return "must be a whole number";
    case "check":
    case "regex":
      return issue.message.startsWith("Invalid") ? "not valid" : issue.message;
    default:
      return `must be ${issue.expected ?? "valid"}`;
  }
}

async function readBytes(request: Request, after: After, max: number): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced ?? 0) > max) throw tooLarge(max);
  if (request.body === null) return new Uint8Array();
  // At once where the length is known: a stream's reader costs a fifth of a whole login.
  return announced === null
    ? await readStream(request.body, after, max)
    : await readAnnounced(request, after, max);
}

async function readAnnounced(request: Request, after: After, max: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const stopTimer = after(BODY_WITHIN_MS, () => reject(tooSlow()));
  request.arrayBuffer().then((bytes) => resolve(new Uint8Array(bytes)), () => reject(cutOff()));
  try {
    const bytes = await promise;
    if (bytes.length > max) throw tooLarge(max);
    return bytes;
  } finally {
    stopTimer();
  }
}

async function readStream(
  body: ReadableStream<Uint8Array>,
  after: After,
  max: number,
): Promise<Uint8Array> {
  const reader = body.getReader();
  let late = false;
  const stopTimer = after(BODY_WITHIN_MS, () => {
    late = true;
    reader.cancel().catch(() => {});
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) throw tooSlow();
      if (done) return concat(chunks);
      length += value.length;
      if (length > max) throw tooLarge(max);
      chunks.push(value);
    }
  } catch (error) {
    throw error instanceof Fault ? error : cutOff();
  } finally {
    stopTimer();
    reader.cancel().catch(() => {});
  }
}

function tooSlow(): Fault {
  return new Fault(408, "the body came too slowly", { headers: { connection: "close" } });
}

function cutOff(): Fault {
  return new Fault(400, "the body ended early");
}

function tooLarge(max: number): Fault {
  return new Fault(413, `the body may have ${max} bytes at most`, {
    headers: { connection: "close" },
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Fault(400, "the body is not valid UTF-8");
  }
}

function formFields(text: string): Record<string, string> {
  const fields = [...new URLSearchParams(text)];
  if (new Set(fields.map(([name]) => name)).size !== fields.length) {
    throw new Fault(400, "a form field is given twice");
  }
  return Object.fromEntries(fields);
}
