/** The steps of a login at a gatehouse server, as host and person take them. */
import type { Client } from "./http.ts";

export interface Created {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly match: string;
}

/** @param user each is a request of its own; logins of the same one share a link */
export async function create(client: Client, token: string, user: string): Promise<Created> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const { status, body } = await client.request(
    "POST",
    "/api/v1/logins",
    headers,
    JSON.stringify({
      user,
      service: "sshd",
      source: "192.0.2.7",
      tty: true,
      nonce: "n".repeat(43),
      timeout: 300,
    }),
  );
  if (status !== 201) throw new Error(`no login: ${status} ${body}`);
  return JSON.parse(body);
}

/** Resolves once it is decided. */
export async function collect(client: Client, { id, secret }: Created): Promise<void> {
  const headers = { authorization: `Bearer ${secret}` };
  const { status, body } = await client.request("GET", `/api/v1/logins/${id}?wait=60`, headers);
  if (status !== 200 || !body.includes("verdict")) throw new Error(`no verdict: ${status} ${body}`);
}

export async function approve(client: Client, { url, match }: Created): Promise<void> {
  const { origin, pathname } = new URL(url);
  const headers = { origin, "content-type": "application/json" };
  const wish = JSON.stringify({ match });
  const { status, body } = await client.request("POST", `${pathname}/approve`, headers, wish);
  if (status !== 200) throw new Error(`not approved: ${status} ${body}`);
}
