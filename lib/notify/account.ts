/** User and password of a vendor's own accounts, both or none. */
import * as v from "valibot";
import { matching, secret } from "./settings.ts";

/** As HTTP wants them (RFC 7617): the first colon ends the name. */
export const account = {
  user: v.optional(matching(/^[\x21-\x39\x3b-\x7e]{1,128}$/, "a user's name, without a colon")),
  password: v.optional(secret),
};

interface Account {
  readonly user?: unknown;
  readonly password?: unknown;
}

/** What is wrong, by the setting's name. */
export function accountFaults({ user, password }: Account): Record<string, string> {
  if (user === undefined && password !== undefined) {
    return { user: "missing, for there is a password" };
  }
  if (user !== undefined && password === undefined) {
    return { password: "missing, for there is a user" };
  }
  return {};
}

export function basicAuth(user: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${btoa(`${user}:${password}`)}` };
}
