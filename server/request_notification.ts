/** What people are told of a request, made of its logins. */
import { isTyped } from "../lib/core/account_request.ts";
import { isSsh2fa, type Login } from "../lib/core/login.ts";
import type {
  EndedNotification,
  LoginFacts,
  RequestAnswer,
  RequestNotification,
} from "../lib/core/notification.ts";
import { takesTwo } from "../lib/core/person.ts";
import type { Ended } from "../lib/core/sent_message.ts";
import type { AppConfig } from "./deps.ts";
import { PAGE_PATH } from "./paths.ts";

export type Some<T> = readonly [T, ...T[]];

/**
 * What can be answered in a chat. Of an account that takes two, each of them proves who they are on the
 * page; and the link of a login of SSH2FA's is too long for a button.
 * @param answers whether the one who gets it can answer there
 */
export function answerTo(
  login: Login,
  answers: boolean,
  { approval }: Pick<AppConfig, "approval">,
): RequestAnswer {
  if (!answers || takesTwo(login, approval) || isSsh2fa(login)) return { by: "link" };
  const { match, choices } = login;
  return { by: "chat", number: match === null ? null : isTyped(login) ? "typed" : { choices } };
}

/**
 * @param open all that can still be decided
 * @param firstBy who has given the first of two approvals, where that may be said
 */
export function requestNotification(
  open: Some<Login>,
  { firstBy, ...reading }:
    & Pick<RequestNotification, "answer" | "escalated" | "reader" | "shared">
    & { readonly firstBy: string | null },
  { approval, publicUrl }: Pick<AppConfig, "approval" | "publicUrl">,
): RequestNotification {
  const [login] = open;
  const { command, preauth, ticket } = login;
  return {
    kind: "request",
    ...factsOf(login),
    ticket,
    url: `${publicUrl}${PAGE_PATH}/${ticket}`,
    command,
    // Of several that differ this is one.
    commandWhole: open.every((each) => each.commandWhole && each.command === command),
    preauthMs: preauth?.forMs ?? null,
    connections: open.length,
    expiresAt: Math.min(...open.map(({ expiresAt }) => expiresAt)),
    twoPersons: takesTwo(login, approval),
    ...(firstBy === null ? {} : { firstBy }),
    ...reading,
  };
}

export function endedNotification({ login, outcome, by }: Ended): EndedNotification {
  const { decidedAt, ticket, via } = login;
  return { kind: "request_ended", ...factsOf(login), ticket, outcome, by, via, decidedAt };
}

function factsOf(login: Login): LoginFacts {
  const { user, host, service, source, requester, createdAt: at } = login;
  return { user, host, service, source, requester, at };
}
