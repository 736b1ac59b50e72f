/** A channel that sends mails, and a mail server that really listens. */
import { ALICE, FROM, mailNotifier } from "../mail.ts";
import { ACCOUNT, MailServer, say, type TakenMail } from "../mail_server.ts";
import { QuickTime } from "../quick_time.ts";
import { foundInMail } from "./links.ts";
import { asSeen } from "./plain_reader.ts";
import { openable, type Place } from "./place.ts";
import type { Mode } from "./server.ts";
import type { Arrived } from "./vendor.ts";

/** For each silence: long enough for a busy machine. */
const HURRIED_MS = 2_000;

/** What answers in a mail server's place. */
const INSTEAD: Partial<Record<Mode, MailServer["instead"]>> = {
  closed: (client) => Promise.resolve(client.close()),
  page: (client) => say(client, "HTTP/1.1 400 Bad Request", "", "<h1>The hotel's wifi</h1>"),
  json: (client) => say(client, '{"weather":"rain"}'),
  async endless(client) {
    for (;;) await say(client, `220-${"x".repeat(9_000)}`);
  },
};

export async function openMail(): Promise<Place> {
  await using things = new AsyncDisposableStack();
  const server = things.use(await MailServer.start("none"));
  const { port } = server;
  const right = { host: "127.0.0.1", port, tls: "none", from: FROM, ...ACCOUNT };
  const wrong = { ...right, password: "another" };
  const time = new QuickTime();
  const channel = things.use(await openable("email", { right, wrong }, time));
  const nobody = "nobody@example.org";
  server.refused.add(nobody);
  const called = Promise.withResolvers<void>();
  const all = things.move();
  return {
    ...channel,
    to: ALICE,
    nobody,
    get arrived() {
      return server.mails.map(readMail);
    },
    get asked() {
      return server.connections;
    },
    limitNext() {
      server.greylisted.add(ALICE);
      // "At least 30 minutes" (RFC 5321 section 4.5.4.1).
      return "never";
    },
    busyNext() {
      server.instead = (client) => {
        server.instead = undefined;
        return say(client, "421 4.3.2 Service not available, closing");
      };
      return "never";
    },
    openHurried: () =>
      Promise.resolve(mailNotifier(right, { clock: time.clock, step: HURRIED_MS })),
    badDay: {
      modes: new Set<Mode>(["normal", "slow", "closed", "page", "json", "endless"]),
      get called() {
        return called.promise;
      },
      misbehave(mode) {
        server.afterData = mode === "slow" ? called.resolve : undefined;
        server.instead = INSTEAD[mode];
      },
      stop: () => Promise.resolve(server.stop()),
      restart: () => server.restart(),
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
    links: [...foundInMail(`${subject}\n${text}`), ...hrefs],
    mentions: [],
    buttons: [],
    replaces: null,
  };
}
