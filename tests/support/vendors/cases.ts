/**
 * What every channel must do, whatever its vendor: one list for all, so that a channel that lacks something
 * can be seen to lack it.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Letter, written } from "../../../lib/core/letter.ts";
import { writeAct } from "../../../lib/core/chat_act.ts";
import type { Language } from "../../../lib/core/messages/language.ts";
import type { Delivery, FailedDelivery, Notification } from "../../../lib/core/notification.ts";
import { isPrintable } from "../../../lib/core/text.ts";
import type { Notifier } from "../../../lib/ports.ts";
import {
  aLetter,
  anEnded,
  aPin,
  aRequest,
  hostileNotifications,
  languages,
  TICKET,
} from "../letters.ts";
import { VENDORS } from "./all.ts";
import { openCommand, openMail, openVendor, type Place } from "./place.ts";
import type { Mode } from "./server.ts";
import type { Arrived } from "./vendor.ts";

export interface ContractCase {
  readonly name: string;
  /** Undefined: to all. Else why it may be none of a channel's. */
  readonly appliesTo?: (place: Place) => boolean;
  run(place: Place): Promise<void>;
}

/** After so long no vendor's limit counts any more. */
const DAY_MS = 86_400_000;
const TEST: Notification = { kind: "test", channel: "oncall", at: 0 };
const ALERT: Notification = {
  kind: "denied",
  user: "alice",
  host: "web1.example.com",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: 0,
  by: "person:bob",
  reason: "denied",
};

/** Carriers in China deliver templates alone: names go into them, and a link is in the template. */
function byTemplate({ type }: Place): boolean {
  return type === "sms_aliyun" || type === "sms_tencent";
}

/** Costs money by its length. */
function isShort({ type }: Place): boolean {
  return type.startsWith("sms_");
}

/** As a reader sees it: likenesses for what they are like, and no matter where lines break. */
function seen(text: string): string {
  return text.normalize("NFKC").replace(/[․·,。]/g, ".").replace(/[\s'`]/g, "").toLowerCase();
}

function says(arrived: Arrived, text: string): boolean {
  return seen(arrived.text).includes(seen(text));
}

const PLAIN = { own: (text: string) => text, foreign: (text: string) => text };

/** What has to be read of a letter. */
function linesOf({ facts, notes, title }: Letter, place: Place): string[] {
  if (byTemplate(place)) return [];
  return [
    written(title, PLAIN),
    ...(isShort(place) ? [] : facts.flatMap(({ label, value }) => [label, written(value, PLAIN)])),
    ...notes.map((note) => written(note, PLAIN)),
  ];
}

async function sent(notifier: Notifier, place: Place, message: Notification): Promise<Arrived> {
  const before = place.arrived.length;
  const delivery = await notifier.send(message, place.to);
  assert.ok(delivery.ok, JSON.stringify(delivery));
  assert.equal(place.arrived.length, before + 1);
  const arrived = place.arrived.at(-1);
  assert.ok(arrived !== undefined);
  return arrived;
}

async function failed(sending: Promise<Delivery>, place: Place): Promise<FailedDelivery> {
  const delivery = await sending;
  assert.ok(!delivery.ok, "delivered");
  const { detail, hint } = delivery;
  assert.ok(detail.startsWith(`${place.type} `), detail);
  assert.ok(hint.length > 5 && !/[.]$/.test(hint), hint);
  const forbidden = [...place.secrets, "012345", TICKET, "127.0.0.1", "http://"];
  for (const secret of forbidden) {
    assert.ok(!`${detail} ${hint}`.includes(secret), `${detail}; ${hint}`);
  }
  // A group's contact may be "".
  assert.ok(place.to === "" || !detail.includes(place.to), detail);
  return delivery;
}

function letterCase(
  kind: string,
  message: Notification,
  language: Language,
  more: (arrived: Arrived, place: Place) => void,
): ContractCase {
  const inWords = language === "en" ? "English" : "Chinese";
  return {
    name: `${kind} in ${inWords}`,
    appliesTo: (place) => !(byTemplate(place) && message.kind === "request_ended"),
    async run(place) {
      const notifier = await place.open();
      const arrived = await sent(notifier, place, { ...message, language });
      assert.ok([place.to, ""].includes(arrived.to), arrived.to);
      for (const line of linesOf(aLetter(message, language), place)) {
        assert.ok(says(arrived, line), `${line} is not in ${arrived.text}`);
      }
      assertCalled(arrived, place);
      more(arrived, place);
    },
  };
}

/** Nobody else is mentioned than who is meant. */
function assertCalled({ mentions }: Arrived, { to }: Place): void {
  assert.ok(mentions.every((who) => who === to || who === `<@${to}>`), mentions.join());
}

function isOurs(link: string): boolean {
  return link.startsWith("https://auth.example.com/") && link.endsWith(TICKET);
}

function requestArrives(arrived: Arrived, place: Place): void {
  for (const name of ["alice", "web1.example.com"]) assert.ok(says(arrived, name), arrived.text);
  assert.ok(arrived.links.length > 0 && arrived.links.every(isOurs), arrived.links.join());
  if (arrived.buttons.length === 0) {
    // The number is on the terminal alone, and to be chosen on the page.
    assert.doesNotMatch(arrived.text, /\b(17|42|85)\b/);
    return;
  }
  const acts = aLetter(aRequest()).buttons.map(({ act }) => writeAct(TICKET, act));
  for (const button of arrived.buttons) {
    assert.ok(acts.some((act) => button.includes(act)), `${button} at ${place.type}`);
  }
}

function nothingToOpen({ buttons, links }: Arrived): void {
  assert.deepEqual([buttons, links], [[], []]);
}

const LETTERS: readonly ContractCase[] = (["en", "zh-CN"] as const).flatMap((language) => [
  letterCase("a request", aRequest(), language, requestArrives),
  letterCase("a PIN", aPin(), language, (arrived) => {
    assert.ok(says(arrived, "012345"), arrived.text);
    nothingToOpen(arrived);
  }),
  letterCase("an alert", ALERT, language, nothingToOpen),
  letterCase("a test", TEST, language, nothingToOpen),
]);

const ended: ContractCase = {
  name: "a request that has ended, in place of the request where the vendor can",
  appliesTo: (place) => !byTemplate(place),
  async run(place) {
    const notifier = await place.open();
    const delivery = await notifier.send(aRequest(), place.to);
    assert.ok(delivery.ok);
    const { handle } = delivery;
    if (!notifier.updates) {
      nothingToOpen(await sent(notifier, place, anEnded()));
      return;
    }
    assert.ok(handle !== null);
    const updated = await notifier.update(anEnded(), place.to, handle);
    assert.ok(updated.ok, JSON.stringify(updated));
    const arrived = place.arrived.at(-1);
    assert.ok(arrived !== undefined && arrived.replaces !== null);
    assert.ok(says(arrived, "alice"), arrived.text);
    nothingToOpen(arrived);
  },
};

const wrongCredentials: ContractCase = {
  name: "refused credentials: whose fault, and which setting",
  appliesTo: (place) => place.credentials.length > 0,
  async run(place) {
    const notifier = await place.open("wrong");
    const { hint, mayArrive, why } = await failed(notifier.send(aPin(), place.to), place);
    assert.deepEqual([why, mayArrive], ["settings", false]);
    assert.ok(place.credentials.some((name) => hint.includes(name)), hint);
    assert.deepEqual(place.arrived, []);
    assert.ok(place.asked <= 2);
  },
};

const nobody: ContractCase = {
  name: "a contact that is nobody's",
  appliesTo: (place) => place.nobody !== null,
  async run(place) {
    const notifier = await place.open();
    const { why, mayArrive } = await failed(notifier.send(aPin(), place.nobody ?? ""), place);
    assert.deepEqual([why, mayArrive], ["recipient", false]);
    assert.equal(notifier.leftAloneUntil?.() ?? null, null, "others still get theirs");
  },
};

const expired: ContractCase = {
  name: "a token that ended before its time is renewed, once",
  appliesTo: (place) => place.expireTokens !== undefined,
  async run(place) {
    const notifier = await place.open();
    await sent(notifier, place, aPin());
    place.expireTokens?.();
    const before = place.asked;
    await sent(notifier, place, aRequest());
    assert.equal(place.asked - before, 3, "the message, a token, the message");
    await sent(await place.open(), place, ALERT);
    assert.equal(place.asked - before, 4, "it is kept for whoever opens the channel next");
  },
};

const limited: ContractCase = {
  name: "one message too many: not asked again before the vendor wants it",
  appliesTo: (place) => place.limitNext !== undefined,
  async run(place) {
    const notifier = await place.open();
    await sent(notifier, place, TEST);
    const before = place.asked;
    place.limitNext?.();
    const delivery = await notifier.send(aPin(), place.to);
    const made = place.asked - before;
    assert.ok(made <= 3);
    assert.equal(place.time.waits.length, made - 1, "no attempt without a wait");
    if (!delivery.ok) {
      assert.equal(delivery.why, "rate_limited");
      await failed(Promise.resolve(delivery), place);
    }
    place.time.clock.at += DAY_MS;
    await sent(notifier, place, ALERT);
  },
};

const busy: ContractCase = {
  name: "a vendor that is busy is asked again where its rules allow it",
  appliesTo: (place) => place.busyNext !== undefined,
  async run(place) {
    const notifier = await place.open();
    place.busyNext?.();
    const delivery = await notifier.send(aPin(), place.to);
    if (delivery.ok) assert.equal(place.time.waits.length, 1);
    else assert.equal((await failed(Promise.resolve(delivery), place)).why, "unavailable");
    assert.equal(place.arrived.length, delivery.ok ? 1 : 0);
  },
};

const slow: ContractCase = {
  name: "slow: given up in time, and nobody knows whether it arrived",
  appliesTo: (place) => place.badDay !== undefined,
  async run(place) {
    const notifier = await place.open();
    await sent(notifier, place, TEST);
    place.badDay?.misbehave("slow");
    const called = place.badDay?.called;
    const sending = notifier.send(aRequest(), place.to);
    await called;
    place.time.endLimits();
    const { why, mayArrive } = await failed(sending, place);
    assert.deepEqual([why, mayArrive], ["unavailable", true]);
  },
};

/** @param from the first request, or the one after a message that went well */
function garbage(mode: Mode, from: "first" | "second"): ContractCase {
  const token = from === "first" ? "at once" : "after a message that went well";
  return {
    name: `${mode} for an answer, ${token}`,
    // Whatever comes with HTTP 200 is an answer of a webhook's receiver, who may be anybody.
    appliesTo: ({ badDay, type }) =>
      badDay !== undefined && (type !== "webhook" || mode === "gateway" || mode === "closed"),
    async run(place) {
      const notifier = await place.open();
      if (from === "second") await sent(notifier, place, TEST);
      place.badDay?.misbehave(mode);
      const { why } = await failed(notifier.send(aPin(), place.to), place);
      assert.ok(why === "unusable" || why === "unavailable", why);
      place.badDay?.misbehave("normal");
      place.time.clock.at += DAY_MS;
      await sent(notifier, place, aRequest());
    },
  };
}

const GARBAGE = (["page", "json", "endless", "redirect", "gateway", "closed"] as const)
  .flatMap((mode) => [garbage(mode, "first"), garbage(mode, "second")]);

const down: ContractCase = {
  name: "down: nothing arrived; left alone after three messages, and found again",
  appliesTo: (place) => place.badDay !== undefined,
  async run(place) {
    const notifier = await place.open();
    await place.badDay?.stop();
    for (let n = 0; n < 3; n++) {
      const { why, mayArrive } = await failed(notifier.send(aRequest(), place.to), place);
      assert.deepEqual([why, mayArrive], ["unavailable", false]);
    }
    place.badDay?.restart();
    const { detail, why } = await failed(notifier.send(aRequest(), place.to), place);
    assert.deepEqual([why, place.asked], ["unavailable", 0]);
    assert.match(detail, /is left alone for \d+ s after failures$/);
    assert.notEqual(notifier.leftAloneUntil?.() ?? null, null);
    place.time.clock.at += 30_000;
    await sent(notifier, place, aRequest());
    await sent(notifier, place, ALERT);
  },
};

const hostile: ContractCase = {
  name: "whatever others choose: no link, no mention, no markup, no control character",
  async run(place) {
    const notifier = await place.open();
    await fc.assert(
      fc.asyncProperty(hostileNotifications, languages, async (message, language) => {
        if (byTemplate(place) && message.kind === "request_ended") return;
        // Neither too many nor the same again on one day.
        place.time.clock.at += DAY_MS;
        const arrived = await sent(notifier, place, { ...message, language });
        assert.ok(arrived.links.every(isOurs), arrived.links.join());
        assert.equal(arrived.links.length > 0, message.kind === "request");
        assertCalled(arrived, place);
        assert.ok(arrived.text.split("\n").every(isPrintable), arrived.text);
        if (message.kind === "pin") assert.ok(says(arrived, "012345"), arrived.text);
      }),
      { numRuns: 30 },
    );
  },
};

const longest: ContractCase = {
  name: "names and commands without end: what we say is whole, and the vendor takes it",
  async run(place) {
    const notifier = await place.open();
    for (const unit of ["x", "W1 ", "登", "🔑", "<", "&", "_*", "\\"]) {
      for (const language of ["en", "zh-CN"] as const) {
        place.time.clock.at += DAY_MS;
        const text = unit.repeat(5_000);
        const chosen = { user: text, host: text, service: text, source: text, requester: text };
        const request = aRequest({ ...chosen, command: text, twoPersons: true, connections: 64 });
        const arrived = await sent(notifier, place, { ...request, language });
        assert.ok(arrived.links.length > 0 && arrived.links.every(isOurs), arrived.links.join());
        for (const note of byTemplate(place) ? [] : aLetter(request, language).notes) {
          assert.ok(says(arrived, written(note, PLAIN)), arrived.text);
        }
        const pin = await sent(notifier, place, { ...aPin(chosen), language });
        assert.ok(says(pin, "012345"), pin.text);
      }
    }
  },
};

export const CONTRACT: readonly ContractCase[] = [
  ...LETTERS,
  ended,
  hostile,
  longest,
  wrongCredentials,
  nobody,
  expired,
  limited,
  busy,
  slow,
  ...GARBAGE,
  down,
];

/** Each channel with what stands at its other end, by type. */
export const PLACES: ReadonlyMap<string, () => Promise<Place>> = new Map([
  ...VENDORS.map((vendor) => [vendor.type, () => openVendor(vendor)] as const),
  ["email", openMail],
  ["command", openCommand],
]);
