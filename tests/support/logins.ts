/** Logins to test with. */
import type { Login } from "../../lib/core/login.ts";

/** When the logins made here were created: 2026-01-01T00:00:00Z in milliseconds. */
export const T0 = Date.UTC(2026, 0, 1);

/** A pending login with a minute to live. */
export function aLogin(changes: Partial<Login> = {}): Login {
  return {
    id: "login-1",
    ticket: "ticket-1",
    secretHash: "0".repeat(64),
    host: "web1",
    user: "alice",
    service: "ssh",
    source: "192.0.2.7",
    requester: null,
    tty: true,
    command: null,
    commandHash: "",
    commandWhole: true,
    key: "SHA256:abc",
    nonce: "n".repeat(43),
    match: "42",
    choices: ["17", "42", "85"],
    preauth: null,
    pin: null,
    createdAt: T0,
    requestedAt: T0,
    expiresAt: T0 + 60_000,
    state: "pending",
    decidedAt: null,
    by: null,
    via: null,
    reason: null,
    collected: false,
    ...changes,
  };
}
