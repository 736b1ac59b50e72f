/** What a Discord channel is shown, whom that calls, and what Discord's answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Letter } from "../../lib/core/letter.ts";
import type { Refusal } from "../../lib/notify/channel.ts";
import { discord } from "../../lib/notify/discord.ts";
import {
  aLetter,
  anEnded,
  aRequest,
  hostileNotifications,
  languages,
  LINK,
} from "../support/letters.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeDiscord } from "../support/vendors/discord.ts";
import { readDiscordMarkdown } from "../support/vendors/discord_markdown.ts";
import { opened } from "../support/vendors/opened.ts";
import type { Settings } from "../support/vendors/vendor.ts";

const AT = { now: T0, token: "", id: "0".repeat(32) };

async function send(
  vendor: FakeDiscord,
  letter: Letter = aLetter(),
  to = "",
  settings: Settings = vendor.settings(VENDOR_URL),
) {
  const dialect = opened(discord, settings);
  const request = await dialect.send(letter, to, AT);
  assert.ok("url" in request);
  return dialect.sent(await ask(vendor, request));
}

async function refused(...asked: Parameters<typeof send>): Promise<Refusal> {
  const answered = await send(...asked);
  assert.ok(!answered.ok);
  return answered;
}

Deno.test("discord: a request is one embed with the link, names in code, and calls nobody", async () => {
  const vendor = new FakeDiscord();
  assert.deepEqual(await send(vendor), { ok: true, handle: "900000000000000000" });
  assert.deepEqual(vendor.messages, [{
    content: "",
    embeds: [{
      title: "Log in to `web1.example.com` as `alice`?",
      url: LINK,
      description: "Choose the number that your terminal shows.\n" +
        "If you are not logging in right now: deny it.\n" +
        `**[Open the page](<${LINK}>)**`,
      color: 0x2f6fed,
      fields: [
        ["Account", "`alice`"],
        ["Host", "`web1.example.com`"],
        ["Service", "`sshd`"],
        ["From", "`192.0.2.7`"],
        ["Time", "2026-01-01 00:00:00 UTC"],
        ["Open until", "2026-01-01 00:01:00 UTC"],
      ].map(([name = "", value = ""]) => ({ name, value, inline: true })),
    }],
    allowed_mentions: { parse: [], users: [] },
  }]);
  const [arrived] = vendor.arrived;
  assert.match(arrived?.text ?? "", /Log in to web1\.example\.com as alice\?/);
  assert.deepEqual([arrived?.links, arrived?.mentions], [[LINK, LINK], []]);
});

Deno.test("discord: a contact is called, and nobody else", async () => {
  const vendor = new FakeDiscord();
  await send(vendor, aLetter(aRequest({ user: "@everyone <@&223704706495545344>" })), vendor.to);
  const [arrived] = vendor.arrived;
  assert.deepEqual([arrived?.to, arrived?.mentions], [vendor.to, [`<@${vendor.to}>`]]);
  assert.ok(discord.isContact(vendor.to));
  for (const none of ["", "alice", "@everyone", `${vendor.to} `, "1".repeat(21)]) {
    assert.ok(!discord.isContact(none), none);
  }
});

Deno.test("discord: whatever the names are, they are read as they are, and nothing comes of them", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      const vendor = new FakeDiscord();
      const letter = aLetter(notification, language);
      const answered = await send(vendor, letter, vendor.to);
      assert.ok(answered.ok, JSON.stringify(answered));
      const [arrived] = vendor.arrived;
      const link = letter.link === null ? [] : [LINK, LINK];
      assert.deepEqual(arrived?.links, link);
      assert.deepEqual(vendor.read.flatMap(({ mentions }) => mentions), [`<@${vendor.to}>`]);
      assert.deepEqual(
        vendor.read.flatMap(({ markup }) => markup),
        letter.link === null ? ["mention"] : ["mention", "strong", "masked"],
      );
      for (const piece of letter.facts.flatMap(({ value }) => value)) {
        const text = typeof piece === "string" ? piece : piece.foreign;
        // What is too long for a title is shortened in all places.
        const seen = [...text.replaceAll("｀", "`")].slice(0, 40).join("");
        assert.ok(arrived?.text.includes(seen), `${seen} is not in ${arrived?.text}`);
      }
    }),
  );
});

Deno.test("discord: the reader of its markdown finds what there is in the names by themselves", () => {
  const read = (text: string) => readDiscordMarkdown(text);
  assert.deepEqual(read("[x](https://evil.example)").links, ["https://evil.example"]);
  assert.deepEqual(read("see https://evil.example/x?y now").links, ["https://evil.example/x?y"]);
  assert.deepEqual(read("@everyone <@80351110224678912>").mentions.length, 2);
  assert.deepEqual(read("*a* __b__ ~~c~~ ||d|| :smile:").markup, [
    "em",
    "underline",
    "strike",
    "spoiler",
    "emoji",
  ]);
  assert.deepEqual(read("\\*a\\* `*b*`"), { text: "*a* *b*", links: [], mentions: [], markup: [] });
});

Deno.test("discord: our own words are no markup either", () => {
  fc.assert(
    fc.property(anyText(60), (text) => {
      const words = text.replace(/[^\\*_~`|<>[\]#@a-z ]/g, "");
      const letter: Letter = {
        ...aLetter(),
        title: ["x", words],
        facts: [],
        notes: [],
        link: null,
      };
      const request = opened(discord, new FakeDiscord().settings(VENDOR_URL)).send(letter, "", AT);
      assert.ok("body" in request);
      const { embeds: [embed] } = JSON.parse(request.body?.text ?? "");
      const { markup, text: seen } = readDiscordMarkdown(embed.title);
      assert.deepEqual([markup, seen], [[], `x${words}`]);
    }),
  );
});

Deno.test("discord: what became of a request takes its place, and of a message that is gone nothing comes", async () => {
  const vendor = new FakeDiscord();
  const dialect = opened(discord, vendor.settings(VENDOR_URL));
  const answered = await send(vendor, aLetter(), vendor.to);
  assert.ok(answered.ok && answered.handle !== null && dialect.update !== undefined);
  const { handle } = answered;
  const request = await dialect.update(aLetter(anEnded()), vendor.to, handle, AT);
  assert.deepEqual(dialect.sent(await ask(vendor, request)), { ok: true, handle });
  assert.equal(vendor.arrived[1]?.replaces, handle);
  assert.deepEqual(vendor.arrived[1]?.links, []);
  const gone = await dialect.update(aLetter(anEnded()), "", "80351110224678912", AT);
  const nothing = dialect.sent(await ask(vendor, gone));
  assert.ok(!nothing.ok);
  const { detail, why } = nothing;
  assert.deepEqual([why, detail], ["rejected", "discord answers code 10008"]);
});

Deno.test("discord: a wrong token or number is the settings' fault, and neither is said", async () => {
  const vendor = new FakeDiscord();
  const settings = vendor.wrongCredentials(VENDOR_URL);
  const token = await refused(vendor, aLetter(), "", settings);
  assert.deepEqual([token.why, token.detail], ["settings", "discord answers code 50027"]);
  assert.ok(!`${token.detail}${token.hint}`.includes(settings.token));
  const webhook = await refused(vendor, aLetter(), "", { ...settings, webhook: "1".repeat(18) });
  assert.deepEqual([webhook.why, webhook.detail], ["settings", "discord answers code 10015"]);
});

Deno.test("discord: it is waited for as long as Discord says, and Cloudflare's page is something else", async () => {
  const vendor = new FakeDiscord();
  vendor.limitNext();
  const limited = await refused(vendor);
  assert.deepEqual([limited.why, limited.retryAfterMs], ["rate_limited", 350]);
  vendor.busyNext();
  const busy = await refused(vendor);
  assert.deepEqual([busy.why, busy.retryAfterMs], ["unavailable", null]);
  const { sent } = opened(discord, vendor.settings(VENDOR_URL));
  const page = sent({ status: 429, headers: { "retry-after": "900" }, json: undefined, text: "" });
  assert.ok(!page.ok);
  assert.deepEqual([page.why, page.retryAfterMs], ["address", undefined]);
  for (
    const [status, json, why] of [
      [200, undefined, "unusable"],
      [204, undefined, "unusable"],
      [404, { message: "404: Not Found", code: 0 }, "unusable"],
      [400, { message: "Invalid Form Body", code: 50_035 }, "rejected"],
      [502, undefined, "unavailable"],
    ] as const
  ) {
    const read = sent({ status, headers: {}, json, text: "" });
    assert.ok(!read.ok);
    assert.equal(read.why, why, `${status}`);
  }
});

Deno.test("discord: what is longest still fits", async () => {
  const wide = "\u{1F511}".repeat(300);
  const request = aRequest({
    user: wide,
    host: wide,
    service: wide,
    source: wide,
    requester: wide,
    command: "`".repeat(300),
    twoPersons: true,
  });
  const vendor = new FakeDiscord();
  assert.equal((await send(vendor, aLetter(request), vendor.to)).ok, true);
  assert.ok(vendor.arrived[0]?.links.includes(LINK));
});
