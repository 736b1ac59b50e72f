/** The page that asks: who wants to get in, and is it you? */
import type { Login } from "../../lib/core/login.ts";
import { duration } from "../../lib/core/messages/duration.ts";
import { printable } from "../../lib/core/text.ts";
import type { PageMessages } from "../messages/page.ts";
import type { PageContent } from "./layout.tsx";
import { Ago, ago, Facts, Row, Runs, Who } from "./parts.tsx";
import { proofScripts } from "./parts_proof.tsx";
import { DenialForm, type DenialView } from "./request_denial.tsx";
import {
  ApproveForm,
  type Filled,
  HandOver,
  type RememberView,
  type Standing,
} from "./request_form.tsx";
import { REQUEST_STYLE } from "./request_style.ts";

/** Of an account that takes two persons. */
export interface TwoPersons {
  /** Who has approved it: names where they may be said, else how many. */
  readonly given: readonly string[] | number;
  /** The one at this page is among them. */
  readonly byYou: boolean;
  /** Where one signs in to see who. */
  readonly signIn: string;
}

interface RequestView extends DenialView {
  readonly messages: PageMessages;
  /** The logins that can still be decided; all of one request, so alike but for their commands. */
  readonly open: readonly [Login, ...Login[]];
  readonly now: number;
  /** Where the forms go: the page's own address. */
  readonly action: string;
  readonly standing: Standing;
  /** Undefined: nothing can be remembered. */
  readonly remember: RememberView | undefined;
  /** Undefined: one is enough. */
  readonly two: TwoPersons | undefined;
  /** Why who is signed in may not approve it, so that somebody else has to. */
  readonly handOver: string | undefined;
  /** What kept it as it is. */
  readonly note: string | undefined;
  readonly filled: Filled;
}

export function requestPage(view: RequestView): PageContent {
  const { messages: m, open, now, standing, two, others, handOver, note } = view;
  const [login] = open;
  const a = m.approving;
  const started = Math.min(...open.map((l) => l.createdAt));
  const expiresAt = Math.min(...open.map((l) => l.expiresAt));
  const left = Math.max(1, Math.ceil((expiresAt - now) / 1000));
  const question = others === undefined
    ? login.preauth === null ? m.question : a.preauth.question
    : (login.preauth === null ? a.others.question : a.others.preauth)(printable(others, 64));
  const body = (
    <section class="card">
      <h1>{question}</h1>
      {note !== undefined && <p class="error" role="alert">{note}</p>}
      <Who login={login} />
      <dl>
        <Facts login={login} messages={m} />
        {open.length > 1
          ? <Connections logins={open} now={now} messages={m} />
          : (
            <Row name={m.started}>
              <Ago at={started} now={now} messages={m} />
            </Row>
          )}
        {login.key !== null && (
          <Row name={m.key}>
            <code>{printable(login.key)}</code>
          </Row>
        )}
        {login.preauth === null
          ? <Runs logins={open} messages={m} />
          : <Preauth {...login.preauth} messages={m} />}
      </dl>
      <div class="stage">
        <div class="live">
          <Clock left={left} messages={m} />
          {two !== undefined && <Two two={two} messages={m} />}
          {two?.byYou !== true &&
            (handOver === undefined
              ? <ApproveForm {...view} />
              : <HandOver {...view} why={handOver} />)}
          <DenialForm {...view} />
        </div>
        <div class="over">
          <h2>{m.timeUp.title}</h2>
          <p>{m.timeUp.text}</p>
        </div>
      </div>
    </section>
  );
  const total = Math.max(1, Math.ceil((expiresAt - started) / 1000));
  return {
    title: question,
    body,
    clock: { left, total },
    styles: [REQUEST_STYLE],
    scripts: standing.kind === "proof" ? proofScripts(standing) : [],
  };
}

/** By the second: whoever has not begun all of them finds the one that is somebody else's. */
function Connections(
  { logins, now, messages: m }: { logins: readonly Login[]; now: number; messages: PageMessages },
) {
  const began = Map.groupBy(logins, ({ createdAt }) => ago(Math.max(0, now - createdAt), m));
  return (
    <>
      <dt>{m.started}</dt>
      <dd>
        <ol class="began">
          {[...began].map(([when, { length }]) => (
            <li key={when}>{length === 1 ? when : `${when}, ${m.times(length)}`}</li>
          ))}
        </ol>
      </dd>
      <dd class="wide error">{m.allYours(logins.length)}</dd>
    </>
  );
}

function Preauth(
  { forMs, commands, messages: m }: {
    forMs: number;
    commands: "any" | "transfer";
    messages: PageMessages;
  },
) {
  const { preauth, onlyTransfer, transferWrites } = m.approving;
  return (
    <>
      <Row name={m.runs}>{preauth.runs}</Row>
      <Row name={preauth.asked}>{duration(forMs, m.language)}</Row>
      <dd class="wide">
        {preauth.text}
        {commands === "transfer" && ` ${onlyTransfer}. ${transferWrites}`}
      </dd>
    </>
  );
}

function Two({ two, messages: m }: { two: TwoPersons; messages: PageMessages }) {
  const { given, byYou, signIn } = two;
  const { twoPersons, yoursGiven, firstGiven, firstHidden, seeWho } = m.approving;
  if (byYou) return <p class="done" role="status">{yoursGiven}</p>;
  if (typeof given !== "number" && given.length > 0) {
    return <p class="done">{firstGiven(given.map((name) => printable(name)).join(", "))}</p>;
  }
  if (typeof given === "number" && given > 0) {
    return (
      <p class="done">
        {firstHidden} <a href={signIn}>{seeWho}</a>
      </p>
    );
  }
  return <p class="note">{twoPersons}</p>;
}

function Clock({ left, messages: m }: { left: number; messages: PageMessages }) {
  const [before, after] = m.left;
  return (
    <div class="clock">
      <span class="bar" aria-hidden="true" />
      <span role="timer" aria-label={`${before}${left}${after}`}>
        {before}
        <b class="seconds" />
        {after}
      </span>
    </div>
  );
}
