/**
 * Requests to one channel's vendor and their answers: bounded in time and size, without redirects, and
 * through the proxy of the channel's settings or none, for what is sent holds secrets.
 */
import { USER_AGENT } from "../core/version.ts";
import type { VendorAnswer, VendorRequest } from "../notify/channel.ts";
import type { Unanswered } from "../notify/unanswered.ts";
import { readText, UnusableAnswer } from "./json_answer.ts";

/** The runtime reads these when it makes its first connection, whoever set them. */
const SURROUNDINGS = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]
  .flatMap((name) => [name, name.toLowerCase()])
  .concat("SSL_CERT_FILE", "SSL_CERT_DIR");

/**
 * Whoever set the environment has no say in where secrets go, nor in whom we believe. To be called before
 * anything else is fetched.
 */
export function ignoreSurroundings(): void {
  for (const name of SURROUNDINGS) Deno.env.delete(name);
}

export interface Limits {
  readonly withinMs: number;
  /** Of the answer, in characters. */
  readonly longest: number;
  /** Each ends it before. */
  readonly signals: readonly AbortSignal[];
}

export class VendorHttp implements Disposable {
  readonly #client: Deno.HttpClient;

  /** @param proxy "http://[user:password@]host:port"; null: none */
  constructor(proxy: string | null) {
    this.#client = Deno.createHttpClient(proxy === null ? {} : { proxy: { url: proxy } });
  }

  /**
   * What was answered, or why nothing was. Errors are not passed on: they quote the address. The runtime
   * asks once more by itself where the connection is closed without a byte of an answer, as that of a
   * connection which was kept for too long.
   */
  async exchange(request: VendorRequest, limits: Limits): Promise<VendorAnswer | Unanswered> {
    const { method, url, body } = request;
    const { withinMs, longest, signals } = limits;
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, withinMs);
    for (const signal of signals) signal.addEventListener("abort", end);
    if (signals.some(({ aborted }) => aborted)) end();
    const type = body === undefined ? {} : { "content-type": body.type };
    const own = { accept: "application/json", "user-agent": USER_AGENT };
    let seen: Pick<VendorAnswer, "status" | "headers"> | undefined;
    try {
      const response = await fetch(url, {
        method,
        headers: { ...own, ...request.headers, ...type },
        ...(body === undefined ? {} : { body: body.text }),
        redirect: "manual",
        signal: over.signal,
        client: this.#client,
      });
      seen = { status: response.status, headers: Object.fromEntries(response.headers) };
      const text = await readText(response, longest);
      return { ...seen, text, json: parsed(text) };
    } catch (error) {
      if (seen !== undefined && error instanceof UnusableAnswer) {
        return { ...seen, text: error.begun, json: undefined };
      }
      return over.signal.aborted ? "time" : explained(error);
    } finally {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", end);
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** From the runtime's words, which are never shown. */
function explained(error: unknown): Unanswered {
  const text = error instanceof Error ? error.message : "";
  if (!text.includes("client error (Connect)")) return "broken_off";
  if (/proxy authentication/i.test(text)) return "proxy_refuses";
  if (/certificate/i.test(text)) return "untrusted";
  return /dns|lookup/i.test(text) ? "unknown_name" : "unreached";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
