import assert from "node:assert/strict";
import fc from "fast-check";
import { isAddress, isNetwork } from "../../lib/core/address.ts";
import { inNetwork } from "../../lib/core/cidr.ts";

Deno.test("isAddress() takes IPv4 and IPv6, with a zone if it is IPv6", () => {
  for (
    const text of ["192.0.2.7", "::", "::1", "2001:DB8::7", "::ffff:192.0.2.7", "fe80::1%eth0"]
  ) {
    assert.ok(isAddress(text), text);
  }
  const others = ["", "1", "192.0.2", "192.0.2.256", "010.0.0.1", "0x7f.1", "192.0.2.7%eth0", "a"];
  others.push("::1%", "fe80::1%a b", "fe80::1%eth0\n", " ::1", `fe80::1%${"z".repeat(33)}`);
  for (const text of others) assert.ok(!isAddress(text), text);
});

Deno.test("isNetwork() takes addresses and prefixes that fit them", () => {
  for (const text of ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.7", "192.0.2.7/32", "::/0", "::1/128"]) {
    assert.ok(isNetwork(text), text);
  }
  const others = ["", "/", "10/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1"];
  others.push("::1/129", "::/1e1", "fe80::1%eth0/64", "10.0.0.0/8/8", "example.com", "*", "\n::1");
  for (const text of others) assert.ok(!isNetwork(text), text);
});

Deno.test("inNetwork() compares by the bits of the prefix", () => {
  const cases: [address: string, network: string, inside: boolean][] = [
    ["10.255.255.255", "10.0.0.0/8", true],
    ["11.0.0.0", "10.0.0.0/8", false],
    ["10.1.2.3", "10.9.9.9/8", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.8", "192.0.2.7", false],
    ["192.0.2.8", "0.0.0.0/0", true],
    ["2001:db8:ffff::1", "2001:db8::/32", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1", true],
    ["fe80::1%eth0", "fe80::/10", true],
    // An address of one kind is never inside a network of the other.
    ["10.0.0.1", "::/0", false],
    ["::1", "0.0.0.0/0", false],
    // IPv4 that came in on an IPv6 socket.
    ["::ffff:10.0.0.1", "10.0.0.0/8", true],
    ["::ffff:10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "::ffff:10.0.0.1", true],
  ];
  for (const [address, network, inside] of cases) {
    assert.equal(inNetwork(address, network), inside, `${address} in ${network}`);
  }
});

Deno.test("inNetwork() takes nothing malformed for inside, and never throws", () => {
  const odd = fc.oneof(
    fc.string(),
    fc.ipV4Extended(),
    fc.stringMatching(/^[0-9a-f:.%/]*$/),
    fc.constantFrom("", "/", "10.0.0.0/33", "::/129", "10.0.0.0/x", "0", "%"),
  );
  fc.assert(fc.property(odd, odd, (address, network) => {
    const inside = inNetwork(address, network);
    assert.equal(typeof inside, "boolean");
  }));
  for (const address of ["", "%eth0", "example.com", "1.2.3.4.5", "::1::"]) {
    assert.equal(inNetwork(address, "0.0.0.0/0"), false, address);
    assert.equal(inNetwork(address, "::/0"), false, address);
  }
  for (const network of ["", "0.0.0.0/", "0.0.0.0/33", "0.0.0.0/-1", "/0", "x/0"]) {
    assert.equal(inNetwork("192.0.2.7", network), false, network);
  }
});

Deno.test("inNetwork() finds every address in a network made of it", () => {
  const made = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(fc.ipV6().filter(isAddress), fc.integer({ min: 0, max: 96 })),
  );
  fc.assert(fc.property(made, ([address, prefix]) => {
    // What holds an IPv4 address counts as IPv4, which no network of IPv6 holds.
    fc.pre(!/:.*\.|^(0*:)*:?ffff:/i.test(address));
    assert.ok(isNetwork(`${address}/${prefix}`));
    assert.ok(inNetwork(address, `${address}/${prefix}`), `${address}/${prefix}`);
  }));
});
