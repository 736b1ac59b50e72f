/** What a Discord channel is shown, whom that calls, and what Discord's answers mean. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Letter } from "../../lib/core/letter.ts";
import { discord } from "../../lib/notify/discord.ts";
import {
  aLetter,
  anEnded,
  aRequest,
  hostileNotifications,
  languages,
  LINK,
} from "../support/letters.ts";
import { anyText } from "../support/texts.ts";
import { VENDOR_URL } from "../support/vendors/direct.ts";
import { FakeDiscord } from "../support/vendors/discord.ts";
import { readDiscordMarkdown } from "../support/vendors/discord_markdown.ts";
import { Trial } from "../support/vendors/trial.ts";
import type { Settings } from "../support/vendors/vendor.ts";

const open = (changes: Settings = {}) => new Trial(discord, () => new FakeDiscord(), changes);

Deno.test("discord: a request is one embed with the link, names in code, and calls nobody", async () => {
  const trial = open();
  const { vendor } = trial;
  assert.deepEqual(await trial.send(aLetter(), ""), { ok: true, handle: "900000000000000000" });
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
  const trial = open();
  const { vendor } = trial;
  const letter = aLetter(aRequest({ user: "@everyone <@&223704706495545344>" }));
  const { mentions, to } = await trial.read(letter);
  assert.deepEqual([to, mentions], [vendor.to, [`<@${vendor.to}>`]]);
  assert.ok(discord.isContact(vendor.to));
  for (const none of ["", "alice", "@everyone", `${vendor.to} `, "1".repeat(21)]) {
    assert.ok(!discord.isContact(none), none);
  }
});

Deno.test("discord: whatever the names are, they are read as they are, and nothing comes of them", async () => {
  await fc.assert(
    fc.asyncProperty(hostileNotifications, languages, async (notification, language) => {
      const trial = open();
      const { vendor } = trial;
      const letter = aLetter(notification, language);
      const arrived = await trial.read(letter);
      const link = letter.link === null ? [] : [LINK, LINK];
      assert.deepEqual(arrived.links, link);
      assert.deepEqual(vendor.read.flatMap(({ mentions }) => mentions), [`<@${vendor.to}>`]);
      assert.deepEqual(
        vendor.read.flatMap(({ markup }) => markup),
        letter.link === null ? ["mention"] : ["mention", "strong", "masked"],
      );
      for (const piece of letter.facts.flatMap(({ value }) => value)) {
        const text = typeof piece === "string" ? piece : piece.foreign;
        // What is too long for a title is shortened in all places.
        const seen = [...text.replaceAll("｀", "`")].slice(0, 40).join("");
        assert.ok(arrived.text.includes(seen), `${seen} is not in ${arrived.text}`);
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

Deno.test("discord: our own words are no markup either", async () => {
  await fc.assert(
    fc.asyncProperty(anyText(60), async (text) => {
      const words = text.replace(/[^\\*_~`|<>[\]#@a-z ]/g, "");
      const letter: Letter = {
        ...aLetter(),
        title: ["x", words],
        facts: [],
        notes: [],
        link: null,
      };
      const request = await open().request(letter, "");
      const { embeds: [embed] } = JSON.parse(request.body?.text ?? "");
      const { markup, text: seen } = readDiscordMarkdown(embed.title);
      assert.deepEqual([markup, seen], [[], `x${words}`]);
    }),
  );
});

Deno.test("discord: what became of a request takes its place, and of a message that is gone nothing comes", async () => {
  const trial = open();
  const { vendor } = trial;
  const answered = await trial.send(aLetter());
  assert.ok(answered.ok && answered.handle !== null);
  const { handle } = answered;
  const request = await trial.change(aLetter(anEnded()), handle);
  assert.deepEqual(await trial.answered(request), { ok: true, handle });
  assert.equal(vendor.arrived[1]?.replaces, handle);
  assert.deepEqual(vendor.arrived[1]?.links, []);
  const gone = await trial.change(aLetter(anEnded()), "80351110224678912", "");
  const nothing = await trial.answered(gone);
  assert.ok(!nothing.ok);
  const { detail, why } = nothing;
  assert.deepEqual([why, detail], ["rejected", "discord answers code 10008"]);
});

Deno.test("discord: a wrong token or number is the settings' fault, and neither is said", async () => {
  const settings = new FakeDiscord().wrongCredentials(VENDOR_URL);
  const token = await open(settings).refused(aLetter(), "");
  assert.deepEqual([token.why, token.detail], ["settings", "discord answers code 50027"]);
  assert.ok(!`${token.detail}${token.hint}`.includes(settings.token));
  const webhook = await open({ ...settings, webhook: "1".repeat(18) }).refused(aLetter(), "");
  assert.deepEqual([webhook.why, webhook.detail], ["settings", "discord answers code 10015"]);
});

Deno.test("discord: it is waited for as long as Discord says, and Cloudflare's page is something else", async () => {
  const trial = open();
  trial.vendor.limitNext();
  const limited = await trial.refused(aLetter());
  assert.deepEqual([limited.why, limited.retryAfterMs], ["rate_limited", 350]);
  trial.vendor.busyNext();
  const busy = await trial.refused(aLetter());
  assert.deepEqual([busy.why, busy.retryAfterMs], ["unavailable", null]);
  const { sent } = trial.dialect;
  const page = sent({ status: 429, headers: { "retry-after": "900" }, json: undefined, text: "" });
  assert.ok(!page.ok);
  assert.deepEqual([page.why, page.retryAfterMs], ["address", undefined]);
  for (
    const [status, json, why] of [
      [200, undefined, "unusable"],
      [204, undefined, "unusable"],
      [404, { message: "404: Not Found", code: 0 }, "rejected"],
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
  const { links } = await open().read(aLetter(request));
  assert.ok(links.includes(LINK));
});
