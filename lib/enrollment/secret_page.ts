/** Shows a secret to the person who is to give it to an app: address, picture, and for typing. */
import { displayWidth, padToWidth } from "../core/display_width.ts";
import { type AppKey, inGroups, otpauthUri } from "../core/enrollment.ts";
import type { EnrollMessages } from "../core/messages/enroll.ts";
import { printable } from "../core/text.ts";
import { clockTime } from "../core/time.ts";
import type { EnrollDoors, QrPicture } from "./doors.ts";

const INDENT = "  ";
const GAP = "   ";
/** Quiet zones of the picture in modules, the best first. */
const BORDERS = [2, 1];
/** The address shows it whole. No longer than what else stands beside the picture. */
const LONGEST_LABEL = 23;
/** The picture and the question below it are to be seen together. */
const ROWS_BELOW = 1;

export function showSecret(doors: EnrollDoors, messages: EnrollMessages, key: AppKey): void {
  const { dialog, look } = doors;
  const { columns } = dialog.size();
  const uri = otpauthUri(key);
  const facts = factLines(doors, messages, key);
  const factColumns = Math.max(...facts.map(displayWidth));
  const isBeside = ({ width }: QrPicture) =>
    INDENT.length + width + GAP.length + factColumns <= columns;
  const pictures = look.qr === "NONE" ? [] : BORDERS.map((one) => doors.drawQr(uri, look.qr, one));
  const fitting = pictures.filter((picture) => fits(picture, doors));
  const picture = fitting.find(isBeside) ?? fitting[0];

  dialog.print(uri);
  if (picture === undefined) {
    const least = pictures.at(-1);
    if (least !== undefined) {
      dialog.print(messages.qrTooLarge(least.width, least.lines.length + ROWS_BELOW));
    }
    return dialog.print([messages.typeIn, ...facts.map((line) => INDENT + line)].join("\n"));
  }
  dialog.print(messages.scan);
  if (isBeside(picture)) {
    // They begin where the eye does, a little below the picture's edge.
    const lines = picture.lines.map((line, row) =>
      `${INDENT}${line}${GAP}${facts[row - 1] ?? ""}`.trimEnd()
    );
    return dialog.print(lines.join("\n"));
  }
  const indent = INDENT.length + picture.width <= columns ? INDENT : "";
  const above = facts.map((line) => INDENT + line);
  dialog.print([...above, ...picture.lines.map((line) => indent + line)].join("\n"));
}

function fits({ width, lines }: QrPicture, { dialog }: EnrollDoors): boolean {
  const { columns, rows } = dialog.size();
  return width <= columns && lines.length + ROWS_BELOW <= rows;
}

function factLines(
  { clock, clockSynchronised }: EnrollDoors,
  messages: EnrollMessages,
  key: AppKey,
): string[] {
  const facts: [label: string, ...values: string[]][] = [
    [messages.secret, ...inGroups(key.secret, 4)],
    [
      messages.type,
      key.kind === "totp" ? messages.timeBased(key.step) : messages.counterBased,
    ],
    [messages.account, printable(key.label, LONGEST_LABEL)],
  ];
  // A counter needs no clock.
  if (key.kind === "totp") {
    const kept = messages.synchronised(clockSynchronised());
    facts.push([messages.clock, clockTime(clock.now()), kept]);
  }
  const widest = Math.max(...facts.map(([label]) => displayWidth(label)));
  return facts.flatMap(([label, ...values]) =>
    values.map((value, index) => `${padToWidth(index === 0 ? label : "", widest)}  ${value}`)
  );
}
