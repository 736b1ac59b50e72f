/** A process of its own that sends one message: `URL [PROXY]`; prints what became of it. */
import { systemClock } from "../../lib/io/clock.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { after } from "../../lib/io/timers.ts";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import { TOY_REQUEST, toyChannel, toyDialect } from "./toy_channel.ts";

const [url = "", proxy = null] = Deno.args;
await using notifier = VendorNotifier.open({ ...toyChannel(toyDialect(url)), proxy }, {
  clock: systemClock,
  random: systemRandom,
  after,
  tokens: { get: () => Promise.reject(new Error("there is no token")) },
  log: () => {},
});
const delivery = await notifier.send(TOY_REQUEST, "alice");
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(delivery)}\n`));
