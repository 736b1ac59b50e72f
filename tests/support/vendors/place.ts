/** A channel on trial: opened as a server opens it, and what stands at its other end. */
import * as v from "valibot";
import { notify, typeOfChannel } from "../../../lib/config/notify.ts";
import { openSealer } from "../../../lib/io/sealed.ts";
import { channelSecrets } from "../../../lib/io/channel_secrets.ts";
import type { Notifier } from "../../../lib/ports.ts";
import { openChannels } from "../../../lib/wiring/channels.ts";
import { seededRandom } from "../fakes.ts";
import type { QuickTime } from "../quick_time.ts";
import { scratch } from "../scratch.ts";
import type { Mode } from "./server.ts";
import type { Arrived, Rule, Settings } from "./vendor.ts";

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
  readonly limitNext?: (() => Rule) | undefined;
  readonly busyNext?: (() => Rule) | undefined;
  readonly expireTokens?: (() => void) | undefined;
  readonly badDay: BadDay;
  /** As `open`, with limits that a test can wait for where `time` does not have them. */
  openHurried(): Promise<Notifier>;
}

export interface BadDay {
  /** All that it can be made to do. */
  readonly modes: ReadonlySet<Mode>;
  /** Resolves with the next request. */
  readonly called: Promise<void>;
  misbehave(mode: Mode): void;
  /** Nobody listens any more. */
  readonly stop?: () => Promise<void>;
  readonly restart?: () => void;
}

export type Opened =
  & Pick<Place, "type" | "time" | "open" | "secrets" | "credentials">
  & AsyncDisposable;

export async function openable(
  type: string,
  settings: Readonly<Record<Credentials, Settings>>,
  time: QuickTime,
): Promise<Opened> {
  await using things = new AsyncDisposableStack();
  const folder = things.use(await scratch());
  const sealer = await openSealer(folder.path, undefined);
  const ports = { clock: time.clock, random: seededRandom(7), after: time.after, log: () => {} };
  let opened: AsyncDisposable | undefined;
  things.defer(async () => await opened?.[Symbol.asyncDispose]());
  const all = things.move();
  const { right, wrong } = settings;
  return {
    type,
    time,
    async open(credentials = "right") {
      await opened?.[Symbol.asyncDispose]();
      const channels = channelSecrets(configured(type, settings[credentials]));
      const { notifiers, ...rest } = openChannels(channels, folder.path, { ...ports, sealer });
      opened = rest;
      const [notifier] = notifiers;
      if (notifier === undefined) throw new Error("no channel was opened");
      return notifier;
    },
    secrets: secretsIn(type, [right, wrong]),
    credentials: Object.keys(right).filter((key) => right[key] !== wrong[key]),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** As server.toml says it; everything is sent, whatever the type's default. */
function configured(type: string, settings: Settings) {
  return v.parse(notify, [{ ...settings, type, sends: ["request", "pin", "alert"] }]);
}

function secretsIn(type: string, all: readonly Settings[]): string[] {
  const names = typeOfChannel(type)?.secrets ?? [];
  return all.flatMap((settings) => names.map((name) => settings[name]))
    .filter((value) => typeof value === "string");
}
