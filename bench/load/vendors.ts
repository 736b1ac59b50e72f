/**
 * The vendors of all channels, as the tests have them, in a process of their own. Prints on stderr where each
 * is and what its settings are, then a line for each message about a login that reaches one of them, with
 * the time in milliseconds since the Unix epoch.
 */
import { systemClock } from "../../lib/io/clock.ts";
import { VENDORS } from "../../tests/support/vendors/all.ts";
import { VendorServer } from "../../tests/support/vendors/server.ts";
import type { VendorCase } from "../../tests/support/vendors/vendor.ts";

/** A group's robot takes so many messages a minute, which is no matter of ours here. */
const EACH = 15;
const ROBOT = /_robot$/;
/** The page, in whatever a vendor's requests are written. */
const LINK = /(?:\/|%2F)l(?:\/|%2F)([A-Za-z0-9_-]{16})/;

function tireless(vendor: VendorCase): VendorCase {
  if (!ROBOT.test(vendor.type)) return vendor;
  return {
    type: vendor.type,
    start(clock) {
      let current = vendor.start(clock);
      let count = 0;
      const answer: typeof current.answer = (call) => {
        if (++count % EACH === 0) current = vendor.start(clock);
        return current.answer(call);
      };
      return { ...current, settings: current.settings.bind(current), answer };
    },
  };
}

function say(value: unknown): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

const server = new VendorServer(systemClock, VENDORS.map(tireless));
for (const { type } of VENDORS) {
  const served = server.served(type);
  served.onCall = ({ body }) => {
    const at = performance.timeOrigin + performance.now();
    const [, ticket] = LINK.exec(body) ?? [];
    if (ticket !== undefined) say({ type, ticket, at });
  };
  const { to } = served.vendor;
  say({ type, to, url: served.url, settings: served.vendor.settings(served.url) });
}
say({ ready: true });
