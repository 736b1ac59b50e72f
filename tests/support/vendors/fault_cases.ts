/** What comes of it when something is wrong: with the settings, the contact, or what is at the other end. */
import assert from "node:assert/strict";
import type { DeliveryFault } from "../../../lib/core/delivery.ts";
import { aPin, aRequest } from "../letters.ts";
import { ALERT, type ContractCase, DAY_MS, failed, sent, TEST } from "./case_tools.ts";
import type { Place } from "./place.ts";
import type { Mode } from "./server.ts";
import type { Rule } from "./vendor.ts";

const wrongCredentials: ContractCase = {
  name: "refused credentials: whose fault, and which setting",
  lacks: (place) => place.credentials.length === 0,
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
  lacks: (place) => place.nobody === null,
  async run(place) {
    const notifier = await place.open();
    const { why, mayArrive } = await failed(notifier.send(aPin(), place.nobody ?? ""), place);
    assert.deepEqual([why, mayArrive], ["recipient", false]);
    assert.equal(notifier.leftAloneUntil?.() ?? null, null, "others still get theirs");
  },
};

const expired: ContractCase = {
  name: "a token that ended before its time is renewed, once",
  lacks: (place) => place.expireTokens === undefined,
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
  name: "one message too many: asked again when the vendor's rules allow it, and no sooner",
  lacks: (place) => place.limitNext === undefined,
  run: (place) => refusedOnce(place, "rate_limited", () => place.limitNext?.()),
};

const busy: ContractCase = {
  name: "a vendor that is busy: asked again when its rules allow it, and no sooner",
  lacks: (place) => place.busyNext === undefined,
  run: (place) => refusedOnce(place, "unavailable", () => place.busyNext?.()),
};

async function refusedOnce(
  place: Place,
  why: DeliveryFault,
  refuseNext: () => Rule | undefined,
): Promise<void> {
  const notifier = await place.open();
  await sent(notifier, place, TEST);
  const [asked, arrived] = [place.asked, place.arrived.length];
  assert.deepEqual(place.time.waits, []);
  const rule = refuseNext();
  const delivery = await notifier.send(aPin(), place.to);
  assert.ok(rule !== undefined);
  const made = place.asked - asked;
  if (rule === "never") {
    assert.equal((await failed(Promise.resolve(delivery), place)).why, why);
    assert.deepEqual([made, place.time.waits], [1, []]);
  } else {
    assert.ok(delivery.ok, JSON.stringify(delivery));
    const [waited = -1, ...more] = place.time.waits;
    assert.deepEqual([made, more], [2, []]);
    assert.ok(waited >= Math.max(rule.againAfterMs, 1), `asked again after ${waited} ms`);
  }
  assert.equal(place.arrived.length, arrived + (delivery.ok ? 1 : 0));
  place.time.clock.at += DAY_MS;
  await sent(notifier, place, ALERT);
}

const slow: ContractCase = {
  name: "slow: given up in time, and nobody knows whether it arrived",
  lacks: cannot("slow"),
  async run(place) {
    // What it needs first, such as a token, it has.
    await sent(await place.open(), place, TEST);
    const notifier = await place.openHurried();
    place.badDay.misbehave("slow");
    const { called } = place.badDay;
    const sending = notifier.send(aRequest(), place.to);
    await called;
    place.time.endLimits();
    const { why, mayArrive } = await failed(sending, place);
    assert.deepEqual([why, mayArrive], ["unavailable", true]);
  },
};

function cannot(mode: Mode): (place: Place) => boolean {
  return ({ badDay }) => !badDay.modes.has(mode);
}

/** Whatever a webhook's receiver says with 2xx is a yes, and where it redirects to is for administrators. */
const NO_GARBAGE: ReadonlySet<Mode> = new Set(["page", "json", "endless", "redirect"]);

/** @param from the first request, or the one after a message that went well */
function garbage(
  [mode, meaning]: readonly [Mode, DeliveryFault],
  from: "first" | "second",
): ContractCase {
  const token = from === "first" ? "at once" : "after a message that went well";
  return {
    name: `${mode} for an answer, ${token}`,
    lacks: (place) => cannot(mode)(place) || place.type === "webhook" && NO_GARBAGE.has(mode),
    async run(place) {
      const notifier = await place.open();
      if (from === "second") await sent(notifier, place, TEST);
      place.badDay.misbehave(mode);
      const { why } = await failed(notifier.send(aPin(), place.to), place);
      assert.equal(why, meaning);
      place.badDay.misbehave("normal");
      place.time.clock.at += DAY_MS;
      await sent(notifier, place, aRequest());
    },
  };
}

const GARBAGE = ([
  ["page", "unusable"],
  ["json", "unusable"],
  ["endless", "unusable"],
  ["redirect", "unusable"],
  ["gateway", "unavailable"],
  ["closed", "unavailable"],
] as const).flatMap((mode) => [garbage(mode, "first"), garbage(mode, "second")]);

const down: ContractCase = {
  name: "down: nothing arrived; left alone after three messages, and found again",
  lacks: ({ badDay }) => badDay.stop === undefined,
  async run(place) {
    const notifier = await place.open();
    await place.badDay.stop?.();
    for (let n = 0; n < 3; n++) {
      const { why, mayArrive } = await failed(notifier.send(aRequest(), place.to), place);
      assert.deepEqual([why, mayArrive], ["unavailable", false]);
    }
    place.badDay.restart?.();
    const { detail, why } = await failed(notifier.send(aRequest(), place.to), place);
    assert.deepEqual([why, place.asked], ["unavailable", 0]);
    assert.match(detail, /is left alone for \d+ s after failures$/);
    assert.notEqual(notifier.leftAloneUntil?.() ?? null, null);
    place.time.clock.at += 30_000;
    await sent(notifier, place, aRequest());
    await sent(notifier, place, ALERT);
  },
};

export const FAULT_CASES: readonly ContractCase[] = [
  wrongCredentials,
  nobody,
  expired,
  limited,
  busy,
  slow,
  ...GARBAGE,
  down,
];
