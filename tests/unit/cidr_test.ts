import assert from "node:assert/strict";
import { isLoopback, networkOf } from "../../lib/core/cidr.ts";

Deno.test("networkOf() takes all of this machine's own addresses for one source", () => {
  const own = ["127.0.0.1", "127.0.0.77", "127.255.255.254", "::ffff:127.1.2.3"];
  for (const address of own) assert.equal(networkOf(address), "127.0.0.1", address);
  for (const other of ["126.255.255.255", "128.0.0.1"]) assert.equal(networkOf(other), other);
  assert.notEqual(networkOf("::1"), "127.0.0.1");
});

Deno.test("isLoopback() knows this machine's own addresses", () => {
  for (const own of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assert.equal(isLoopback(own), true, own);
  }
  for (const other of ["::", "::2", "128.0.0.1", "fe80::1%lo", "enroll", ""]) {
    assert.equal(isLoopback(other), false, other);
  }
});
