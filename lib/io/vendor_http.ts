/**
 * One request to a vendor and its answer: bounded in time and size, without redirects, and through no
 * proxy, for what is sent holds secrets and nobody wrote a proxy into server.toml.
 */
import type { VendorAnswer, VendorRequest } from "../core/notification.ts";
import { readJson, UnusableAnswer } from "./json_answer.ts";

/** The runtime reads these when it makes its first connection, whoever set them. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/** To be called before anything else is fetched. */
export function useNoProxy(): void {
  for (const name of PROXIES) {
    Deno.env.delete(name);
    Deno.env.delete(name.toLowerCase());
  }
}

/** What was answered, or why nothing was. Errors are not passed on: they quote the address. */
export async function exchange(
  { method, url, body }: VendorRequest,
  signal: AbortSignal,
): Promise<VendorAnswer | "network" | "time"> {
  const headers = { accept: "application/json" };
  const posted = body === undefined
    ? { headers }
    : { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  let response: Response | undefined;
  try {
    response = await fetch(url, { method, ...posted, redirect: "manual", signal });
    return { status: response.status, json: await readJson(response) };
  } catch (error) {
    if (error instanceof UnusableAnswer) return { status: response?.status ?? 0, json: undefined };
    return signal.aborted ? "time" : "network";
  }
}
