/** What codes are sealed to for this host: an X25519 key (RFC 7748), root's alone. */
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import { DEFAULT_HOST_CONFIG } from "../config/host.ts";
import type { HostKeyPair } from "../core/central_set.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { writeDurably } from "./durable_file.ts";
import { errnoIn, IrregularFile, readRegular, type RegularFile } from "./files.ts";

const DEFAULT_HOST_KEY = "/var/lib/gatehouse/host.key";
const LONGEST = 4_096;
const MODE = 0o600;

const raw32 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
/** RFC 8037, section 2. */
const PrivateJwk = v.object({
  kty: v.literal("OKP"),
  crv: v.literal("X25519"),
  x: raw32,
  d: raw32,
});

/** With another host.toml than the usual one it is beside that, for it is another host to its server. */
export function hostKeyPath(config: string): string {
  return config === DEFAULT_HOST_CONFIG ? DEFAULT_HOST_KEY : join(dirname(config), "host.key");
}

/** Undefined when there is none. @throws Failure (78) when it is damaged or not root's alone */
export function readHostKey(path: string): HostKeyPair | undefined {
  const file = read(path);
  if (file === undefined) return undefined;
  if (file.uid !== 0 && file.uid !== Deno.uid()) {
    throw refuse(path, `belongs to uid ${file.uid}`, JOIN_ANEW);
  }
  if ((file.mode & 0o077) !== 0) {
    throw refuse(path, "can be read or written by others", JOIN_ANEW);
  }
  try {
    const { x, d } = v.parse(PrivateJwk, JSON.parse(new TextDecoder().decode(file.bytes)));
    return { x, d };
  } catch {
    throw refuse(path, "is damaged", JOIN_ANEW);
  }
}

/** A new one, which is nowhere yet. */
export async function makeHostKey(): Promise<HostKeyPair> {
  const pair = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  const { x, d } = v.parse(PrivateJwk, await crypto.subtle.exportKey("jwk", pair.privateKey));
  return { x, d };
}

/** Replaces none. @throws Failure (78) */
export async function writeHostKey(path: string, { x, d }: HostKeyPair): Promise<void> {
  const text = `${JSON.stringify({ kty: "OKP", crv: "X25519", x, d })}\n`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDurably(path, new TextEncoder().encode(text), {
      temporary: join(dirname(path), `.${basename(path)}.new`),
      mode: MODE,
      place: "new",
    });
  } catch (error) {
    throw cannot("write", path, error);
  }
}

/** One that was never told anybody. Never rejects. */
export async function dropHostKey(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
}

/** As the server is told. */
export function publicHostKey({ x }: HostKeyPair): string {
  return `x25519:${x}`;
}

const JOIN_ANEW = "remove it, and let this host join anew: see docs/codes.md, central codes";

function read(path: string): RegularFile | undefined {
  try {
    return readRegular(path, LONGEST);
  } catch (error) {
    if (error instanceof IrregularFile) throw refuse(path, "is not a regular file", JOIN_ANEW);
    throw cannot("read", path, error);
  }
}

function refuse(path: string, what: string, hint: string): Failure {
  return new Failure(Exit.config, `${printable(path)} ${what}`, hint);
}

function cannot(what: "read" | "write", path: string, error: unknown): Failure {
  const message = `cannot ${what} ${printable(path)}${errnoIn(error)}`;
  return new Failure(Exit.config, message, "check the path, and the free space there");
}
