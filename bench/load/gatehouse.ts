/** The steps of a login at a gatehouse server. */
import type { Steps } from "./steps.ts";

export interface Created {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
  readonly match: string;
}

/** @param token the host's */
export function gatehouse(token: string): Steps<Created> {
  return {
    async create(client, user) {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const wish = {
        user,
        service: "sshd",
        source: "192.0.2.7",
        tty: true,
        // Without a key no two logins are one request.
        key: "SHA256:bench",
        nonce: "n".repeat(43),
        timeout: 300,
      };
      const path = "/api/v1/logins";
      const { status, body } = await client.request("POST", path, headers, JSON.stringify(wish));
      if (status !== 201) throw new Error(`no login: ${status} ${body}`);
      return JSON.parse(body);
    },

    async collect(client, { id, secret }) {
      const headers = { authorization: `Bearer ${secret}` };
      const path = `/api/v1/logins/${id}?wait=60`;
      const { status, body } = await client.request("GET", path, headers);
      if (status !== 200 || !body.includes("verdict")) {
        throw new Error(`no verdict: ${status} ${body}`);
      }
    },

    async approve(client, { url, match }) {
      const { origin, pathname } = new URL(url);
      const headers = { origin, "content-type": "application/json" };
      const wish = JSON.stringify({ match });
      const { status, body } = await client.request("POST", `${pathname}/approve`, headers, wish);
      if (status !== 200) throw new Error(`not approved: ${status} ${body}`);
    },

    link: ({ url }) => url,
  };
}
