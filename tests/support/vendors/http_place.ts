/** A channel that speaks HTTP, and the fake of its vendor on a server of its own. */
import { QuickTime } from "../quick_time.ts";
import { openable, type Place } from "./place.ts";
import { MODES, VendorServer } from "./server.ts";
import type { VendorCase } from "./vendor.ts";

export async function openVendor(vendor: VendorCase): Promise<Place> {
  await using things = new AsyncDisposableStack();
  const time = new QuickTime();
  const server = things.use(new VendorServer(time.clock, [vendor]));
  const served = server.served(vendor.type);
  const { vendor: fake, url } = served;
  const [right, wrong] = [fake.settings(url), fake.wrongCredentials(url)];
  const channel = things.use(await openable(vendor.type, { right, wrong }, time));
  const all = things.move();
  return {
    ...channel,
    to: fake.to,
    nobody: fake.nobody,
    get arrived() {
      return fake.arrived;
    },
    get asked() {
      return served.calls.length;
    },
    limitNext: () => fake.limitNext(),
    busyNext: fake.busyNext?.bind(fake),
    expireTokens: fake.expireTokens?.bind(fake),
    openHurried: channel.open,
    badDay: {
      modes: new Set(MODES),
      get called() {
        return served.called;
      },
      misbehave(mode) {
        served.mode = mode;
      },
      stop: () => server.stop(),
      restart: () => server.restart(),
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
