/** The page that asks: who wants to get in, and is it you? */
import type { Login } from "../../lib/core/login.ts";
import { printable } from "../../lib/core/text.ts";
import type { PageMessages } from "../messages/page.ts";
import type { PageContent } from "./layout.tsx";
import { Ago, Facts, Row, Runs, Who } from "./parts.tsx";

interface RequestView {
  readonly messages: PageMessages;
  /** The logins that can still be decided; all of one request, so alike but for their commands. */
  readonly open: readonly [Login, ...Login[]];
  readonly now: number;
  /** Where the forms go: the page's own address. */
  readonly action: string;
}

export function requestPage({ messages: m, open, now, action }: RequestView): PageContent {
  const [login] = open;
  const started = Math.min(...open.map((l) => l.createdAt));
  const expiresAt = Math.min(...open.map((l) => l.expiresAt));
  const left = Math.max(1, Math.ceil((expiresAt - now) / 1000));
  const body = (
    <section class="card">
      <h1>{m.question}</h1>
      <Who login={login} />
      <dl>
        <Facts login={login} messages={m} />
        {open.length > 1 && <Row name={m.connections}>{m.connectionCount(open.length)}</Row>}
        <Row name={m.started}>
          <Ago at={started} now={now} messages={m} />
        </Row>
        {login.key !== null && (
          <Row name={m.key}>
            <code>{printable(login.key)}</code>
          </Row>
        )}
        <Runs logins={open} messages={m} />
      </dl>
      <div class="stage">
        <div class="live">
          <Clock left={left} messages={m} />
          <form method="post" action={`${action}/approve`}>
            <Numbers login={login} messages={m} />
            <input type="hidden" name="shown" value={open.map((l) => l.id).join(",")} />
            <button class="go" type="submit">{m.approve}</button>
          </form>
          <form method="post" action={`${action}/deny`}>
            <div class="pair">
              <button class="no" type="submit">{m.deny}</button>
              <button class="alarm" type="submit" name="not_me" value="1">{m.notMe}</button>
            </div>
          </form>
        </div>
        <div class="over">
          <h2>{m.timeUp.title}</h2>
          <p>{m.timeUp.text}</p>
        </div>
      </div>
    </section>
  );
  const total = Math.max(1, Math.ceil((expiresAt - started) / 1000));
  return { messages: m, title: m.question, body, clock: { left, total } };
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

function Numbers({ login, messages: m }: { login: Login; messages: PageMessages }) {
  if (login.match === null) return null;
  return (
    <fieldset>
      <legend>{m.chooseNumber}</legend>
      {login.choices.map((choice) => (
        <label class="choice">
          <input type="radio" name="match" value={choice} required />
          <span class="number">{choice}</span>
        </label>
      ))}
    </fieldset>
  );
}
