/** A login as host and person take it, whatever the server is. */
import type { Client } from "./http.ts";

export interface Steps<Login> {
  /** Logins of the same user share a link. */
  create(client: Client, user: string): Promise<Login>;
  /** Resolves once it is decided. */
  collect(client: Client, login: Login): Promise<void>;
  approve(client: Client, login: Login): Promise<void>;
  link(login: Login): string;
}
