/** What approval servers are told, whichever of them takes it. */
import { type ClientConfig, reproach, saying, send } from "./approval_wire.ts";

/** @returns the server that has taken it; else why none has, the last one's word. Never rejects. */
export async function tellOne(
  { servers, token }: Pick<ClientConfig, "servers" | "token">,
  path: string,
  what: object,
  eachWithinMs: number,
): Promise<{ readonly taken: string } | { readonly why: string }> {
  let why = "no approval server is configured";
  const body = JSON.stringify(what);
  for (const server of servers) {
    try {
      const signal = AbortSignal.timeout(eachWithinMs);
      const answer = await send(`${server}${path}`, { method: "POST", token, body, signal });
      if (answer.status === 204) return { taken: server };
      const { problem } = answer;
      why = problem === undefined
        ? reproach(server, answer).detail
        : `${server}: ${saying(problem)}`;
    } catch {
      why = `${server} does not answer`;
    }
  }
  return { why };
}
