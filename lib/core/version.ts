export const VERSION = "0.1.0";

/** What hosts call themselves at a server (RFC 9110, 10.1.5). */
export const USER_AGENT = `gatehouse/${VERSION}`;
