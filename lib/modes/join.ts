/** `gatehouse join URL TOKEN`: pins the server's key on this host, in host.toml. */
import * as v from "valibot";
import { DEFAULT_HOST_CONFIG, hasServers, parseHostConfig } from "../config/host.ts";
import { joinedHostFile, newHostFile } from "../config/host_join.ts";
import { webAddress } from "../config/values.ts";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { fingerprint, tokenFingerprint } from "../core/token.ts";
import { parseServerKey } from "../core/verdict_key.ts";
import { readHostFile, writeHostFile } from "../io/host_file.ts";
import {
  hostKeyPath,
  makeHostKey,
  publicHostKey,
  readHostKey,
  writeHostKey,
} from "../io/host_key.ts";
import { askToJoin } from "../io/join_client.ts";
import type { Out } from "../io/out.ts";
import { trustSystemRoots } from "../io/tls_roots.ts";

const NEXT =
  "next: let sshd ask here, by PAM or a ForceCommand (gatehouse's README, Install); for codes while " +
  "no server answers: gatehouse enroll --user NAME";
const NEXT_SYNC = "or, where PAM asks, those that people register at the server: gatehouse sync";

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
  const before = readHostFile(path);
  // Nobody is asked for what could not be written down.
  if (before !== undefined) requireCodesOnly(before, path);
  trustSystemRoots();
  const key = await codesKey(path);
  const joined = await askToJoin(server.output, token, key?.text);
  const keys = {
    servers: [server.output],
    server_keys: [await keyOfToken(joined.server_keys, expected)],
    host: joined.host,
    host_token: token,
    ...(joined.offers === true ? { signed_offers: true } as const : {}),
  };
  const text = before === undefined ? newHostFile(keys) : joinedHostFile(before, keys);
  if (text === undefined) throw notEditable(path);
  writeHostFile(path, text, before);
  await key?.keep();
  out.line(`joined ${server.output} as ${printable(joined.host)}; wrote ${printable(path)}`);
  if (server.output.startsWith("http://") && !isLoopback(server.output)) {
    out.line("note: plain http lets others on the network read links and tokens; use https");
  }
  out.line(joined.codes === true ? `${NEXT}; ${NEXT_SYNC}` : NEXT);
}

/** What codes are sealed to for this host; none where others than root would have it. */
async function codesKey(
  config: string,
): Promise<{ readonly text: string; keep(): Promise<void> } | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const path = hostKeyPath(config);
  const there = readHostKey(path);
  const pair = there ?? await makeHostKey();
  return {
    text: publicHostKey(pair),
    keep: async () => {
      if (there === undefined) await writeHostKey(path, pair);
    },
  };
}

/** @throws Failure when the file is not valid, or this host has joined before */
function requireCodesOnly(text: string, path: string): void {
  if (!hasServers(parseHostConfig(text, path))) return;
  const shown = printable(path);
  throw new Failure(
    Exit.config,
    `${shown} names servers already`,
    `this host has joined before; to join anew, ${moveAway(shown)}`,
  );
}

function notEditable(path: string): Failure {
  const shown = printable(path);
  return new Failure(
    Exit.config,
    `${shown} has its keys in a form that cannot be edited`,
    `write servers = [] on a line of its own; or ${moveAway(shown)}`,
  );
}

function moveAway(shown: string): string {
  return `first run: mv ${shown} ${shown}.old, and copy [policy] and [codes] from it afterwards`;
}

function isLoopback(server: string): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])$/.test(new URL(server).hostname);
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
