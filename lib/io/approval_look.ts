/** How an approval server looks from here: does it answer, what time has it, does it know this host? */
import { connect } from "node:tls";
import { base64url } from "../core/encoding.ts";
import type { ServerLook, TokenLook } from "../core/doctor/host_servers.ts";
import { type HostKeyPair, openSet } from "../core/central_set.ts";
import { printable } from "../core/text.ts";
import { unreachableHint } from "../core/unreachable.ts";
import { USER_AGENT } from "../core/version.ts";
import type { Clock, Random } from "../ports.ts";
import { fetchCodes } from "./approval_codes.ts";
import { readText } from "./json_answer.ts";

const WITHIN_MS = 10_000;
/** "ready\n", or a page of some proxy. */
const LONGEST = 65_536;

/** Who asks. */
export interface AskingHost {
  readonly host: string;
  readonly token: string;
  /** Raw Ed25519 public keys. */
  readonly pinned: readonly Uint8Array[];
  /** Undefined: it has none, or it cannot be read. */
  readonly pair: HostKeyPair | undefined;
}

/** No login is made. Never rejects. */
export async function lookAtServer(
  server: string,
  asking: AskingHost,
  clock: Clock,
  random: Random,
): Promise<ServerLook> {
  const [reached, certificateEnds] = await Promise.all([reach(server, clock), peerEnd(server)]);
  const token: TokenLook = reached.answered?.ready
    ? await askToken(server, asking, clock, random)
    : { kind: "unasked" };
  return { server, ...reached, certificateEnds, token };
}

async function reach(server: string, clock: Clock) {
  try {
    const sent = clock.now();
    const response = await fetch(`${server}/readyz`, {
      headers: { "user-agent": USER_AGENT },
      redirect: "manual",
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const between = (sent + clock.now()) / 2;
    await readText(response, LONGEST);
    const date = Date.parse(response.headers.get("date") ?? "");
    // A Date is the beginning of its second (RFC 9110, 6.6.1).
    const ahead = Number.isNaN(date) ? undefined : date + 500 - between;
    return {
      answered: { ready: response.status === 200, ahead },
      hint: "",
      certificateFault: false,
    };
  } catch (error) {
    const certificateFault = error instanceof Error && /certificate/i.test(error.message);
    return { answered: undefined, hint: unreachableHint(error), certificateFault };
  }
}

/** Asks for the codes of nobody: only whom the token belongs to is answered, and the answer is signed. */
async function askToken(
  server: string,
  { host, pair, pinned, token }: AskingHost,
  clock: Clock,
  random: Random,
): Promise<TokenLook> {
  const nonce = base64url(random.bytes(32));
  const fetched = await fetchCodes({ servers: [server], token }, { accounts: [], nonce });
  switch (fetched.kind) {
    case "revoked":
      return { kind: "unknown" };
    case "busy":
      return { kind: "busy" };
    case "unreachable":
      return { kind: "odd", detail: printable(fetched.detail) };
    case "refused":
      return fetched.why === "no_key"
        ? { kind: "known", version: undefined }
        : { kind: "odd", detail: printable(fetched.detail) };
    case "sealed": {
      const version = fetched.version === undefined ? undefined : printable(fetched.version);
      if (pair === undefined) return { kind: "known", version };
      const asked = { host, nonce, accounts: [] };
      const opened = await openSet(fetched.sealed, asked, pair, pinned, clock.now());
      return opened.ok ? { kind: "proven", version } : { kind: "unsigned", fault: opened.fault };
    }
  }
}

/** When the certificate that it shows ends; whether that one is trusted is for fetch() to say. */
function peerEnd(server: string): Promise<number | undefined> {
  const { hostname, port, protocol } = new URL(server);
  if (protocol !== "https:") return Promise.resolve(undefined);
  const host = hostname.replace(/^\[|\]$/g, "");
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  // An address is no name for SNI (RFC 6066, 3).
  const servername = /^[0-9.]+$|:/.test(host) ? {} : { servername: host };
  try {
    const socket = connect({
      host,
      port: Number(port) || 443,
      rejectUnauthorized: false,
      ...servername,
    });
    const end = (at: number | undefined) => {
      resolve(at);
      socket.destroy();
    };
    socket.setTimeout(WITHIN_MS, () => end(undefined));
    socket.on("error", () => end(undefined));
    socket.on("secureConnect", () => {
      const at = Date.parse(socket.getPeerCertificate().valid_to ?? "");
      end(Number.isNaN(at) ? undefined : at);
    });
  } catch {
    resolve(undefined);
  }
  return promise;
}
