/** The page that says what became of a request. */
import { isOpen, type Login, step } from "../../lib/core/login.ts";
import type { PageMessages, Said } from "../messages/page.ts";
import { Badge, type BadgeKind } from "./badge.tsx";
import type { PageContent } from "./layout.tsx";
import { Ago, Facts, isPam, Row, Runs, Who } from "./parts.tsx";

interface OutcomeView {
  readonly messages: PageMessages;
  /** All logins of the link. */
  readonly all: readonly [Login, ...Login[]];
  readonly now: number;
  /** The page's own address, for what is still waiting. */
  readonly action: string;
}

export function outcomePage({ messages: m, all, now, action }: OutcomeView): PageContent {
  const waiting = all.filter((login) => isOpen(login, now)).length;
  const groups = ended(all, now);
  const [latest] = groups;
  const [login] = latest?.logins ?? all;
  const { said, badge } = saying(login, m);
  const body = (
    <section class="card result">
      <Badge kind={badge} />
      <h1>{said.title}</h1>
      <p>{said.text}</p>
      {waiting > 0 && (
        <div class="next">
          <p>{m.alsoWaiting(waiting)}</p>
          <a href={action}>{m.decideThem}</a>
        </div>
      )}
      <Who login={login} />
      <dl>
        <Facts login={login} messages={m} />
        <Runs logins={latest?.logins ?? all} messages={m} />
        <Row name={m.time}>
          <Ago at={endedAt(login)} now={now} messages={m} />
        </Row>
      </dl>
      {groups.length > 1 && (
        <dl>
          {groups.map(({ logins: [one, ...others] }) => (
            <Row name={saying(one, m).said.title}>
              {m.times(1 + others.length)}, <Ago at={endedAt(one)} now={now} messages={m} />
            </Row>
          ))}
        </dl>
      )}
    </section>
  );
  return { messages: m, title: said.title, body };
}

interface Group {
  readonly logins: readonly [Login, ...Login[]];
}

/** Ended logins, those with one end together, the latest first. Time counts, noted down or not. */
function ended(all: readonly Login[], now: number): Group[] {
  const groups = new Map<string, [Login, ...Login[]]>();
  const seen = all.map((login) => step(login, { type: "expire" }, now).login)
    .filter((login) => login.state !== "pending")
    .sort((a, b) => endedAt(b) - endedAt(a));
  for (const login of seen) {
    const key = `${login.state} ${login.reason}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [login]);
    else group.push(login);
  }
  return [...groups.values()].map((logins) => ({ logins }));
}

/** Time ends a login when it is up, however late somebody looks. */
function endedAt(login: Login): number {
  if (login.reason === "timeout") return login.expiresAt;
  return login.decidedAt ?? login.expiresAt;
}

function saying(login: Login, m: PageMessages): { said: Said; badge: BadgeKind } {
  if (login.state === "approved") {
    return { said: isPam(login) ? m.approvedInPam : m.approved, badge: "good" };
  }
  switch (login.reason) {
    case "not_me":
      return { said: m.notMine, badge: "bad" };
    case "wrong_number":
      return { said: m.wrongNumber, badge: "bad" };
    case "denied":
    case "too_many_codes":
    case "not_delivered":
      return { said: m.denied, badge: "bad" };
    case "not_collected":
      return { said: m.notCollected, badge: "calm" };
    case "hung_up":
      return { said: m.cancelled, badge: "calm" };
    case "code_used":
      return { said: m.codeUsed, badge: "calm" };
    case "timeout":
    case null:
      return { said: m.expired, badge: "calm" };
  }
}
