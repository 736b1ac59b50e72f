/** Parts of lists. All user text passes printable() and is escaped by JSX. */
import type { Child } from "hono/jsx";
import { groupIn } from "../../lib/core/host_group.ts";
import type { Login } from "../../lib/core/login.ts";
import { loginOutcome, type LoginStanding } from "../../lib/core/login_list.ts";
import { duration } from "../../lib/core/messages/duration.ts";
import { byPerson, type Person } from "../../lib/core/person.ts";
import { printable } from "../../lib/core/text.ts";
import type { BoardMessages, Done, FormFault } from "../messages/board_words.ts";
import { SIGN_IN } from "../paths.ts";

/** What every page of lists is told. */
export interface BoardView {
  readonly messages: BoardMessages;
  readonly now: number;
  /** Before every path, as browsers see it. */
  readonly prefix: string;
  /** Who is signed in. */
  readonly me: Person;
  /** Whether what is sensitive may be changed without proving again who one is. */
  readonly fresh: boolean;
  /** The path of this page. */
  readonly at: string;
  /** What has just been done. */
  readonly done?: Done | undefined;
}

const NAME_SHOWN = 64;

/** Names as they are shown: long ones cut. */
export function shown(text: string): string {
  return printable(text, NAME_SHOWN);
}

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]] as const;

/** "3 minutes ago" or "in 2 hours", with the exact time for who wants it. */
export function When({ at, view: { now, messages } }: { at: number; view: BoardView }) {
  const seconds = Math.trunc((at - now) / 1000);
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ??
    ["second", 1] as const;
  const format = new Intl.RelativeTimeFormat(messages.language, { numeric: "auto" });
  const iso = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return <time datetime={iso} title={iso}>{format.format(Math.trunc(seconds / length), unit)}
  </time>;
}

/** "Jan 13, 2026, 16:00 UTC", for what is planned by: where the reader is nobody knows without a script. */
export function Exactly({ at, view: { messages } }: { at: number; view: BoardView }) {
  const format = new Intl.DateTimeFormat(messages.language, {
    ...{ dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone: "UTC" },
  });
  const iso = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return <time datetime={iso}>{format.format(at)} UTC</time>;
}

export function WhenOrNever({ at, view }: { at: number | null; view: BoardView }) {
  return at === null ? <>{view.messages.never}</> : <When at={at} view={view} />;
}

export function Standing({ of, view: { messages } }: { of: LoginStanding; view: BoardView }) {
  const outcome = loginOutcome(of);
  const tone = outcome === "refused"
    ? "bad"
    : outcome === "approved" || outcome === "remembered"
    ? "good"
    : "";
  return <span class={tone === "" ? "tag" : `tag ${tone}`}>{messages.standing[of]}</span>;
}

/** What would run, in one line. */
export function runs(
  { command, commandWhole, preauth, tty }: Login,
  m: BoardMessages,
  max = 80,
): string {
  if (preauth !== null) return m.ahead(duration(preauth.forMs, m.language));
  if (command !== null) return `${printable(command, max)}${commandWhole ? "" : " …"}`;
  if (!commandWhole) return m.notSaid;
  return tty ? m.shell : m.noTerminal;
}

/** `*` and groups in words. */
export function hostName(host: string, m: BoardMessages): string {
  const group = groupIn(host);
  if (group !== undefined) return m.group(shown(group));
  return host === "*" ? m.anyHost : shown(host);
}

const NOBODY: ReadonlyMap<string, string> = new Map();

/**
 * Who decided or gave something. Administrators see who; others only whether it was they themselves:
 * whom else an account belongs to is not for them.
 * @param by as in a login's `by`: also several, and a grant's id
 * @param givers who gave the grants, see `giversOf`
 */
export function byWhom(
  by: string | null,
  { me, messages: m }: BoardView,
  givers: ReadonlyMap<string, string> = NOBODY,
): string {
  if (by === null || by === "") return "";
  const [, grant] = /^grant:(.*)$/s.exec(by) ?? [];
  const whom = grant === undefined ? by : givers.get(grant);
  if (whom === undefined) return m.earlier;
  const one = (each: string) => {
    if (each === byPerson(me)) return m.you;
    if (each === "gatehouse") return m.automatic;
    if (each === "link") return m.byLink;
    return me.administrator ? printable(each, 200) : m.somebodyElse;
  };
  return whom.split(", ").map(one).join(", ");
}

/** A cell whose column is named again where the table becomes cards. */
export function Cell(
  { name, kind = "", children }: { name: string; kind?: "" | "from" | "by"; children?: Child },
) {
  return <td data-name={name} class={kind}>{children}</td>;
}

/**
 * @param columns the empty one is of buttons
 * @param tight for cells that need no name where the table becomes cards; the one with `class="is"` is
 *   beside the row's heading then
 */
export function Table(
  { columns, caption, tight = false, children }: {
    columns: readonly string[];
    caption: string;
    tight?: boolean;
    children?: Child;
  },
) {
  return (
    <table class={tight ? "cards tight" : "cards"}>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map((name) =>
            name === "" ? <td key={name} /> : <th scope="col" key={name}>{name}</th>
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

export function DoneNote({ view: { done, messages } }: { view: BoardView }) {
  return done === undefined ? null : <p class="done" role="status">{messages.done[done]}</p>;
}

/** @param detail which part of what was typed @param advice what to do about it */
export function FaultNote(
  { fault, detail, advice, view: { messages } }: {
    fault: FormFault | undefined;
    detail?: string | undefined;
    advice?: string | undefined;
    view: BoardView;
  },
) {
  if (fault === undefined) return null;
  return (
    <p class="error" role="alert">
      {messages.faults[fault]}
      {detail !== undefined && (
        <>
          {" "}
          <code>{printable(detail, 100)}</code>
        </>
      )}
      {advice !== undefined && (
        <>
          <br />
          {advice}
        </>
      )}
    </p>
  );
}

/** What may only be changed by somebody who has just proven who they are. @param text what it is for */
export function WhenFresh(
  { view, text = view.messages.fresh.text, children }: {
    view: BoardView;
    text?: string;
    children?: Child;
  },
) {
  if (view.fresh) return <>{children}</>;
  const { fresh } = view.messages;
  const query = new URLSearchParams({ to: view.at, again: "1" });
  return (
    <p class="note">
      {text} <a href={`${view.prefix}${SIGN_IN}?${query}`}>{fresh.link}</a>
    </p>
  );
}

/** A question before what cannot be taken back: one press opens it, the next one does it. */
export function Fold(
  { title, stop = false, children }: { title: string; stop?: boolean; children?: Child },
) {
  return (
    <details class={stop ? "fold stop" : "fold"}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
