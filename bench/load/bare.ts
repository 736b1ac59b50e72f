/** The same steps at a server that does nothing but answer long polls. */
import type { Client } from "./http.ts";
import type { Steps } from "./steps.ts";

/** Whoever waits with the same token is woken by one click. */
export const bare: Steps<string> = {
  create: (_, user) => Promise.resolve(user),
  async collect(client: Client, token) {
    await client.request("GET", `/wait?token=${token}`);
  },
  async approve(client: Client, token) {
    await client.request("GET", `/approve?token=${token}`);
  },
  link: (token) => token,
};
