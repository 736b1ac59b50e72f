/** Why a server could not be reached, from the runtime's words; those themselves are never shown. */

/** What to do about it. @param error what fetch threw */
export function unreachableHint(error: unknown): string {
  const text = wordsOf(error);
  if (isDistrusted(error)) return certificateHint(text);
  if (/dns|lookup/i.test(text)) return "its name cannot be resolved on this host";
  if (/refused/i.test(text)) {
    return "nothing listens there; check the port, and that `gatehouse server` runs";
  }
  if (/corrupt message|HTTP version|before message completed/i.test(text)) {
    return "one of the two speaks TLS and the other does not; check http:// or https://";
  }
  return "check that the approval server runs and can be reached from this host";
}

/** Did somebody answer whose certificate this host does not accept? */
export function isDistrusted(error: unknown): boolean {
  return /certificate/i.test(wordsOf(error));
}

/** Did it fail before anything was sent: no name, no port, no TLS? By the words of the HTTP client in Deno (hyper). */
export function isUnconnected(error: unknown): boolean {
  return wordsOf(error).includes("client error (Connect)");
}

/** Rustls' words. It takes no authority's own certificate for a server's, however much that is trusted. */
function certificateHint(text: string): string {
  if (text.includes("CaUsedAsEndEntity")) {
    return "its certificate is an authority's own (CA:TRUE), which is taken from no server; make it anew " +
      "with: openssl req -x509 -addext basicConstraints=critical,CA:FALSE";
  }
  if (/not valid for name/i.test(text)) {
    return "its certificate is for another name; use an address with a name that is in it";
  }
  if (/expired|not valid yet/i.test(text)) {
    return "its certificate has expired or begins later; renew it, or set this host's clock right";
  }
  return "its certificate is not trusted on this host; for an authority of your own: put its certificate " +
    "into /usr/local/share/ca-certificates/NAME.crt, then run update-ca-certificates";
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
