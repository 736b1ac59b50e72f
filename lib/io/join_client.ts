/** Asks a server which host a token stands for, and by which key its verdicts are signed. */
import * as v from "valibot";
import { JOIN_PATH, Joined } from "../core/api.ts";
import { Exit, Failure } from "../core/errors.ts";
import { unreachableHint } from "../core/unreachable.ts";
import { USER_AGENT } from "../core/version.ts";
import { readJson, UnusableAnswer } from "./json_answer.ts";

const ANSWER_WITHIN_MS = 10_000;

/** @throws Failure (75, 77) that says what answered instead */
export async function askToJoin(
  server: string,
  token: string,
  codesKey: string | undefined,
): Promise<Joined> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${server}${JOIN_PATH}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": USER_AGENT,
      },
      body: JSON.stringify({ codes_key: codesKey }),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    body = await readJson(response);
  } catch (error) {
    if (error instanceof UnusableAnswer) throw noServer(server, "an answer without end");
    throw new Failure(
      Exit.unreachable,
      `${server} does not answer`,
      unreachableHint(error),
    );
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
      "whoever did may not have been root here; at the server: gatehouse host revoke NAME, " +
        "gatehouse host add NAME; then join with the new token",
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
