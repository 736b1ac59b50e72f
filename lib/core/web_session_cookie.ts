/**
 * The session's cookie (RFC 6265). Its prefix makes browsers refuse it from plain http and from
 * neighbouring names (RFC 6265bis, 4.1.3.2); on http there is no such protection to be had.
 */

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** @param secure whether people reach the server by https */
export function sessionCookie(token: string, secure: boolean): string {
  return `${nameFor(secure)}=${token}; ${attributes(secure)}`;
}

export function endedCookie(secure: boolean): string {
  return `${nameFor(secure)}=; Max-Age=0; ${attributes(secure)}`;
}

/** The token in a Cookie header; undefined where there is none, or more than one to choose from. */
export function readSessionCookie(header: string, secure: boolean): string | undefined {
  const tokens = header.split(";").map((part) => part.trim())
    .filter((part) => part.startsWith(`${nameFor(secure)}=`))
    .map((part) => part.slice(nameFor(secure).length + 1));
  const [token, second] = tokens;
  return token !== undefined && second === undefined && TOKEN.test(token) ? token : undefined;
}

function nameFor(secure: boolean): string {
  return secure ? "__Host-gh" : "gh";
}

/** No Max-Age: it goes with the browser, and its time is up at the server in any case. */
function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}
