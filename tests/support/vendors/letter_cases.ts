/** What messages look like when they arrive, whatever is in them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { writeAct } from "../../../lib/core/chat_act.ts";
import { written } from "../../../lib/core/letter.ts";
import type { Language } from "../../../lib/core/messages/language.ts";
import type { Notification } from "../../../lib/core/notification.ts";
import { isPrintable } from "../../../lib/core/text.ts";
import {
  aLetter,
  anEnded,
  aPin,
  aRequest,
  hostileNotifications,
  languages,
  TICKET,
} from "../letters.ts";
import {
  ALERT,
  assertCalled,
  byTemplate,
  type ContractCase,
  DAY_MS,
  isOurs,
  isProgram,
  linesOf,
  nothingToOpen,
  PLAIN,
  says,
  sent,
  TEST,
} from "./case_tools.ts";
import type { Place } from "./place.ts";
import type { Arrived } from "./vendor.ts";

function letterCase(
  kind: string,
  message: Notification,
  language: Language,
  more: (arrived: Arrived, place: Place) => void,
): ContractCase {
  const inWords = language === "en" ? "English" : "Chinese";
  return {
    name: `${kind} in ${inWords}`,
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

function requestArrives(arrived: Arrived, place: Place): void {
  for (const name of ["alice", "web1.example.com"]) assert.ok(says(arrived, name), arrived.text);
  if (isProgram(place)) {
    for (const name of ["web1.example.com", "192.0.2.7"]) {
      assert.ok(arrived.text.includes(name), arrived.text);
    }
  }
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
  lacks: byTemplate,
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
        const others = { reader: "other", escalated: true, twoPersons: true } as const;
        const request = aRequest({ ...chosen, ...others, command: text, connections: 64 });
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

export const LETTER_CASES: readonly ContractCase[] = [...LETTERS, ended, hostile, longest];
