/** `gatehouse join URL TOKEN`: pins the server's key on this host and writes host.toml. */
import { dirname } from "node:path";
import { stringify } from "smol-toml";
import * as v from "valibot";
import { DEFAULT_HOST_CONFIG } from "../config/host.ts";
import { webAddress } from "../config/values.ts";
import { JOIN_PATH, Joined } from "../core/api.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { fingerprint, tokenFingerprint } from "../core/token.ts";
import { parseServerKey } from "../core/verdict_key.ts";
import { readJson, UnusableAnswer } from "../io/json_answer.ts";
import type { Out } from "../io/out.ts";
import { trustSystemRoots } from "../io/tls_roots.ts";

const ANSWER_WITHIN_MS = 10_000;

export async function join(
  url: string,
  token: string,
  options: { config?: string },
  out: Out,
): Promise<void> {
  const path = options.config ?? DEFAULT_HOST_CONFIG;
  const server = v.safeParse(webAddress, url);
  if (!server.success) {
    throw new Failure(Exit.usage, "URL is not a web address", "such as https://auth.example.com");
  }
  const expected = tokenFingerprint(token);
  if (expected === undefined) {
    throw new Failure(
      Exit.usage,
      "TOKEN is not a host token",
      "copy the whole line that `gatehouse host add NAME` printed at the server",
    );
  }
  if (exists(path)) {
    throw new Failure(
      Exit.config,
      `${printable(path)} exists already`,
      `this host has joined before; to join anew, first run: mv ${printable(path)} ${
        printable(path)
      }.old`,
    );
  }
  trustSystemRoots();
  const joined = await askServer(server.output, token);
  writeConfig(path, {
    servers: [server.output],
    server_keys: [await keyOfToken(joined.server_keys, expected)],
    host: joined.host,
    host_token: token,
  });
  out.line(`joined ${server.output} as ${printable(joined.host)}; wrote ${printable(path)}`);
  if (server.output.startsWith("http://") && !isLoopback(server.output)) {
    out.line("note: plain http lets others on the network read links and tokens; use https");
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new Failure(Exit.config, `cannot look at ${printable(path)}`, "run this as root");
  }
}

function isLoopback(server: string): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])$/.test(new URL(server).hostname);
}

async function askServer(server: string, token: string): Promise<Joined> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${server}${JOIN_PATH}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: "{}",
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    body = await readJson(response);
  } catch (error) {
    if (error instanceof UnusableAnswer) throw noServer(server, "an answer without end");
    throw new Failure(
      Exit.unreachable,
      `${server} does not answer`,
      "check the address, and that `gatehouse server` runs and listens there",
    );
  }
  if (response.status === 401) {
    throw new Failure(
      Exit.denied,
      `${server} does not know this token`,
      "it may be revoked; make a new one at the server: gatehouse host add NAME",
    );
  }
  const joined = v.safeParse(Joined, body);
  if (response.status === 200 && joined.success) return joined.output;
  throw noServer(server, `HTTP ${response.status}`);
}

function noServer(server: string, sign: string): Failure {
  return new Failure(
    Exit.unreachable,
    `${server} is no gatehouse server, or of another version (${sign})`,
    "open the address in a browser to see what answers there",
  );
}

/**
 * The token carries the fingerprint of the server that made it, so nobody in between can swap the
 * key. Only that key is pinned: others in the answer could be anybody's.
 */
async function keyOfToken(keys: readonly string[], expected: string): Promise<string> {
  for (const text of keys) {
    const key = parseServerKey(text);
    if (key !== undefined && await fingerprint(key) === expected) return text;
  }
  throw new Failure(
    Exit.denied,
    "the server that answered is not the one that made this token",
    "somebody may stand in between; revoke the token at the server and check the address",
  );
}

const HEADER = "# gatehouse on this host; every key is explained in docs/configuration.md\n";

function writeConfig(path: string, config: Record<string, unknown>): void {
  const bytes = new TextEncoder().encode(HEADER + stringify(config) + "\n");
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    using file = Deno.openSync(path, { createNew: true, write: true, mode: 0o644 });
    for (let sent = 0; sent < bytes.length;) sent += file.writeSync(bytes.subarray(sent));
    file.syncSync();
    Deno.chmodSync(path, 0o644);
  } catch {
    throw new Failure(Exit.config, `cannot write ${printable(path)}`, "run this as root");
  }
}
