/** `gatehouse notify list`, at the server: the channels of server.toml, and what is wrong with them. */
import { type ChannelConfig, typeOfChannel } from "../../config/notify.ts";
import type { ServerConfig } from "../../config/server.ts";
import { Exit, Failure } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import { unknownNames } from "../../core/routing.ts";
import { table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { type TriedChannel, tryChannelSecrets } from "../../io/channel_secrets.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { systemRandom } from "../../io/random.ts";
import { openSealer } from "../../io/sealed.ts";
import { after } from "../../io/timers.ts";
import { type ChannelPorts, openChannels } from "../../wiring/channels.ts";
import { administer, type CommandOptions } from "./administration.ts";
import { becomeOwner, readChannels } from "./notify_place.ts";
import { warnOfShared } from "./person_contacts.ts";
import { everyone } from "./person_lookup.ts";

/** @throws Failure (78) where the server would not start with a channel, once all are shown */
export async function notifyList(options: CommandOptions, out: Out, usual?: string): Promise<void> {
  const { channels, file, place } = readChannels(options, usual);
  const tried = tryChannelSecrets(channels, () => becomeOwner(options, place.data, usual));
  await administer(place, async ({ store, dataDir }) => {
    const sealer = await openSealer(dataDir);
    const ports = { clock: systemClock, random: systemRandom, after, log: () => {}, sealer };
    const faults = await Promise.all(tried.map((one) => faultOf(one, dataDir, ports)));
    const persons = (await everyone(store)).filter(({ state }) => state === "active");
    const rows = channels.map((channel, index) => ({
      channel,
      fault: faults[index] ?? null,
      reached: persons.filter(({ contacts }) => Object.hasOwn(contacts, channel.name)).length,
    }));
    if (options.json) {
      out.line(jsonLine(rows.map(asJson)));
    } else if (rows.length === 0) {
      out.line("server.toml has no channel");
      out.error("add one with [[notify]]; docs/notifiers.md says how");
    } else {
      for (const line of table([HEADS, ...rows.map(cells)])) out.line(line);
    }
    if (!options.json) {
      warnOfUnreached(rows, out);
      warnOfEscalations(file, persons, out);
      await warnOfShared({ channels, store }, out);
    }
    refuseFaults(rows);
  });
}

interface Row {
  readonly channel: ChannelConfig;
  readonly fault: Failure | null;
  /** How many active persons have a contact there. */
  readonly reached: number;
}

/** What the server would refuse at its start. */
async function faultOf(
  tried: TriedChannel,
  dataDir: string,
  ports: ChannelPorts,
): Promise<Failure | null> {
  if (!tried.ok) return tried.fault;
  try {
    await openChannels([tried.ready], dataDir, ports)[Symbol.asyncDispose]();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

const HEADS = ["NAME", "TYPE", "REACHES", "SENDS", "BUTTONS", "LANGUAGE", "PERSONS", "STATE"];

function cells({ channel, fault, reached }: Row): string[] {
  const { name, type, reach, sends, buttons, language } = channel;
  return [
    name,
    type,
    reach === "group" ? "a group" : "persons",
    sends.join(", "),
    buttons ? "yes" : typeOfChannel(type)?.answers ? "no" : "-",
    language,
    reach === "group" ? "-" : String(reached),
    fault === null ? "ready" : "fault",
  ];
}

function asJson({ channel, fault, reached }: Row) {
  const { name, type, reach, sends, buttons, language, alerts } = channel;
  return {
    ...{ name, type, reach, sends, buttons, language, alerts },
    persons: reached,
    fault: fault === null ? null : { detail: fault.message, hint: fault.hint ?? "" },
  };
}

function warnOfUnreached(rows: readonly Row[], out: Out): void {
  for (const { channel: { name, reach, alerts, type }, reached } of rows) {
    if (reach === "group" || alerts.length > 0 || reached > 0) continue;
    out.error(
      `nobody can be reached by ${name}: no person has a contact there; gatehouse person change ` +
        `NAME --contact ${name}=WHO, where WHO is ${typeOfChannel(type)?.contact}`,
    );
  }
}

/** The server's log says so at its start. */
function warnOfEscalations({ accounts }: ServerConfig, persons: readonly Person[], out: Out): void {
  const escalations = accounts.map(({ match, escalate = [] }) => ({
    accounts: match,
    persons: escalate,
    afterMs: 0,
  }));
  for (const name of unknownNames(null, persons, { escalations })) {
    out.error(`escalate names ${printable(name)}, and there is no active person of that name`);
  }
}

function refuseFaults(rows: readonly Row[]): void {
  const faulty = rows.flatMap(({ channel, fault }) =>
    fault === null ? [] : [{ name: channel.name, fault }]
  );
  const [first] = faulty;
  if (first === undefined) return;
  throw new Failure(
    Exit.config,
    faulty.map(({ name, fault }) => `${name}: ${fault.message}`).join("\n"),
    faulty.length === 1
      ? first.fault.hint
      : `the server does not start with these; for each: gatehouse notify test NAME`,
  );
}
