/** What a browser answers for a passkey, as the text in a form's field. Nothing of it is proven yet. */
import * as v from "valibot";
import { fromBase64url } from "./encoding.ts";

/** What the browser says it was asked for, and where (WebAuthn 5.8.1). */
interface ClientData {
  readonly type: string;
  readonly challenge: string;
  readonly origin: string;
  /** In a frame of another site's page. */
  readonly framed: boolean;
}

interface Answer {
  /** The credential id, base64url. */
  readonly id: string;
  readonly client: ClientData;
  /** The bytes that are signed, base64url. */
  readonly clientDataJson: string;
}

export interface NewPasskeyAnswer extends Answer {
  /** base64url */
  readonly attestationObject: string;
  readonly transports: readonly string[];
}

export interface PasskeyAnswer extends Answer {
  /** base64url */
  readonly authenticatorData: string;
  /** base64url */
  readonly signature: string;
  /** The id of the person that the device holds it for; undefined where the device did not say. */
  readonly person: string | undefined;
}

/** A credential id has 1023 bytes at most (WebAuthn 7.1). */
const MAX_ID = 1364;
/** More than any device sends; the body's own limit is about this. */
const MAX_BYTES = 12_000;

const bytes = (max: number) => v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(max));

const ClientDataJson = v.object({
  type: v.string(),
  challenge: v.string(),
  origin: v.string(),
  crossOrigin: v.optional(v.boolean(), false),
  topOrigin: v.optional(v.string()),
});

const common = { id: bytes(MAX_ID), rawId: bytes(MAX_ID), type: v.literal("public-key") };

// Browsers may add to these, so what is not known is left out instead of refused.
const Registration = v.object({
  ...common,
  response: v.object({
    clientDataJSON: bytes(MAX_BYTES),
    attestationObject: bytes(MAX_BYTES),
    transports: v.optional(v.array(v.string()), []),
  }),
});
const Assertion = v.object({
  ...common,
  response: v.object({
    clientDataJSON: bytes(MAX_BYTES),
    authenticatorData: bytes(MAX_BYTES),
    signature: bytes(MAX_BYTES),
    userHandle: v.nullish(bytes(100)),
  }),
});

/** Undefined: no browser's answer to a registration. */
export function parseNewPasskey(text: string): NewPasskeyAnswer | undefined {
  const found = parse(Registration, text);
  if (found === undefined || found.id !== found.rawId) return undefined;
  const { clientDataJSON: clientDataJson, attestationObject, transports } = found.response;
  const client = parseClientData(clientDataJson);
  if (client === undefined) return undefined;
  const known = transports.filter((name) => /^[a-z-]{1,20}$/.test(name)).slice(0, 10);
  return { id: found.id, client, clientDataJson, attestationObject, transports: known };
}

/** Undefined: no browser's answer to a request to sign. */
export function parsePasskeyAnswer(text: string): PasskeyAnswer | undefined {
  const found = parse(Assertion, text);
  if (found === undefined || found.id !== found.rawId) return undefined;
  const { clientDataJSON: clientDataJson, userHandle, ...signed } = found.response;
  const client = parseClientData(clientDataJson);
  const person = userHandle ? utf8(userHandle) : "";
  if (client === undefined || person === undefined) return undefined;
  return { id: found.id, client, clientDataJson, ...signed, person: person || undefined };
}

function parseClientData(encoded: string): ClientData | undefined {
  const text = utf8(encoded);
  const found = text === undefined ? undefined : parse(ClientDataJson, text);
  if (found === undefined) return undefined;
  const { type, challenge, origin, crossOrigin, topOrigin } = found;
  return { type, challenge, origin, framed: crossOrigin || topOrigin !== undefined };
}

function parse<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

function utf8(encoded: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(fromBase64url(encoded));
  } catch {
    return undefined;
  }
}
