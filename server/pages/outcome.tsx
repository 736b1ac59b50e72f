/** The page that says what became of a request. */
import type { Freeze } from "../../lib/core/freeze.ts";
import type { Grant } from "../../lib/core/grant.ts";
import { isOpen, type Login, step } from "../../lib/core/login.ts";
import { duration } from "../../lib/core/messages/duration.ts";
import { printable } from "../../lib/core/text.ts";
import { frameMessages } from "../messages/frame.ts";
import type { FrozenFor, PageMessages, Said } from "../messages/page.ts";
import { MY_GRANTS, MY_LOGINS } from "../paths.ts";
import { Badge, type BadgeKind } from "./badge.tsx";
import type { PageContent } from "./layout.tsx";
import { FreezeOffer, type FreezeOfferView } from "./outcome_freeze.tsx";
import { Ago, Facts, frozenIn, isPam, Row, Runs, Who } from "./parts.tsx";
import { proofScripts } from "./parts_proof.tsx";
import { REQUEST_STYLE } from "./request_style.ts";

interface OutcomeView {
  readonly messages: PageMessages;
  /** All logins of the link. */
  readonly all: readonly [Login, ...Login[]];
  readonly now: number;
  /** The page's own address, for what is still waiting. */
  readonly action: string;
  /** Before every path, as browsers see it. */
  readonly prefix: string;
  readonly signedIn: boolean;
  /** Whether who reads it may know by whom it was approved. */
  readonly names: boolean;
  /** What was remembered by whoever reads it. */
  readonly grant: Grant | undefined;
  /** What is frozen since. */
  readonly frozen: (Pick<Freeze, "user" | "host"> & FrozenFor) | undefined;
  /** Undefined: there is nothing to freeze, or it is frozen. */
  readonly freeze: Omit<FreezeOfferView, "messages" | "action"> | undefined;
}

export function outcomePage(view: OutcomeView): PageContent {
  const { messages: m, all, now, action, prefix, signedIn, names, grant, frozen, freeze } = view;
  const waiting = all.filter((login) => isOpen(login, now)).length;
  const groups = ended(all, now);
  const [latest] = groups;
  const [login] = latest?.logins ?? all;
  const { said, badge } = frozen === undefined
    ? saying(login, m)
    : { said: m.approving.frozen(...frozenIn(frozen), frozen), badge: "bad" as const };
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
      {freeze !== undefined && <FreezeOffer {...freeze} messages={m} action={action} />}
      <Who login={login} />
      <dl>
        <Facts login={login} messages={m} />
        {login.preauth === null && <Runs logins={latest?.logins ?? all} messages={m} />}
        <Row name={m.time}>
          <Ago at={endedAt(login)} now={now} messages={m} />
        </Row>
        {names && <By login={login} messages={m} />}
        {grant !== undefined && <Remembered grant={grant} messages={m} />}
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
      {signedIn && (
        <p>
          <a href={`${prefix}${MY_LOGINS}`}>{frameMessages(m.language).logins}</a>
          {grant !== undefined && (
            <>
              {" · "}
              <a href={`${prefix}${MY_GRANTS}`}>{frameMessages(m.language).grants}</a>
            </>
          )}
        </p>
      )}
    </section>
  );
  return {
    title: said.title,
    body,
    styles: freeze === undefined ? [] : [REQUEST_STYLE],
    scripts: freeze === undefined || typeof freeze.by === "string" ? [] : proofScripts(freeze.by),
  };
}

/** Who approved it. */
function By({ login: { state, by }, messages: m }: { login: Login; messages: PageMessages }) {
  if (state !== "approved" || by === null || !/^(?:person|admin):/.test(by)) return null;
  const names = by.split(", ").map((each) => printable(each.replace(/^person:/, "")));
  return <Row name={m.approving.approvedBy}>{names.join(", ")}</Row>;
}

/** Where the reader is nobody knows, so the hour is UTC's. */
function Remembered({ grant, messages: m }: { grant: Grant; messages: PageMessages }) {
  const { remembered, until } = m.approving;
  const iso = new Date(grant.expiresAt).toISOString();
  const format = new Intl.DateTimeFormat(m.language, {
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    ...{ timeZone: "UTC", timeZoneName: "short" },
  });
  return (
    <Row name={remembered}>
      {duration(grant.expiresAt - grant.createdAt, m.language)},{" "}
      <time datetime={iso} title={iso}>{until(format.format(grant.expiresAt))}</time>
    </Row>
  );
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
  if (login.state === "approved" && login.preauth !== null) {
    return { said: m.approving.preauth.approved, badge: "good" };
  }
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
