import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { type Passkey, passkeySite, type PasskeyUse, usePasskey } from "../../lib/core/passkey.ts";

const PASSKEY: Passkey = {
  id: "AAAA",
  publicKey: "AAAA",
  counter: 5,
  backupEligible: true,
  backedUp: false,
  transports: [],
  aaguid: "00000000-0000-0000-0000-000000000000",
};
const USE: PasskeyUse = { counter: 6, verified: true, backupEligible: true, backedUp: true };

const SITES: readonly (readonly [string, string])[] = [
  ["https://auth.example.com", "auth.example.com"],
  ["https://auth.example.com:8443/gatehouse", "auth.example.com"],
  ["https://GateHouse", "gatehouse"],
  ["https://门.example", "xn--2h5a.example"],
  ["http://localhost:8080", "localhost"],
  ["http://gate.localhost", "gate.localhost"],
  ["http://auth.example.com", "insecure"],
  ["http://192.168.1.5:8080", "insecure"],
  ["http://[fd00::5]", "insecure"],
  ["http://notlocalhost", "insecure"],
  ["http://127.0.0.1.example.com", "insecure"],
  ["https://192.168.1.5", "address"],
  ["https://[fd00::5]:8443", "address"],
  ["http://127.0.0.1:8080", "address"],
  ["http://[::1]:8080", "address"],
];

for (const [url, expected] of SITES) {
  Deno.test(`passkeySite() says of ${url}: ${expected}`, () => {
    const site = passkeySite(url);
    equal(site.usable ? site.rpId : site.why, expected);
    if (site.usable) equal(site.origin, new URL(url).origin);
  });
}

Deno.test("usePasskey() notes the counter down, and whether there is a copy", () => {
  const used = { ...PASSKEY, counter: 6, backedUp: true };
  deepEqual(usePasskey(PASSKEY, USE), { ok: true, value: used });
});

Deno.test("usePasskey() takes a device that never counts, time and again", () => {
  const passkey = { ...PASSKEY, counter: 0 };
  const used = usePasskey(passkey, { ...USE, counter: 0 });
  deepEqual(used, { ok: true, value: { ...passkey, backedUp: true } });
});

Deno.test("usePasskey() takes each counter once, and none that is not higher", () => {
  const counters = fc.tuple(fc.nat(), fc.nat()).filter(([kept, seen]) => kept > 0 || seen > 0);
  fc.assert(fc.property(counters, ([kept, seen]) => {
    const used = usePasskey({ ...PASSKEY, counter: kept }, { ...USE, counter: seen });
    equal(used.ok, seen > kept);
    if (!used.ok) return equal(used.fault, "cloned");
    deepEqual(usePasskey(used.value, { ...USE, counter: seen }), { ok: false, fault: "cloned" });
  }));
});

Deno.test("usePasskey() needs an unlocked device, of the kind that was registered", () => {
  const unlocked = usePasskey(PASSKEY, { ...USE, verified: false, counter: 1 });
  deepEqual(unlocked, { ok: false, fault: "unverified" });
  const other = usePasskey(PASSKEY, { ...USE, backupEligible: false, counter: 1 });
  deepEqual(other, { ok: false, fault: "changed" });
});
