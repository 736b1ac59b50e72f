import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { parseServerConfig } from "../../lib/config/server.ts";
import { Failure } from "../../lib/core/errors.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { channelSecrets } from "../../lib/io/channel_secrets.ts";
import { after } from "../../lib/io/timers.ts";
import { openChannels } from "../../lib/wiring/channels.ts";
import { T0 } from "../support/logins.ts";
import { type Scratch, scratch } from "../support/scratch.ts";
import { VendorServer } from "../support/vendors/server.ts";
import { WEBHOOK_SECRET } from "../support/vendors/webhook.ts";
import { wecomVendor } from "../support/vendors/wecom.ts";

async function open(folder: Scratch, toml: string) {
  const ready = channelSecrets(parseServerConfig(toml, "server.toml").notify);
  const sealer = await openSealer(folder.path);
  const ports = { clock: systemClock, random: systemRandom, after, log: () => {}, sealer };
  return openChannels(ready, folder.path, ports);
}

Deno.test("openChannels() opens what server.toml has, in its order, and as it says", async () => {
  await using folder = await scratch();
  const token = `1:${"a".repeat(35)}`;
  await using channels = await open(
    folder,
    `[[notify]]\ntype = "telegram"\nname = "quiet"\ntoken = "${token}"\nsends = ["alert"]\n` +
      `[[notify]]\ntype = "telegram"\ntoken = "${token}"\nbuttons = true\nlanguage = "zh-CN"\n` +
      '[[notify]]\ntype = "email"\nhost = "mail.example.com"\nfrom = "gatehouse@example.com"\n' +
      '[[notify]]\ntype = "command"\nargv = ["/bin/true"]\n',
  );
  deepEqual(
    channels.notifiers.map(({ name, type, reach, answers, updates, language, sends, listen }) => ({
      ...{ name, type, reach, answers, updates, language },
      sends: [...sends],
      listens: listen !== undefined,
    })),
    [
      {
        ...{ name: "quiet", type: "telegram", reach: "person", language: "en" },
        ...{ answers: false, updates: true, sends: ["alert"], listens: false },
      },
      {
        ...{ name: "telegram", type: "telegram", reach: "person", language: "zh-CN" },
        ...{ answers: true, updates: true, sends: ["request", "pin", "alert"], listens: true },
      },
      {
        ...{ name: "email", type: "email", reach: "person", language: "en" },
        ...{ answers: false, updates: false, sends: ["request", "pin", "alert"], listens: false },
      },
      {
        ...{ name: "command", type: "command", reach: "group", language: "en" },
        ...{ answers: false, updates: true, sends: ["request", "alert"], listens: false },
      },
    ],
  );
  ok(channels.notifiers[2]?.isContact("alice@example.com"));
  ok(!channels.notifiers[2]?.isContact("alice"));
});

Deno.test("openChannels() says whose contacts are secrets, and whose may be anybody's", async () => {
  await using folder = await scratch();
  await using channels = await open(
    folder,
    `[[notify]]\ntype = "sms_twilio"\naccount_sid = "AC${"0".repeat(32)}"\n` +
      'auth_token = "secret"\nfrom = "+15017122661"\n' +
      '[[notify]]\ntype = "email"\nhost = "mail.example.com"\nfrom = "gatehouse@example.com"\n' +
      '[[notify]]\ntype = "command"\nargv = ["/bin/true"]\n',
  );
  deepEqual(
    channels.notifiers.map(({ secretContacts = false, reachesAnyone = false }) => [
      secretContacts,
      reachesAnyone,
    ]),
    [[true, true], [false, true], [false, false]],
  );
});

Deno.test("openChannels() says where a changed message makes itself heard again", async () => {
  await using folder = await scratch();
  await using channels = await open(
    folder,
    `[[notify]]\ntype = "telegram"\ntoken = "1:${"a".repeat(35)}"\n` +
      '[[notify]]\ntype = "ntfy"\n[[notify]]\ntype = "bark"\n' +
      `[[notify]]\ntype = "webhook"\nurl = "https://tell.example"\nsecret = "${WEBHOOK_SECRET}"\n` +
      '[[notify]]\ntype = "command"\nargv = ["/bin/true"]\n',
  );
  const ringing = channels.notifiers.filter(({ changesRing }) => changesRing === true);
  deepEqual(ringing.map(({ type }) => type), ["ntfy", "bark", "webhook", "command"]);
});

Deno.test("openChannels() keeps the token of each channel for itself, by its name", async () => {
  await using folder = await scratch();
  await using vendors = new VendorServer(systemClock, [wecomVendor]);
  const { url, vendor } = vendors.served("wecom");
  const { type: _type, ...others } = vendor.settings(url);
  const settings = Object.entries(others)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join("");
  await using channels = await open(
    folder,
    ["wecom", "second"].map((name) => `[[notify]]\ntype = "wecom"\nname = "${name}"\n${settings}`)
      .join(""),
  );
  for (const notifier of channels.notifiers) {
    const { name: channel } = notifier;
    const delivery = await notifier.send({ kind: "test", channel, at: T0 }, vendor.to);
    equal(delivery.ok, true, channel);
  }
  const files = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
  deepEqual(files.filter((name) => name.endsWith("token.json")).toSorted(), [
    "channel_second_token.json",
    "channel_wecom_token.json",
  ]);
});

Deno.test("openChannels() refuses a program that is not there", async () => {
  await using folder = await scratch();
  const toml = '[[notify]]\ntype = "command"\nargv = ["/nowhere/tell"]\n';
  await rejects(open(folder, toml), (error) => {
    return error instanceof Failure && error.exit === 78 && /does not exist/.test(error.message);
  });
});
