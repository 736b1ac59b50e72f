/** `gatehouse join URL [TOKEN]`: pins the server's key on this host, in host.toml. */
import * as v from "valibot";
import { DEFAULT_HOST_CONFIG, hasServers, parseHostConfig } from "../config/host.ts";
import { joinedHostFile, newHostFile } from "../config/host_join.ts";
import { webAddress } from "../core/values.ts";
import { base64url } from "../core/encoding.ts";
import { Exit, Failure } from "../core/errors.ts";
import { checkJoin, type ExpectedJoin } from "../core/join_answer.ts";
import { printable } from "../core/text.ts";
import { fingerprint, tokenFingerprint } from "../core/token.ts";
import type { HostKeyPair } from "../core/central_set.ts";
import { formatServerKey, parseServerKey } from "../core/verdict_key.ts";
import { makeAlertSpool } from "../io/alert_spool.ts";
import { systemClock } from "../io/clock.ts";
import { makeHostFolder, readHostFile, writeHostFile } from "../io/host_file.ts";
import {
  dropHostKey,
  hostKeyPath,
  makeHostKey,
  publicHostKey,
  readHostKey,
  writeHostKey,
} from "../io/host_key.ts";
import { askToJoin, JOINED_BY_ANOTHER, NeverSent } from "../io/join_client.ts";
import type { Out } from "../io/out.ts";
import { systemRandom } from "../io/random.ts";
import { reportKey } from "../io/report_key.ts";
import { trustSystemRoots } from "../io/tls_roots.ts";
import { hidden } from "../wiring/hidden_answers.ts";

const ASK = "Token (what is typed or pasted is not shown): ";
const NEXT =
  "next: let sshd ask here, by PAM or a ForceCommand (gatehouse's README, Install); for codes while " +
  "no server answers: gatehouse enroll --user NAME";
const NEXT_SYNC = "or, where PAM asks, those that people register at the server: gatehouse sync";

/**
 * @param given the token; none, or "-": it is asked for, for every account of a machine can read the
 *   words that a command was called with
 */
export async function join(
  url: string,
  given: string | undefined,
  options: { config?: string },
  out: Out,
): Promise<void> {
  const path = options.config ?? DEFAULT_HOST_CONFIG;
  const server = v.safeParse(webAddress, url);
  if (!server.success) {
    throw new Failure(Exit.usage, "URL is not a web address", "such as https://auth.example.com");
  }
  const before = readHostFile(path);
  // Nobody is asked for what could not be written down.
  if (before !== undefined) requireCodesOnly(before, path);
  const token = given === undefined || given === "-"
    ? await hidden(async (ask) => (await ask(ASK)).trim())
    : given;
  const expected = tokenFingerprint(token);
  if (expected === undefined) {
    throw new Failure(
      Exit.usage,
      "TOKEN is not a host token",
      "copy all of what `gatehouse host add NAME` printed at the server",
    );
  }
  if (before === undefined) makeHostFolder(path);
  trustSystemRoots();
  const { pair, dropUnsent } = await ownKeys(path);
  const key = pair === undefined ? undefined : publicHostKey(pair);
  const nonce = base64url(systemRandom.bytes(32));
  const request = { nonce, ...(pair === undefined ? {} : await publicKeys(pair)) };
  const joined = await askToJoin(server.output, token, request).catch(async (error: unknown) => {
    if (error instanceof NeverSent) await dropUnsent();
    throw error;
  });
  const pinned = await keyOfToken(joined.server_keys, expected);
  const wanted = { aud: joined.host, nonce, codes_key: key ?? null };
  await requireSigned(joined.signed ?? "", wanted, pinned.raw);
  const keys = {
    servers: [server.output],
    server_keys: [pinned.text],
    host: joined.host,
    host_token: token,
    signed_offers: true,
  } as const;
  const text = before === undefined ? newHostFile(keys) : joinedHostFile(before, keys);
  if (text === undefined) throw notEditable(path);
  writeHostFile(path, text, before);
  if (path === DEFAULT_HOST_CONFIG && Deno.uid() === 0) makeAlertSpool();
  out.line(`joined ${server.output} as ${printable(joined.host)}; wrote ${printable(path)}`);
  if (server.output.startsWith("http://") && !isLoopback(server.output)) {
    out.line("note: plain http lets others on the network read links and tokens; use https");
  }
  out.line(joined.codes === true ? `${NEXT}; ${NEXT_SYNC}` : NEXT);
}

interface OwnKeys {
  readonly pair: HostKeyPair | undefined;
  /** Takes back what was made for a request that was never sent. */
  readonly dropUnsent: () => Promise<void>;
}

/**
 * What codes are sealed to for this host; none where others than root would have it. On the disk before
 * the server knows it: another one after an answer that was lost would look like somebody else's.
 */
async function ownKeys(config: string): Promise<OwnKeys> {
  const nothing = async () => {};
  if (Deno.uid() !== 0) return { pair: undefined, dropUnsent: nothing };
  const path = hostKeyPath(config);
  const there = readHostKey(path);
  if (there !== undefined) return { pair: there, dropUnsent: nothing };
  const pair = await makeHostKey();
  await writeHostKey(path, pair);
  return { pair, dropUnsent: async () => await dropHostKey(path) };
}

/** With the one that its doctor's reports are signed with: later, whoever has the token could send one. */
async function publicKeys(pair: HostKeyPair) {
  const { publicKey } = await reportKey(pair);
  return { codes_key: publicHostKey(pair), report_key: formatServerKey(publicKey) };
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
async function keyOfToken(
  keys: readonly string[],
  expected: string,
): Promise<{ readonly text: string; readonly raw: Uint8Array }> {
  for (const text of keys) {
    const raw = parseServerKey(text);
    if (raw !== undefined && await fingerprint(raw) === expected) return { text, raw };
  }
  throw new Failure(
    Exit.denied,
    "the server that answered is not the one that made this token",
    "somebody may stand in between; revoke the token at the server and check the address",
  );
}

/** Else somebody in between could have sent another key than ours, and have codes sealed to that. */
async function requireSigned(
  signed: string,
  wanted: ExpectedJoin,
  server: Uint8Array,
): Promise<void> {
  switch (await checkJoin(signed, wanted, server, systemClock.now())) {
    case "right":
      return;
    case "unsigned":
      throw new Failure(
        Exit.denied,
        "the answer is not signed by the server that made this token",
        "somebody may stand in between, or the server is of an older version; check the address, " +
          "and add this host anew at the server, for its token may be known",
      );
    case "other_key":
      throw new Failure(
        Exit.denied,
        "the server goes by another key of this host than the one that was sent",
        JOINED_BY_ANOTHER,
      );
  }
}
