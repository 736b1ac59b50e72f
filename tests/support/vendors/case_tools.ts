/** What the cases of the contract have in common: sending, failing, and reading what came of it. */
import assert from "node:assert/strict";
import { type Letter, written } from "../../../lib/core/letter.ts";
import type { Delivery, FailedDelivery } from "../../../lib/core/delivery.ts";
import type { Notification } from "../../../lib/core/notification.ts";
import type { Notifier } from "../../../lib/ports.ts";
import { TICKET } from "../letters.ts";
import type { Place } from "./place.ts";
import type { Arrived } from "./vendor.ts";

export interface ContractCase {
  readonly name: string;
  /** What stands at the channel's other end cannot be made to do that; none: all can. */
  readonly lacks?: (place: Place) => boolean;
  run(place: Place): Promise<void>;
}

/** After so long no vendor's limit counts any more. */
export const DAY_MS = 86_400_000;
export const TEST: Notification = { kind: "test", channel: "oncall", at: 0 };
export const ALERT: Notification = {
  kind: "denied",
  user: "alice",
  host: "web1.example.com",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: 0,
  by: "person:bob",
  reason: "denied",
  own: false,
};

/** Carriers in China deliver templates alone: names go into them, and a link is in the template. */
export function byTemplate({ type }: Place): boolean {
  return type === "sms_aliyun" || type === "sms_tencent";
}

/** Costs money by its length. */
function isShort({ type }: Place): boolean {
  return type.startsWith("sms_");
}

/** Programs get names as they are: what clients would make links of is theirs to see to. */
export function isProgram({ type }: Place): boolean {
  return type === "webhook" || type === "command";
}

/** As a reader sees it: likenesses for what they are like, and no matter where lines break. */
function seen(text: string): string {
  return text.normalize("NFKC").replace(/[․·,。]/g, ".").replace(/[\s'`]/g, "").toLowerCase();
}

export function says(arrived: Arrived, text: string): boolean {
  return seen(arrived.text).includes(seen(text));
}

export const PLAIN = { own: (text: string) => text, foreign: (text: string) => text };

/** What has to be read of a letter. */
export function linesOf({ facts, notes, title }: Letter, place: Place): string[] {
  if (byTemplate(place)) return [];
  return [
    written(title, PLAIN),
    ...(isShort(place) ? [] : facts.flatMap(({ label, value }) => [label, written(value, PLAIN)])),
    ...notes.map((note) => written(note, PLAIN)),
  ];
}

export async function sent(
  notifier: Notifier,
  place: Place,
  message: Notification,
): Promise<Arrived> {
  const before = place.arrived.length;
  const delivery = await notifier.send(message, place.to);
  assert.ok(delivery.ok, JSON.stringify(delivery));
  assert.equal(place.arrived.length, before + 1);
  const arrived = place.arrived.at(-1);
  assert.ok(arrived !== undefined);
  return arrived;
}

export async function failed(sending: Promise<Delivery>, place: Place): Promise<FailedDelivery> {
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

/** Nobody else is mentioned than who is meant. */
export function assertCalled({ mentions }: Arrived, { to }: Place): void {
  assert.ok(mentions.every((who) => who === to || who === `<@${to}>`), mentions.join());
}

export function isOurs(link: string): boolean {
  return link.startsWith("https://auth.example.com/") && link.endsWith(TICKET);
}

export function nothingToOpen({ buttons, links }: Arrived): void {
  assert.deepEqual([buttons, links], [[], []]);
}
