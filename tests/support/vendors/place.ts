/** A channel on trial: opened as a server opens it, and what stands at its other end. */
import * as v from "valibot";
import { channelType, notify } from "../../../lib/config/notify.ts";
import { openSealer } from "../../../lib/io/sealed.ts";
import { channelSecrets } from "../../../lib/io/server_config.ts";
import type { Notifier } from "../../../lib/ports.ts";
import { openChannels } from "../../../lib/wiring/channels.ts";
import { seededRandom } from "../fakes.ts";
import { QuickTime } from "../quick_time.ts";
import { scratch } from "../scratch.ts";
import { type Mode, VendorServer } from "./server.ts";
import type { Arrived, Settings, VendorCase } from "./vendor.ts";

export type Credentials = "right" | "wrong";

/** What a channel's vendor can be made to do; none: there is no such thing. */
export interface Place extends AsyncDisposable {
  readonly type: string;
  readonly time: QuickTime;
  /** Opens the channel anew; nothing of the one before stays, but for what is on the disk. */
  open(credentials?: Credentials): Promise<Notifier>;
  readonly to: string;
  readonly nobody: string | null;
  readonly arrived: readonly Arrived[];
  /** Values of settings that nobody may read anywhere. */
  readonly secrets: readonly string[];
  /** Names of the settings of which a wrong value is refused. */
  readonly credentials: readonly string[];
  /** Requests so far. */
  readonly asked: number;
  readonly limitNext: () => void;
  readonly busyNext?: (() => void) | undefined;
  readonly expireTokens?: (() => void) | undefined;
  /** Resolves with the next request. */
  readonly called: Promise<void>;
  misbehave(mode: Mode): void;
  /** Nobody listens any more. */
  stop(): Promise<void>;
  restart(): void;
}

export async function openPlace(vendor: VendorCase): Promise<Place> {
  const things = new AsyncDisposableStack();
  const folder = things.use(await scratch());
  const sealer = await openSealer(folder.path, undefined);
  const time = new QuickTime();
  const server = things.use(new VendorServer(time.clock, [vendor]));
  const served = server.served(vendor.type);
  const { vendor: fake, url } = served;
  const ports = { clock: time.clock, random: seededRandom(7), after: time.after, log: () => {} };
  const [right, wrong] = [fake.settings(url), fake.wrongCredentials(url)];
  let opened: AsyncDisposable | undefined;
  things.defer(async () => await opened?.[Symbol.asyncDispose]());
  return {
    type: vendor.type,
    time,
    async open(credentials = "right") {
      await opened?.[Symbol.asyncDispose]();
      const settings = credentials === "right" ? right : wrong;
      const channels = channelSecrets(configured(vendor.type, settings));
      const { notifiers, ...rest } = openChannels(channels, folder.path, { ...ports, sealer });
      opened = rest;
      const [notifier] = notifiers;
      if (notifier === undefined) throw new Error("no channel was opened");
      return notifier;
    },
    to: fake.to,
    nobody: fake.nobody,
    get arrived() {
      return fake.arrived;
    },
    secrets: secretsIn(vendor.type, [right, wrong]),
    credentials: Object.keys(right).filter((key) => right[key] !== wrong[key]),
    get asked() {
      return served.calls.length;
    },
    limitNext: () => fake.limitNext(),
    busyNext: fake.busyNext?.bind(fake),
    expireTokens: fake.expireTokens?.bind(fake),
    get called() {
      return served.called;
    },
    misbehave(mode) {
      served.mode = mode;
    },
    stop: () => server.stop(),
    restart: () => server.restart(),
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  };
}

/** As server.toml says it; everything is sent, whatever the type's default. */
function configured(type: string, settings: Settings) {
  return v.parse(notify, [{ ...settings, type, sends: ["request", "pin", "alert"] }]);
}

function secretsIn(type: string, all: readonly Settings[]): string[] {
  const names = channelType(type)?.secrets ?? [];
  return all.flatMap((settings) => names.map((name) => settings[name]))
    .filter((value) => typeof value === "string");
}
