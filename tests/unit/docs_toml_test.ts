/** What the documentation has people copy into server.toml and host.toml is read as it stands there. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { parseHostConfig } from "../../lib/config/host.ts";
import { parseServerConfig } from "../../lib/config/server.ts";
import fc from "fast-check";
import { eventData, eventOf } from "../../lib/notify/event.ts";
import { aLetter, hostileNotifications } from "../support/letters.ts";
import { CHANNEL_TYPES } from "../../lib/notify/channels.ts";
import { ROOT } from "../../scripts/run.ts";

/** By file, what each block is part of, in order. */
const BLOCKS: Readonly<Record<string, readonly ("host" | "server")[]>> = {
  "README.md": ["server"],
  "docs/administration.md": ["server"],
  "docs/codes.md": ["server"],
  "docs/configuration.md": ["host", "server"],
  "docs/notifiers.md": Array<"server">(20).fill("server"),
  "docs/pam.md": ["host", "host"],
};

/** Where a block has groups of hosts that its reader has already. */
const ALREADY: Readonly<Record<string, string>> = {
  "docs/codes.md": '\n[groups]\nweb = ["web*"]\n',
};

async function blocksOf(file: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${ROOT}/${file}`);
  return [...text.matchAll(/^```toml\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** Secrets that stand for themselves are cut short where they are shown. */
function whole(block: string): string {
  return block.replace("ed25519:BASE64URL", `ed25519:${"A".repeat(43)}`)
    .replace('"ghh_…"', `"ghh_${"A".repeat(43)}"`);
}

for (const [file, kinds] of Object.entries(BLOCKS)) {
  Deno.test(`what ${file} says of TOML files can be copied`, async () => {
    const blocks = await blocksOf(file);
    equal(blocks.length, kinds.length, "say here what a new block is");
    for (const [index, block] of blocks.entries()) {
      const text = whole(block);
      if (kinds[index] === "server") {
        parseServerConfig(text + (ALREADY[file] ?? ""), `${file} ${index + 1}`);
      } else {
        const servers = /^servers = /m.test(text) ? "" : "servers = []\n";
        parseHostConfig(servers + text, `${file} ${index + 1}`);
      }
    }
  });
}

Deno.test("no other file of the documentation has TOML", async () => {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}/docs`)) {
    if (name.endsWith(".md") && (await blocksOf(`docs/${name}`)).length > 0) {
      found.push(`docs/${name}`);
    }
  }
  deepEqual(["README.md", ...found.sort()], Object.keys(BLOCKS));
});

Deno.test("docs/notifiers.md has a table for each type of channel, with secrets in files", async () => {
  const text = (await blocksOf("docs/notifiers.md")).join("\n");
  const channels = [...text.matchAll(/^type = "([^"]+)"$/gm)].map(([, type = ""]) => type);
  for (const { type } of CHANNEL_TYPES) ok(channels.includes(type), type);
  for (const secret of new Set(CHANNEL_TYPES.flatMap(({ secrets }) => secrets))) {
    ok(!new RegExp(`^${secret} = `, "m").test(text), secret);
  }
});

const OF_ALL = ["kind", "to", "message"];
const OF_A_LOGIN = ["user", "host", "service", "source", "requester", "at"];

Deno.test("docs/notifiers.md names all that programs get", async () => {
  const text = await Deno.readTextFile(`${ROOT}/docs/notifiers.md`);
  const rows = new Map(
    [...text.matchAll(/^\| `([a-z._]+)` +\|(.*)\|$/gm)].map(([, type = "", keys = ""]) => [
      type,
      [...keys.matchAll(/`([a-z_]+)`/g)].map(([, key = ""]) => key)
        .concat(/a login's/.test(keys) ? OF_A_LOGIN : [], OF_ALL),
    ]),
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(hostileNotifications, (notification) => {
      const letter = aLetter(notification);
      const event = eventOf(letter);
      seen.add(event.type);
      const missing = Object.keys(eventData(letter, event, ""))
        .filter((key) => !rows.get(event.type)?.includes(key));
      deepEqual(missing, [], event.type);
    }),
    { numRuns: 500 },
  );
  const told = [...rows.keys()].filter((type) => /^((login|alert)\.|test$)/.test(type));
  deepEqual(told.sort(), [...seen].sort());
});
