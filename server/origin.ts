/**
 * Cross-site request forgery: a change must come from our own pages (DESIGN.md 2.1). Browsers send
 * `Origin` with every POST; hosts and SSH2FA's client are no browsers and send none. What vendors send says
 * in its own way that it is theirs.
 */
import { Fault } from "./faults.ts";
import type { Ctx } from "./http.ts";
import { CALLBACK_PATH, isPagePath } from "./paths.ts";

/**
 * What throws a Fault 403.
 * @param publicUrl the one address at which pages count; a Referrer-Policy of `no-referrer` would
 *    make browsers send `Origin: null` (Fetch standard, "append a request Origin header")
 */
export function originCheck(publicUrl: string): (c: Ctx) => void {
  const own = new URL(publicUrl).origin;
  return (c) => {
    const origin = c.req.header("origin");
    const safe = c.req.method === "GET" || c.req.method === "HEAD" ||
      c.req.path.startsWith(`${CALLBACK_PATH}/`);
    const needed = isPagePath(c.req.path);
    if (!safe && origin !== own && (needed || origin !== undefined)) {
      throw new Fault(403, "a change must come from the approval page at its own address");
    }
  };
}
