/**
 * `deno run -A --lock=deno.lock --frozen scripts/cards.ts`: pictures of the messages of each kind of
 * channel, drawn from what goes out. The vendors' clients have looks of their own.
 */
import * as v from "valibot";
import { Exit } from "../lib/core/errors.ts";
import type { Letter } from "../lib/core/letter.ts";
import type { Language } from "../lib/core/messages/language.ts";
import { letterOf } from "../lib/core/messages/letter.ts";
import type { LoginFacts, Notification } from "../lib/core/notification.ts";
import type { ChannelType, Dialect } from "../lib/notify/channel.ts";
import { CHANNEL_TYPES } from "../lib/notify/channels.ts";
import { startBrowser } from "../tests/support/browser.ts";
import { VENDORS } from "../tests/support/vendors/all.ts";
import { CardSheet, type Shown } from "./cards/draw.tsx";
import { cardOf } from "./cards/read.ts";
import { withPalette } from "./png.ts";
import { ROOT } from "./run.ts";
import { say, script } from "./say.ts";

const FOLDER = "docs/pictures/cards";
const NOON = Date.UTC(2026, 0, 1, 12);

const login: LoginFacts = {
  user: "alice",
  host: "web1",
  service: "sshd",
  source: "203.0.113.7",
  requester: null,
  at: NOON,
};
const request = {
  kind: "request",
  ...login,
  ticket: "sK3vYx0aQmTz71bE",
  url: "https://auth.example.com/l/sK3vYx0aQmTz71bE",
  command: "rsync --server -logDtpre . /srv/www",
  commandWhole: true,
  preauthMs: null,
  connections: 1,
  expiresAt: NOON + 60_000,
  twoPersons: false,
  reader: "self",
  shared: false,
  escalated: false,
} as const;

const KINDS: Readonly<Record<string, Notification>> = {
  request: { ...request, answer: { by: "chat", number: { choices: ["20", "47", "83"] } } },
  typed: { ...request, answer: { by: "chat", number: "typed" } },
  ended: {
    kind: "request_ended",
    ...login,
    ticket: request.ticket,
    outcome: "approved",
    by: "person:alice",
    via: "telegram",
    decidedAt: NOON + 12_000,
  },
  pin: { kind: "pin", ...login, pin: "013579", validMs: 60_000 },
  alert: { kind: "frozen", user: "alice", host: "web1", by: "person:alice", login, at: NOON },
};
/** What only those who answer in the chat have. */
const ANSWERED = new Set(["typed"]);

/** Channels that speak no HTTP. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  email: { host: "mail.example.com", from: "gatehouse@example.com" },
  command: { argv: ["/usr/local/bin/tell"] },
};

await script(async () => {
  const folder = `${ROOT}/${FOLDER}`;
  await Deno.mkdir(folder, { recursive: true });
  await using browser = await startBrowser();
  for (const language of ["en", "zh-CN"] as const) {
    for (const [kind, notification] of Object.entries(KINDS)) {
      const cards = await cardsOf(kind, notification, language);
      const html = String(CardSheet({ cards, lang: language }));
      const page = await browser.page("about:blank", { lang: language });
      await page.setViewportSize({ width: 1200, height: 400 });
      await page.setContent(html);
      const picture = await withPalette(await page.screenshot({ fullPage: true }));
      await Deno.writeFile(`${folder}/${kind}-${language}.png`, picture);
      await page.close();
    }
  }
  say("cards", `${Object.keys(KINDS).length} kinds of messages, in ${FOLDER}`);
  return Exit.ok;
});

async function cardsOf(
  kind: string,
  notification: Notification,
  language: Language,
): Promise<Shown[]> {
  const letter = letterOf(notification, language, "Asia/Shanghai");
  const shown: Shown[] = [];
  for (const type of CHANNEL_TYPES) {
    if (ANSWERED.has(kind) && !type.answers) continue;
    const { dialect, to } = open(type);
    const card = await cardOf(type.type, dialect, withoutNumbers(letter, type), to);
    if (card !== undefined) shown.push({ name: type.type, card });
  }
  return shown;
}

/** Where nothing can be answered nothing is offered, as the server does it. */
function withoutNumbers(letter: Letter, { answers }: ChannelType): Letter {
  if (answers || letter.buttons.length === 0) return letter;
  return letterOf({ ...request, answer: { by: "link" } }, letter.language, "Asia/Shanghai");
}

function open(type: ChannelType): { readonly dialect: Dialect; readonly to: string } {
  const vendor = VENDORS.find((one) => one.type === type.type)?.start({ now: () => NOON });
  const settings = vendor?.settings("https://vendor.test") ?? OTHERS[type.type];
  const own = v.parse(v.object(type.settings), settings);
  const dialect = type.open(own, { buttons: type.answers });
  return { dialect, to: vendor?.to ?? "alice@example.com" };
}
