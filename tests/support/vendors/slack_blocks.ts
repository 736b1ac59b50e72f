/** Slack's blocks with their limits (docs.slack.dev/reference/block-kit), and what is read in them. */
import * as v from "valibot";
import { readMrkdwn, readPlainText, type SlackText } from "./slack_text.ts";

const Plain = (max: number) =>
  v.strictObject({
    type: v.literal("plain_text"),
    text: v.pipe(v.string(), v.minLength(1), v.maxLength(max)),
    emoji: v.optional(v.boolean()),
  });
const Mrkdwn = (max: number) =>
  v.strictObject({
    type: v.literal("mrkdwn"),
    text: v.pipe(v.string(), v.minLength(1), v.maxLength(max)),
    verbatim: v.optional(v.boolean()),
  });
const Text = (max: number) => v.variant("type", [Plain(max), Mrkdwn(max)]);
const name = v.optional(v.pipe(v.string(), v.maxLength(255)));

const Button = v.strictObject({
  type: v.literal("button"),
  action_id: name,
  text: Plain(75),
  value: v.optional(v.pipe(v.string(), v.maxLength(2_000))),
  url: v.optional(v.pipe(v.string(), v.maxLength(3_000))),
  style: v.optional(v.picklist(["primary", "danger"])),
});
const Field = v.strictObject({
  type: v.literal("plain_text_input"),
  action_id: name,
  min_length: v.optional(v.number()),
  max_length: v.optional(v.number()),
  dispatch_action_config: v.optional(
    v.object({
      trigger_actions_on: v.array(v.picklist(["on_enter_pressed", "on_character_entered"])),
    }),
  ),
});
const Block = v.variant("type", [
  v.strictObject({ type: v.literal("header"), block_id: name, text: Plain(150) }),
  v.pipe(
    v.strictObject({
      type: v.literal("section"),
      block_id: name,
      text: v.optional(Text(3_000)),
      fields: v.optional(v.pipe(v.array(Text(2_000)), v.minLength(1), v.maxLength(10))),
    }),
    v.check(({ fields, text }) => fields !== undefined || text !== undefined),
  ),
  v.strictObject({
    type: v.literal("actions"),
    block_id: name,
    elements: v.pipe(v.array(Button), v.minLength(1), v.maxLength(25)),
  }),
  v.strictObject({
    type: v.literal("input"),
    block_id: name,
    dispatch_action: v.optional(v.boolean()),
    label: Plain(2_000),
    element: Field,
  }),
]);
export const Blocks = v.pipe(v.array(Block), v.minLength(1), v.maxLength(50));
type Blocks = v.InferOutput<typeof Blocks>;

export interface SlackButton {
  readonly block: string;
  readonly action: string;
  readonly value: string;
}
export interface SlackField {
  readonly block: string;
  readonly action: string;
}

export function readBlocks(blocks: Blocks): SlackText {
  const texts = blocks.flatMap((block) => {
    switch (block.type) {
      case "header":
        return [block.text];
      case "section":
        return [...(block.text === undefined ? [] : [block.text]), ...(block.fields ?? [])];
      case "actions":
        return block.elements.map(({ text }) => text);
      case "input":
        return [block.label];
    }
  });
  const read = texts.map((one) =>
    one.type === "plain_text"
      ? readPlainText(one.text)
      : readMrkdwn(one.text, one.verbatim ?? false)
  );
  const urls = blocks.flatMap((block) => block.type === "actions" ? block.elements : [])
    .flatMap(({ url }) => url === undefined ? [] : [url]);
  return {
    text: read.map(({ text }) => text).join("\n"),
    links: [...read.flatMap(({ links }) => links), ...urls],
    mentions: read.flatMap(({ mentions }) => mentions),
  };
}

export function buttonsIn(blocks: Blocks): SlackButton[] {
  return blocks.flatMap((block, at) =>
    block.type !== "actions" ? [] : block.elements.map(({ action_id = "", value = "" }) => ({
      block: block.block_id ?? `b${at}`,
      action: action_id,
      value,
    }))
  );
}

/** That sends what is typed at once. */
export function fieldIn(blocks: Blocks): SlackField | undefined {
  const block = blocks.find((one) => one.type === "input" && one.dispatch_action === true);
  return block?.type !== "input"
    ? undefined
    : { block: block.block_id ?? "", action: block.element.action_id ?? "" };
}
