/** What the approval page's forms send, and programs as JSON. */
import * as v from "valibot";
import { groupIn, isGroupName, type Scope } from "../lib/core/host_group.ts";
import type { Remember } from "../lib/core/passkey_challenge.ts";
import type { GivenProof, Wish } from "./approving.ts";
import { type Body, check } from "./body.ts";
import type { Filled } from "./pages/request_form.tsx";

const text = (length: number) => v.optional(v.pipe(v.string(), v.trim(), v.maxLength(length)), "");
/** Ids of the logins on the page, so that approving means those and no later ones. */
const shown = v.optional(
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_,-]{1,4000}$/, "must be login ids")),
);
const scope = v.pipe(
  v.string(),
  v.check(
    (name) => name === "host" || isGroupName(groupIn(name) ?? ""),
    "must be host or group:NAME",
  ),
);
const commands = v.optional(v.picklist(["any", "transfer"]), "any");
const seconds = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(31_536_000));

/** Longer than any name, code, or answer of a passkey. */
const typed = { name: text(256), code: text(64) };
const proof = { ...typed, passkey: text(16_000) };

const approval = {
  match: text(8),
  shown,
  remember: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{0,8}$/, "must be seconds")), ""),
  scope: v.optional(scope, "host"),
  commands,
  ...proof,
  decision: v.optional(v.literal("approve")),
};
const FormApproval = v.strictObject(approval);
const FormOptions = v.strictObject({
  ...approval,
  decision: v.picklist(["approve", "not_me"]),
  not_me: v.optional(v.literal("1")),
});
const JsonApproval = v.strictObject({
  match: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{2}$/, "must be two digits"))),
  shown,
  remember: v.optional(
    v.strictObject({ for: seconds, scope: v.optional(scope, "host"), commands }),
  ),
  ...typed,
});
const FormDenial = v.strictObject({
  not_me: v.optional(v.literal("1")),
  shown,
  ...proof,
  decision: v.optional(v.literal("not_me")),
});
const JsonDenial = v.strictObject({ not_me: v.optional(v.boolean()), ...typed });

interface Approval {
  readonly wish: Wish;
  readonly proof: GivenProof;
  /** For when the form has to be shown again. */
  readonly filled: Filled;
}

/** @throws Fault 422 */
export function approvalForm(body: Body): Approval {
  if (body.kind === "form") return fromForm(check(FormApproval, body.value));
  const { match, shown, remember, name, code } = check(JsonApproval, body.value);
  const wish: Wish = {
    match: match ?? null,
    shown: shown?.split(","),
    remember: remember === undefined
      ? null
      : remembering(remember.for, remember.scope, remember.commands),
  };
  return { wish, proof: { name, code, passkey: "" }, filled: {} };
}

/** The approval form, or the one under a denial, before a passkey signs it. @throws Fault 422 */
export function optionsForm(value: unknown): Approval & { decision: "approve" | "not_me" } {
  const form = check(FormOptions, value);
  return { ...fromForm(form), decision: form.decision };
}

interface Denial {
  readonly notMe: boolean;
  readonly shown: readonly string[] | undefined;
  readonly proof: GivenProof;
}

/** @throws Fault 422 */
export function denialForm(body: Body): Denial {
  if (body.kind === "json") {
    const { not_me = false, name, code } = check(JsonDenial, body.value);
    return { notMe: not_me, shown: undefined, proof: { name, code, passkey: "" } };
  }
  const { not_me, shown, name, code, passkey } = check(FormDenial, body.value);
  return { notMe: not_me === "1", shown: shown?.split(","), proof: { name, code, passkey } };
}

function fromForm(form: Omit<v.InferOutput<typeof FormApproval>, "decision">): Approval {
  const { shown, remember, scope, commands, name, code, passkey } = form;
  // As it may be typed where no key of ours is in the way.
  const match = form.match.normalize("NFKC").trim();
  const known = /^[0-9]{2}$/.test(match) ? match : undefined;
  return {
    wish: {
      match: known ?? null,
      shown: shown?.split(","),
      remember: remember === "" ? null : remembering(Number(remember), scope, commands),
    },
    proof: { name, code, passkey },
    filled: { match: known, remember, scope, commands },
  };
}

function remembering(seconds: number, where: string, commands: Remember["commands"]): Remember {
  const group = groupIn(where);
  const scope: Scope = group === undefined ? "host" : `group:${group}`;
  return { forMs: seconds * 1000, commands, scope };
}
