/** Tells the approval servers what administrators shall hear of at once. */
import { type AlertRequest, ALERTS_PATH } from "../core/api.ts";
import { type ClientConfig, reproach, saying, send } from "./approval_wire.ts";

/** In all, however many servers: somebody waits to get in. */
const WITHIN_MS = 2_000;

/** Undefined when a server has it on record; else why none has. Never rejects. */
export async function sendAlert(
  { servers, token }: Pick<ClientConfig, "servers" | "token">,
  alert: AlertRequest,
  withinMs = WITHIN_MS,
): Promise<string | undefined> {
  let why = "no approval server is configured";
  for (const server of servers) {
    try {
      const answer = await send(`${server}${ALERTS_PATH}`, {
        method: "POST",
        token,
        body: JSON.stringify(alert),
        signal: AbortSignal.timeout(withinMs / servers.length),
      });
      if (answer.status === 204) return undefined;
      const { problem } = answer;
      why = problem === undefined
        ? reproach(server, answer).detail
        : `${server}: ${saying(problem)}`;
    } catch {
      why = `${server} does not answer`;
    }
  }
  return why;
}
