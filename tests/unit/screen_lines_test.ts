import { deepEqual, equal } from "node:assert/strict";
import { displayWidth } from "../../lib/core/display_width.ts";
import { hostMessages } from "../../lib/core/messages/host.ts";
import { offerLines, qrLines, qrWidth, statusLine } from "../../lib/core/screen_lines.ts";

const messages = hostMessages("en", undefined);
const WIDE = 200;
const COLOURS = /\p{Cc}\[[0-9;]*m/gu;
const plain = (line: string) => line.replaceAll(COLOURS, "");

Deno.test("offerLines() has the link on one line, and the number only where there is one", () => {
  const url = "https://auth.example.com/l/abc";
  const lines = offerLines(messages, url, "42").map(plain);
  equal(lines.filter((line) => line.endsWith(` ${url}`)).length, 1);
  equal(lines.at(-1)?.trim(), `${messages.number}   42`);
  deepEqual(offerLines(messages, url, null).map(plain), lines.slice(0, -1));
});

Deno.test("statusLine() shows time and code; where both do not fit, the code stays", () => {
  const status = { offered: true, codes: true, secondsLeft: 41, typed: 3 };
  const whole = plain(statusLine(messages, status, WIDE));
  equal(whole, `${messages.waiting(41)}${messages.comma}${messages.orTypeCode}•••`);
  // Two blanks stand in front of it, and the cursor behind.
  const needed = displayWidth(whole) + 3;
  equal(plain(statusLine(messages, status, needed)), whole);
  equal(plain(statusLine(messages, status, needed - 1)), `${messages.orTypeCode}•••`);
});

Deno.test("statusLine() invites to type nothing where no code counts, and else says what for", () => {
  const status = { offered: true, codes: false, secondsLeft: 41, typed: 0 };
  equal(plain(statusLine(messages, status, 10)), messages.waiting(41));
  const alone = { offered: false, codes: true, secondsLeft: 41, typed: 0 };
  equal(
    plain(statusLine(messages, alone, WIDE)),
    `${messages.secondsLeft(41)}${messages.stop}${messages.typeCode}`,
  );
});

Deno.test("qrWidth() is what the lines of a picture take, of one line too", () => {
  for (const qr of ["██\n██\n██", "█".repeat(31)]) {
    const [blank, ...lines] = qrLines(qr);
    equal(blank, "");
    deepEqual(new Set(lines.map((line) => displayWidth(line))), new Set([qrWidth(qr)]));
  }
});
