/**
 * What Slack's `error` means: docs.slack.dev/reference/methods/chat.postMessage and chat.update, under
 * "Errors"; docs.slack.dev/apis/web-api/rate-limits.
 */
import * as v from "valibot";
import type { DeliveryFault } from "../core/delivery.ts";
import type { Refusal, VendorAnswer } from "./channel.ts";
import { refusing, retryAfter, unspoken } from "./refusal.ts";

const ERRORS: Readonly<Record<string, DeliveryFault>> = {
  accesslimited: "address", // not from this network
  account_inactive: "settings",
  app_missing_action_url: "settings", // buttons, and no Request URL
  cannot_reply_to_message: "rejected",
  cant_update_message: "settings", // another app's
  channel_not_found: "recipient",
  edit_window_closed: "rejected",
  ekm_access_denied: "settings",
  enterprise_is_restricted: "settings",
  external_channel_migrating: "unavailable",
  fatal_error: "unavailable",
  internal_error: "unavailable",
  invalid_auth: "settings", // wrong token, or an address that the workspace does not allow
  is_archived: "recipient",
  is_inactive: "recipient",
  message_limit_exceeded: "rate_limited",
  message_not_found: "rejected",
  messages_tab_disabled: "settings", // the app's home takes no messages
  missing_scope: "settings",
  msg_too_long: "rejected",
  no_permission: "settings",
  not_allowed_token_type: "settings",
  not_authed: "settings",
  not_in_channel: "recipient",
  org_login_required: "unavailable",
  rate_limited: "rate_limited",
  ratelimited: "rate_limited",
  request_timeout: "unavailable",
  restricted_action: "recipient",
  restricted_action_read_only_channel: "recipient",
  restricted_action_thread_only_channel: "recipient",
  service_unavailable: "unavailable",
  team_access_not_granted: "settings",
  team_added_to_org: "unavailable",
  token_expired: "settings",
  token_revoked: "settings",
  two_factor_setup_required: "settings",
  update_failed: "unavailable",
  user_not_found: "recipient",
};
const HINTS: Readonly<Record<string, string>> = {
  app_missing_action_url: "give the app a Request URL (Interactivity & Shortcuts), or set " +
    "buttons = false",
  invalid_auth:
    "compare token in server.toml with the app's page OAuth & Permissions, and look at " +
    "the allowed addresses there",
  messages_tab_disabled: "switch the Messages Tab on, under App Home of the app",
  missing_scope: "give the app the bot scope chat:write and install it again",
  not_in_channel: "invite the app to the channel (/invite)",
};
/** "It's possible some aspect of the operation succeeded before the error was raised." */
const PERHAPS = new Set(["fatal_error", "internal_error", "request_timeout"]);

export const refuse = refusing("slack", {
  recipient: "compare the contact with the member ID in the person's profile (Copy member ID)",
  rate_limited: "try again in a minute",
  settings: "compare token in server.toml with the app's page OAuth & Permissions, and see that " +
    "the app is installed",
  address: "let the workspace allow this server's address",
  unavailable: "check that this server can reach Slack, and look at slack-status.com",
  unusable: "check url in server.toml; a proxy may answer in Slack's place",
  rejected: "look the error up in Slack's documentation of chat.postMessage and chat.update",
});

const Failed = v.object({ ok: v.literal(false), error: v.optional(v.string(), "") });

export function readSlackFault(answer: VendorAnswer): Refusal {
  const read = v.safeParse(Failed, answer.json);
  if (!read.success) return unspoken(refuse, answer);
  const { error } = read.output;
  const known = Object.hasOwn(ERRORS, error);
  const why = known ? ERRORS[error] ?? "rejected" : "rejected";
  // They are names and no text; one that is unknown could be anything.
  const what = known ? `answers ${error}` : "answers an unknown error";
  const hint = Object.hasOwn(HINTS, error) ? HINTS[error] : undefined;
  return refuse(why, what, {
    ...(hint === undefined ? {} : { hint }),
    ...(PERHAPS.has(error) ? { mayArrive: true } : {}),
    ...(error === "ratelimited" || error === "service_unavailable"
      ? { retryAfterMs: retryAfter(answer) }
      : {}),
  });
}
