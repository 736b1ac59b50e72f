import { equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { isAddress } from "../../lib/core/address.ts";
import { Failure } from "../../lib/core/errors.ts";
import { hasTerminal, loginSource, type PamItems, requesterOf } from "../../lib/core/pam_items.ts";
import { pamItemsOf } from "../support/pam_login.ts";

const items = (some: Partial<PamItems>) => pamItemsOf("alice", some);

Deno.test("sshd's word for the client counts, whatever the name service says", () => {
  const sshConnection = "192.0.2.7 50000 198.51.100.1 22";
  equal(loginSource(items({ sshConnection, rhost: "localhost" })), "192.0.2.7");
  equal(loginSource(items({ rhost: "2001:db8::7" })), "2001:db8::7");
});

Deno.test("who comes from nowhere is on this machine", () => {
  equal(loginSource(items({})), "127.0.0.1");
});

Deno.test("a client that is told by a name is refused: it may have chosen the name", () => {
  for (const rhost of ["localhost", "host.example", "127.0.0.1.example", "127.0.0.1 "]) {
    throws(() => loginSource(items({ rhost })), { name: "Failure", exit: 78 });
  }
  throws(() => loginSource(items({ sshConnection: "UNKNOWN 65535 UNKNOWN 65535" })), Failure);
});

Deno.test("what is taken for a source is an address", () => {
  fc.assert(fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (rhost, ssh) => {
    try {
      return isAddress(loginSource(items({ rhost, sshConnection: ssh })));
    } catch (error) {
      return error instanceof Failure;
    }
  }));
});

Deno.test("who called su is told, but not that somebody called for himself", () => {
  equal(requesterOf(items({ user: "root", ruser: "bob" })), "bob");
  equal(requesterOf(items({ ruser: "alice" })), null);
  equal(requesterOf(items({})), null);
});

Deno.test("sshd has no terminal yet when it authenticates", () => {
  equal(hasTerminal(items({ tty: "ssh" })), false);
  equal(hasTerminal(items({ tty: "/dev/pts/3" })), true);
  equal(hasTerminal(items({})), false);
});
