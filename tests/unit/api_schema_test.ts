import assert from "node:assert/strict";
import fc from "fast-check";
import * as v from "valibot";
import {
  Joined,
  LoginCreated,
  LoginRequest,
  LoginStatus,
  MAX_BODY,
  MAX_COMMAND_SENT,
  Problem,
} from "../../lib/core/api.ts";
import { clientAddress } from "../../lib/core/ssh_session.ts";
import { anyText } from "../support/texts.ts";

const request = {
  user: "alice",
  service: "sshd",
  source: "192.0.2.7",
  tty: true,
  nonce: "n".repeat(43),
};
const created = {
  id: "login-1",
  secret: "s3cret",
  url: "https://auth.example.com/l/x",
  match: "42",
  expires_at: "2026-01-01T00:01:00Z",
  state: "pending",
};

function check(
  schema: v.GenericSchema,
  good: Record<string, unknown>,
  changes: { taken: Record<string, unknown>[]; refused: Record<string, unknown>[] },
): void {
  assert.ok(v.is(schema, good));
  for (const change of changes.taken) {
    assert.ok(v.is(schema, { ...good, ...change }), JSON.stringify(change));
  }
  for (const change of changes.refused) {
    assert.ok(!v.is(schema, { ...good, ...change }), JSON.stringify(change));
  }
}

Deno.test("LoginRequest takes what a host sends and nothing more", () => {
  check(LoginRequest, request, {
    taken: [
      { user: "user.name-1@example.com" },
      { source: "2001:db8::7" },
      { source: "fe80::1%eth0" },
      { command: "printf 'a\\n'\n\x1b[2J", command_sha256: "0".repeat(64) },
      { command: "" },
      { command: null, requester: "alice", tty: false },
      { key: "SHA256:abc", timeout: 300 },
      { pin: { contacts: [] } },
      { pin: { contacts: Array(8).fill("Zhang.San-1_x@example.com") } },
      { preauth: { for: 60, commands: "any" } },
      { preauth: { for: 2_592_000, commands: "transfer" } },
    ],
    refused: [
      { user: "" },
      { user: "a".repeat(257) },
      { user: "al\x1bice" },
      { user: "al\u202eice" },
      { user: 7 },
      { service: "s\nshd" },
      { requester: "" },
      { requester: null },
      { requester: "al\u202eice" },
      { source: "example.com" },
      { source: "" },
      { tty: "yes" },
      { command: "x".repeat(MAX_BODY + 1) },
      { command_sha256: "0".repeat(63) },
      { key: "" },
      { nonce: "n".repeat(42) },
      { nonce: "=".repeat(43) },
      { timeout: 0 },
      { timeout: 301 },
      { timeout: 1.5 },
      { more: 1 },
      { pin: {} },
      { pin: { contacts: ["@all"] } },
      { pin: { contacts: ["a|b"] } },
      { pin: { contacts: Array(9).fill("a") } },
      { pin: { contacts: [], more: 1 } },
      { preauth: { for: 59, commands: "any" } },
      { preauth: { for: 2_592_001, commands: "any" } },
      { preauth: { for: 60.5, commands: "any" } },
      { preauth: { for: "30m", commands: "any" } },
      { preauth: { for: 60, commands: "all" } },
      { preauth: { for: 60 } },
      { preauth: { for: 60, commands: "any", more: 1 } },
    ],
  });
});

Deno.test("LoginRequest takes every address that clientAddress() gives", () => {
  const zone = fc.stringMatching(/^[\w.-]{1,40}$/);
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.ipV6(), zone).map((parts) => parts.join("%")),
  );
  fc.assert(fc.property(address, (address) => {
    const source = clientAddress(`${address} 50022 198.51.100.1 22`);
    if (source !== undefined) assert.ok(v.is(LoginRequest, { ...request, source }), source);
  }));
});

Deno.test("the longest command that a host sends fits into a request's body", () => {
  // A control character takes six bytes in JSON, more than any other.
  const command = "\x01".repeat(MAX_COMMAND_SENT);
  const body = { ...request, user: "u".repeat(256), service: "s".repeat(64), command };
  const longest = { ...body, command_sha256: "0".repeat(64), key: "k".repeat(256), timeout: 300 };
  assert.ok(v.is(LoginRequest, longest));
  assert.ok(new TextEncoder().encode(JSON.stringify(longest)).length <= MAX_BODY);
});

Deno.test("LoginCreated takes only what can be shown, addressed and sent back", () => {
  check(LoginCreated, created, {
    taken: [
      { match: null },
      { match: undefined },
      { state: "approved", verdict: "a.b.c" },
      { offer: "a.b.c" },
      { two_persons: true },
      { of_a_newer_server: true },
      { url: "http://127.0.0.1:8422/l/x" },
    ],
    refused: [
      { id: "" },
      { id: ".." },
      { id: "a/b" },
      { id: "a".repeat(65) },
      { secret: "" },
      { secret: "a\nx: y" },
      { secret: "密" },
      { secret: "s".repeat(129) },
      { url: "javascript:alert(1)" },
      { url: "https://a.example/\x1b]0;x\x07" },
      { url: "https://a.example/\nb" },
      { url: "https://a.example/" + "x".repeat(500) },
      { match: "4" },
      { match: "\x1b2" },
      { match: "421" },
      { match: 42 },
      { expires_at: "soon" },
      { state: "open" },
      { verdict: null },
      { offer: null },
      { two_persons: "yes" },
    ],
  });
});

Deno.test("LoginStatus takes a known state and a harmless reason", () => {
  check(LoginStatus, { state: "pending" }, {
    taken: [{ state: "denied", reason: "not_me" }, { state: "approved", verdict: "x" }, { y: 1 }, {
      granted_for: 0,
    }],
    refused: [
      { state: "" },
      { reason: "\x1b[2J" },
      { reason: "" },
      { verdict: 1 },
      { granted_for: -1 },
      { granted_for: "1h" },
    ],
  });
});

Deno.test("Joined takes a name and at least one key", () => {
  const key = `ed25519:${"A".repeat(43)}`;
  check(Joined, { host: "web1", server_keys: [key] }, {
    taken: [{ server_keys: [key, key] }, { y: 1 }, { signed: "a.b.c" }, { codes: true }],
    refused: [
      { codes: 1 },
      { signed: true },
      { host: "" },
      { host: 'x"\nhost = "y' },
      { server_keys: [] },
      { server_keys: key },
      { server_keys: [key, "ssh-ed25519 AAAA"] },
      { server_keys: [`${key}\n`] },
    ],
  });
});

Deno.test("Problem takes problem documents", () => {
  check(Problem, { title: "Conflict", status: 409 }, {
    taken: [{ detail: "why" }, { errors: [{ field: "user", message: "missing" }] }, { y: 1 }],
    refused: [{ title: 1 }, { status: "409" }, { errors: ["x"] }],
  });
});

Deno.test("no schema throws, whatever JSON comes", () => {
  const value = fc.oneof(fc.jsonValue(), anyText());
  const keys = ["user", "source", "id", "secret", "url", "match", "state", "reason", "verdict"];
  const body = fc.oneof(value, fc.dictionary(fc.constantFrom(...keys), value));
  fc.assert(fc.property(body, (body) => {
    for (const schema of [LoginRequest, LoginCreated, LoginStatus, Joined, Problem]) {
      v.safeParse(schema, body);
    }
  }));
});
