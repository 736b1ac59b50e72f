/** Why a server could not be reached, from the runtime's words; those themselves are never shown. */

/** What to do about it. @param error what fetch threw */
export function unreachableHint(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  if (/certificate/i.test(text)) {
    return "its certificate is not trusted on this host; for an authority of your own: update-ca-certificates";
  }
  if (/dns|lookup/i.test(text)) return "its name cannot be resolved on this host";
  if (/refused/i.test(text)) {
    return "nothing listens there; check the port, and that `gatehouse server` runs";
  }
  if (/corrupt message|HTTP version|before message completed/i.test(text)) {
    return "one of the two speaks TLS and the other does not; check http:// or https://";
  }
  return "check that the approval server runs and can be reached from this host";
}
