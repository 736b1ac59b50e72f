/** A channel on trial: opened as a server opens it, and what stands at its other end. */
import * as v from "valibot";
import { channelType, notify } from "../../../lib/config/notify.ts";
import { openSealer } from "../../../lib/io/sealed.ts";
import { channelSecrets } from "../../../lib/io/server_config.ts";
import { after } from "../../../lib/io/timers.ts";
import type { Notifier } from "../../../lib/ports.ts";
import { openChannels } from "../../../lib/wiring/channels.ts";
import { seededRandom } from "../fakes.ts";
import { ALICE, FROM } from "../mail.ts";
import { ACCOUNT, MailServer, type TakenMail } from "../mail_server.ts";
import { QuickTime } from "../quick_time.ts";
import { scratch } from "../scratch.ts";
import { foundLinks } from "./links.ts";
import { asSeen } from "./plain_reader.ts";
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
  readonly limitNext?: () => void;
  readonly busyNext?: (() => void) | undefined;
  readonly expireTokens?: (() => void) | undefined;
  readonly badDay?: BadDay;
}

export interface BadDay {
  /** Resolves with the next request. */
  readonly called: Promise<void>;
  misbehave(mode: Mode): void;
  /** Nobody listens any more. */
  stop(): Promise<void>;
  restart(): void;
}

/** A channel that speaks HTTP, and the fake of its vendor. */
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
    badDay: {
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

/** A mail server. */
export async function openMail(): Promise<Place> {
  await using things = new AsyncDisposableStack();
  const server = things.use(await MailServer.start("none"));
  const { port } = server;
  const right = { host: "127.0.0.1", port, tls: "none", from: FROM, ...ACCOUNT };
  const wrong = { ...right, password: "another" };
  const channel = things.use(await openable("email", { right, wrong }, new QuickTime()));
  const nobody = "nobody@example.org";
  server.refused.add(nobody);
  const all = things.move();
  return {
    ...channel,
    to: ALICE,
    nobody,
    get arrived() {
      return server.mails.map(readMail);
    },
    get asked() {
      return server.mails.length;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function readMail({ html, recipients, subject = "", text = "" }: TakenMail): Arrived {
  const hrefs = [...String(html).matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, href = ""]) =>
    href
  );
  return {
    to: recipients.join(),
    text: asSeen(`${subject}\n${text.trimEnd()}`),
    links: [...foundLinks(`${subject}\n${text}`), ...hrefs],
    mentions: [],
    buttons: [],
    replaces: null,
  };
}

/** A program that writes down what it is told. */
export async function openCommand(): Promise<Place> {
  await using things = new AsyncDisposableStack();
  const folder = things.use(await scratch());
  const told = await folder.file("told", "");
  const program = await folder.file("tell", '#!/bin/sh\nexec cat >> "${0%/*}/told"\n', 0o755);
  const settings = { argv: [program] };
  // It takes nobody's credentials. Programs take their time.
  const both = { right: settings, wrong: settings };
  const channel = things.use(await openable("command", both, new QuickTime(), after));
  const events = () => Deno.readTextFileSync(told).split("\n").filter((line) => line !== "");
  const all = things.move();
  return {
    ...channel,
    to: "alice",
    nobody: null,
    get arrived() {
      return events().map((line, index, lines) => readEvent(line, lines.slice(0, index)));
    },
    get asked() {
      return events().length;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const Told = v.object({
  type: v.string(),
  data: v.object({
    to: v.string(),
    ticket: v.optional(v.string()),
    url: v.optional(v.string()),
    message: v.object({ title: v.string(), lines: v.array(v.string()) }),
  }),
});

function readEvent(line: string, earlier: readonly string[]): Arrived {
  const { data, type } = v.parse(Told, JSON.parse(line));
  const { message, ticket, to, url } = data;
  const text = [message.title, ...message.lines].join("\n");
  const again = type === "login.ended" && earlier.some((one) => one.includes(`"${ticket}"`));
  return {
    to,
    text: asSeen(text),
    links: [...foundLinks(text), ...(url === undefined ? [] : [url])],
    mentions: [],
    buttons: [],
    replaces: again ? "event" : null,
  };
}

type Opened = Pick<Place, "type" | "time" | "open" | "secrets" | "credentials"> & AsyncDisposable;

/** @param timer none: waits are over at once */
async function openable(
  type: string,
  settings: Readonly<Record<Credentials, Settings>>,
  time: QuickTime,
  timer = time.after,
): Promise<Opened> {
  await using things = new AsyncDisposableStack();
  const folder = things.use(await scratch());
  const sealer = await openSealer(folder.path, undefined);
  const ports = { clock: time.clock, random: seededRandom(7), after: timer, log: () => {} };
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
  const names = channelType(type)?.secrets ?? [];
  return all.flatMap((settings) => names.map((name) => settings[name]))
    .filter((value) => typeof value === "string");
}
