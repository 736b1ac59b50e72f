/** Asks a server which host a token stands for, and by which key its verdicts are signed. */
import * as v from "valibot";
import { JOIN_PATH, Joined, type JoinRequest } from "../core/api.ts";
import { Exit, Failure } from "../core/errors.ts";
import { isDistrusted, isUnconnected, unreachableHint } from "../core/unreachable.ts";
import { USER_AGENT } from "../core/version.ts";
import { readJson, UnusableAnswer } from "./json_answer.ts";

const ANSWER_WITHIN_MS = 10_000;

/** Who has used a host's token with a key of their own may have got what is sealed to it. */
export const JOINED_BY_ANOTHER =
  "whoever joined first may have fetched codes: at the server gatehouse host revoke NAME and " +
  "gatehouse host add NAME, join with the new token, and renew the authenticators of the accounts " +
  "in its audit log's host.codes_sent";

/** Nothing of the request was sent, so nobody there knows what was in it. */
export class NeverSent extends Failure {}

/** @throws Failure (75, 77) that says what answered instead; NeverSent where nobody did */
export async function askToJoin(
  server: string,
  token: string,
  request: JoinRequest,
): Promise<Joined> {
  let { response, body } = await send(server, token, request);
  if (response.status === 422 && request.report_key !== undefined) {
    // An older server takes no field that it does not know, and nothing was kept.
    const { report_key: _, ...older } = request;
    ({ response, body } = await send(server, token, older));
  }
  if (response.status === 401) {
    throw new Failure(
      Exit.denied,
      `${server} does not know this token`,
      "it may be revoked; make a new one at the server: gatehouse host add NAME",
    );
  }
  if (response.status === 409) {
    throw new Failure(
      Exit.denied,
      `${server} says that this token was used to join before, with another key or none`,
      JOINED_BY_ANOTHER,
    );
  }
  if (response.status === 429) {
    throw new Failure(
      Exit.unreachable,
      `${server} was asked to join with this token too often`,
      "somebody else may have it; try again in a minute, or revoke the host and add it anew",
    );
  }
  const joined = v.safeParse(Joined, body);
  if (response.status === 200 && joined.success) return joined.output;
  throw noServer(server, `HTTP ${response.status}`);
}

async function send(
  server: string,
  token: string,
  request: JoinRequest,
): Promise<{ readonly response: Response; readonly body: unknown }> {
  try {
    const response = await fetch(`${server}${JOIN_PATH}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": USER_AGENT,
      },
      body: JSON.stringify(request),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return { response, body: await readJson(response) };
  } catch (error) {
    if (error instanceof UnusableAnswer) throw noServer(server, "an answer without end");
    throw new (isUnconnected(error) ? NeverSent : Failure)(
      Exit.unreachable,
      isDistrusted(error) ? `${server} is not trusted` : `${server} does not answer`,
      unreachableHint(error),
    );
  }
}

function noServer(server: string, sign: string): Failure {
  return new Failure(
    Exit.unreachable,
    `${server} is no gatehouse server, or of another version (${sign})`,
    "open the address in a browser to see what answers there",
  );
}
