/**
 * ntfy, of its makers or one's own: docs.ntfy.sh/publish/ (JSON, priorities, actions, updates, limits).
 * Whoever knows a topic's name can read it, unless the server has accounts: then the name is as good as
 * a secret.
 */
import * as v from "valibot";
import type { Letter } from "../core/letter.ts";
import { account, accountFaults, basicAuth } from "./account.ts";
import { type Answered, channelType, jsonBody, type VendorAnswer } from "./channel.ts";
import { fitted, utf8Length } from "./fitted.ts";
import { readNtfyFault } from "./ntfy_codes.ts";
import { plainLetter } from "./plain.ts";
import { apiUrl, secret } from "./settings.ts";

/** More becomes a file that is attached. */
const MAX_MESSAGE = 4_096;
/** One that is no longer urgent makes no sound. */
const PRIORITY = { high: 4, plain: 3, low: 2 } as const;
/** ntfy shows these as pictures. */
const TAGS: Readonly<Record<Letter["kind"], readonly string[]>> = {
  request: ["lock"],
  ended: [],
  pin: ["key"],
  alert: ["warning"],
  test: [],
};

export const ntfy = channelType({
  type: "ntfy",
  reach: "person",
  answers: false,
  secretContacts: true,
  changesRing: true,
  settings: {
    url: v.optional(apiUrl, "https://ntfy.sh"),
    token: v.optional(secret),
    ...account,
  },
  secrets: ["token", "password"],
  faults: ({ token, ...account }) => ({
    ...accountFaults(account),
    ...(token !== undefined && account.user !== undefined
      ? { token: "must not be set together with user" }
      : {}),
  }),
  isContact: (text) => /^[A-Za-z0-9_-]{1,64}$/.test(text),
  contact: "a topic of 1 to 64 letters, digits, - and _; who knows its name can read it, so make " +
    "it long and random",
  open({ url, token, user, password }) {
    const authorization = token !== undefined
      ? { authorization: `Bearer ${token}` }
      : user !== undefined
      ? basicAuth(user, password ?? "")
      : {};
    const publish = (letter: Letter, topic: string, more: Readonly<Record<string, string>>) => ({
      method: "POST" as const,
      // JSON goes to the root, not to the topic.
      url: `${url}/`,
      headers: authorization,
      body: jsonBody({ topic, ...messageOf(letter), ...more }),
    });
    return {
      via: "http",
      send: (letter, to) => publish(letter, to, {}),
      sent,
      // An older ntfy than 2.16 knows no updates: it sends one message more.
      update: (letter, to, handle) => publish(letter, to, { sequence_id: handle }),
    };
  },
});

function messageOf(letter: Letter) {
  const { kind, link, urgent } = letter;
  const { title, body } = fitted(letter, plainLetter, fits);
  return {
    title,
    message: body,
    priority: urgent ? PRIORITY.high : kind === "ended" ? PRIORITY.low : PRIORITY.plain,
    tags: TAGS[kind],
    ...(link === null ? {} : {
      click: link.url,
      actions: [{ action: "view", label: link.text, url: link.url }],
    }),
  };
}

function fits({ title, body }: { readonly title: string; readonly body: string }): boolean {
  return utf8Length(title) + utf8Length(body) <= MAX_MESSAGE;
}

const Published = v.object({ id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)) });

function sent(answer: VendorAnswer): Answered {
  const published = v.safeParse(Published, answer.json);
  if (answer.status === 200 && published.success) return { ok: true, handle: published.output.id };
  return readNtfyFault(answer);
}
