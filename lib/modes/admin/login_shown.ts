/** What an administrator reads of a login at the terminal. */
import { Exit, Failure } from "../../core/errors.ts";
import type { Login } from "../../core/login.ts";
import { ago } from "../../core/table.ts";
import { printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";

/** How many characters of an id are shown. */
export const SHOWN_ID = 8;

export function ended(login: Login | undefined, id: string, now: number): Failure {
  if (login === undefined) return new Failure(Exit.denied, `login ${id} is forgotten`);
  const by = login.by === null ? "" : ` by ${printable(login.by)}`;
  const when = ago(login.decidedAt ?? login.createdAt, now);
  return new Failure(
    Exit.denied,
    `login ${id.slice(0, SHOWN_ID)} of ${account(login)} has ended: ${login.state}${by}, ${when}`,
    "the user can start another one",
  );
}

export function summary(login: Login): string {
  return `${account(login)} from ${printable(login.source)}: ${what(login, Infinity)}`;
}

export function account(login: Login): string {
  return printable(`${login.user}@${login.host}`, 48);
}

/** @param max characters of the command: in a table a few, before a decision is reported all */
export function what(login: Login, max: number): string {
  const { requester } = login;
  return requester === null
    ? runs(login, max)
    : `${runs(login, max)}, asked by ${printable(requester, 48)}`;
}

function runs({ command, commandWhole, service, tty, preauth }: Login, max: number): string {
  if (preauth !== null) {
    const only = preauth.commands === "transfer" ? " for transfers of files only" : "";
    return `a grant of ${Math.round(preauth.forMs / 60_000)} min${only}`;
  }
  if (command !== null) {
    return `${printable(command, max)}${commandWhole ? "" : " (not the whole command)"}`;
  }
  if (!commandWhole) return `login by ${printable(service, 48)}`;
  return tty ? "interactive shell" : "shell without terminal";
}

export function asJson(login: Login) {
  const { id, state, reason, host, user, service, source, requester } = login;
  const { key, tty, command, by, via } = login;
  return {
    id,
    state,
    reason,
    host,
    user,
    service,
    source,
    requester,
    key,
    tty,
    command,
    command_whole: login.commandWhole,
    grant_for: login.preauth === null ? null : login.preauth.forMs / 1000,
    by,
    via,
    created_at: rfc3339(login.createdAt),
    expires_at: rfc3339(login.expiresAt),
    decided_at: rfc3339(login.decidedAt),
  };
}
