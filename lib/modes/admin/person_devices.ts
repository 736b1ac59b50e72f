/** `gatehouse person devices|revoke-device`, at the server: a lost phone is one command. */
import { type Device, isUsable, revokeDevice } from "../../core/device.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { deviceRevoked } from "../../core/people_events.ts";
import type { Person } from "../../core/person.ts";
import { ago, table } from "../../core/table.ts";
import type { WebSession } from "../../core/web_session.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { isActing, warnOfAdministrators } from "./administrators.ts";
import { personNamed, quoted } from "./person_lookup.ts";
import { count, record } from "./records.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";

export async function personDevices(
  name: string,
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async ({ store }) => {
    const person = await personNamed(store, name);
    const devices = await store.find("device", { person: person.id });
    if (options.json) return out.line(jsonLine(devices.map(asJson)));
    if (devices.length === 0) {
      const next = `gatehouse person invite ${quoted(person.name)}`;
      return out.line(`${printable(person.name)} has no device; for a link run: ${next}`);
    }
    const now = systemClock.now();
    const rows = devices.map((device) => [
      device.id,
      isUsable(device) ? "in use" : "revoked",
      kindOf(device),
      ago(device.createdAt, now),
      device.lastUsedAt === null ? "never" : ago(device.lastUsedAt, now),
      printable(device.name),
    ]);
    const heads = ["ID", "STATE", "KIND", "ADDED", "LAST USE", "NAME"];
    for (const line of table([heads, ...rows])) out.line(line);
  });
}

/** @param named ids or names, several for a phone that was more than one */
export async function personRevokeDevice(
  name: string,
  named: readonly string[],
  options: CommandOptions,
  out: Out,
): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const person = await personNamed(store, name);
    const devices = (await store.find("device", { person: person.id })).filter(isUsable);
    const meant = new Map(
      named.map((one) => deviceNamed(one, devices, person)).map((device) => [
        device.id,
        device,
      ]),
    );
    const sessions = await store.find("session", { person: person.id });
    const revoked: Device[] = [];
    for (const id of meant.keys()) {
      const device = await store.change(revokeDevice(person.id, id, systemClock.now()));
      if (device === undefined) continue;
      revoked.push(device);
      await record(audit, deviceRevoked(person, device, by));
    }
    report(person, { revoked, all: devices.length, sessions }, options, out);
    if (isActing(person)) await warnOfAdministrators(store, out);
  });
}

function report(
  person: Person,
  { revoked, all, sessions }: {
    readonly revoked: readonly Device[];
    /** That were in use before. */
    readonly all: number;
    readonly sessions: readonly WebSession[];
  },
  { json }: CommandOptions,
  out: Out,
): void {
  if (json) return out.line(jsonLine(revoked.map(asJson)));
  for (const device of revoked) {
    const ended = sessions.filter((session) => session.device === device.id).length;
    out.line(
      `revoked ${printable(device.name)} (${kindOf(device)}) of ${printable(person.name)}` +
        (ended === 0 ? "" : `; ended: ${count(ended, "session")}`),
    );
  }
  if (all === revoked.length) {
    out.line(
      `no device is left; for a link to register another run: gatehouse person invite ` +
        quoted(person.name),
    );
  }
}

/** @throws Failure (2) when it is none, or could be several */
function deviceNamed(named: string, devices: readonly Device[], person: Person): Device {
  const shown = printable(named, 64);
  const [device, second] = devices.filter(({ id, name }) => id === named || name === named);
  const list = `see: gatehouse person devices ${quoted(person.name)}`;
  if (second !== undefined) {
    throw new Failure(
      Exit.usage,
      `${printable(person.name)} has several devices called ${shown}`,
      `name it by its id; ${list}`,
    );
  }
  if (device !== undefined) return device;
  const near = nearest(named, devices.map(({ name }) => name));
  throw new Failure(
    Exit.usage,
    `${printable(person.name)} has no device ${shown}`,
    near === undefined ? list : `did you mean ${printable(near)}? ${list}`,
  );
}

function kindOf(device: Device): string {
  if (device.kind === "passkey") return "passkey";
  return device.use === "hosts" ? "codes for hosts" : "codes to sign in";
}

function asJson(device: Device) {
  return {
    id: device.id,
    name: device.name,
    kind: device.kind,
    use: device.kind === "authenticator" ? device.use : null,
    created_at: rfc3339(device.createdAt),
    last_used_at: rfc3339(device.lastUsedAt),
    revoked_at: rfc3339(device.revokedAt),
  };
}
