/** One's own logins: what waits, what was, and what is frozen. */
import type { Child } from "hono/jsx";
import { type Freeze, mayLift } from "../../lib/core/freeze.ts";
import type { Login } from "../../lib/core/login.ts";
import { duration } from "../../lib/core/messages/duration.ts";
import { isOwnUser } from "../../lib/core/person.ts";
import { LIVE_SCRIPT } from "../assets/live_script.ts";
import { loginStanding } from "../../lib/core/login_list.ts";
import type { MyLogins, Request } from "../board.ts";
import {
  ADMIN_FREEZES,
  FROZEN,
  LIVE_EVENTS,
  LIVE_LIST,
  MY_LOGINS,
  NOT_ME,
  PAGE_PATH,
} from "../paths.ts";
import {
  type BoardView,
  byWhom,
  DoneNote,
  Fold,
  hostName,
  runs,
  shown,
  Standing,
  Table,
  When,
} from "./board_parts.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import type { PageContent } from "./layout.tsx";
import { frozenIn, Row, Who } from "./parts.tsx";

interface MyLoginsView extends BoardView {
  readonly logins: MyLogins;
  /** See `byWhom`. */
  readonly givers: ReadonlyMap<string, string>;
  /** Whether there are passkeys at this address. */
  readonly passkeys: boolean;
  /** Whether there are administrators who can be told of what is reported. */
  readonly tells: boolean;
  /** Of their accounts, in force. */
  readonly freezes: readonly Freeze[];
  /** If it was somebody else. */
  readonly whatFreezes: (login: Login) => Pick<Freeze, "user" | "host">;
}

export function myLoginsPage(view: MyLoginsView): PageContent {
  const { messages: { myLogins: m }, logins, prefix } = view;
  const waiting = logins.own.length;
  const body = (
    <>
      <div class="head">
        <h1>{m.title}</h1>
        <a class="plain small" href={`${prefix}${MY_LOGINS}`}>{m.reload}</a>
      </div>
      <DoneNote view={view} />
      <p class="note" data-live-says="live" hidden>{m.live}</p>
      <p class="note" data-live-says="notLive" hidden>{m.notLive}</p>
      <p class="error" data-live-says="ended" hidden>{m.ended}</p>
      <p class="unseen" role="status" data-live-count="">
        {waiting === 0 ? m.nothingWaits : m.waiting(waiting)}
      </p>
      <div
        class="entries"
        data-live={`${prefix}${LIVE_EVENTS}`}
        data-list={`${prefix}${LIVE_LIST}`}
      >
        {view.freezes.map((freeze) => <Frozen freeze={freeze} view={view} key={freeze.id} />)}
        <Requests
          title={waiting === 0 ? m.nothingWaits : m.waiting(waiting)}
          requests={logins.own}
          view={view}
          own
        />
        {logins.others.length > 0 && (
          <Requests title={m.waitingForOthers} requests={logins.others} view={view} />
        )}
        <Recent view={view} />
      </div>
    </>
  );
  return {
    title: m.title,
    body,
    wide: true,
    styles: [BOARD_STYLE],
    scripts: [LIVE_SCRIPT.path],
  };
}

function Frozen({ freeze, view }: { freeze: Freeze; view: MyLoginsView }) {
  const { messages, prefix, me, passkeys } = view;
  const m = messages.myLogins;
  const { id, user, host, evidence, since } = freeze;
  const may = mayLift(me, freeze, { passkey: passkeys, recoveryCode: true });
  const lift = me.administrator ? "reader" : may ? "self" : "administrator";
  return (
    <section class="card alert" data-entry={id} data-version="frozen">
      <h2>{m.frozen(shown(user))}</h2>
      <p>{m.frozenText(lift)}</p>
      <dl>
        <Row name={messages.host}>{hostName(host, messages)}</Row>
        <Row name={messages.freezes.since}>
          <When at={since} view={view} />
        </Row>
        <Row name={messages.by}>{byWhom(freeze.by, view)}</Row>
        {evidence !== null && <Row name={messages.source}>{shown(evidence.source)}</Row>}
      </dl>
      {may && (
        <p>
          <a href={`${prefix}${me.administrator ? ADMIN_FREEZES : FROZEN}`}>{m.unfreeze}</a>
        </p>
      )}
    </section>
  );
}

function Requests(
  { title, requests, view, own = false }: {
    title: string;
    requests: readonly Request[];
    view: MyLoginsView;
    own?: boolean;
  },
) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {requests.length > 0 && (
        <div class="asks">
          {requests.map((request) => (
            <Ask request={request} view={view} own={own} key={request[0].ticket} />
          ))}
        </div>
      )}
    </section>
  );
}

/**
 * The number is chosen on the request's own page, one request a screen: with several on one, the right
 * number would be tapped at the wrong one, and that denies it.
 */
function Ask({ request, view, own }: { request: Request; view: MyLoginsView; own: boolean }) {
  const { messages, prefix } = view;
  const m = messages.myLogins;
  const [login] = request;
  const path = `${prefix}${PAGE_PATH}/${login.ticket}`;
  return (
    <article
      class="ask"
      data-entry={login.ticket}
      data-version={request.map(({ id }) => id).join(" ")}
    >
      <Who login={login} />
      <dl>
        <Row name={messages.source}>{shown(login.source)}</Row>
        {login.requester !== null && <Row name={messages.requester}>{shown(login.requester)}</Row>}
        <Row name={messages.runs}>
          {login.preauth === null
            ? runs(login, messages)
            : m.preauth(duration(login.preauth.forMs, messages.language))}
        </Row>
        <Row name={messages.started}>
          <When at={login.createdAt} view={view} />
          {request.length > 1 && <>, {messages.connectionCount(request.length)}</>}
        </Row>
      </dl>
      <a class="go" href={path}>{m.open}</a>
      <form method="post" action={`${path}/deny`}>
        <button class="no small" type="submit">{m.deny}</button>
      </form>
      {own && <NotMe login={login} view={view} />}
    </article>
  );
}

function Recent({ view }: { view: MyLoginsView }) {
  const { messages, logins, now, prefix } = view;
  const m = messages.myLogins;
  const columns: [string, string, string, string, string, string, string] = [
    ...[messages.account, messages.source, messages.runs, messages.started] as const,
    ...[messages.state, messages.by, ""] as const,
  ];
  const row = (login: Login): Child => {
    const standing = loginStanding(login, now);
    return (
      <tr key={login.id} data-entry={login.id} data-version={standing}>
        <th scope="row">{shown(`${login.user}@${login.host}`)}</th>
        <td class="from">{shown(login.source)}</td>
        <td class="runs">{runs(login, messages, 40)}</td>
        <td>
          <When at={login.createdAt} view={view} />
        </td>
        <td class="is">
          <Standing of={standing} view={view} />
        </td>
        <td class="by">{byWhom(login.by, view, view.givers)}</td>
        <td>
          {standing !== "not_me" && (
            <Fold title={reportOf(login, view)} stop>
              <FreezeButton login={login} view={view} />
            </Fold>
          )}
        </td>
      </tr>
    );
  };
  return (
    <section class="card">
      <h2>{m.recent}</h2>
      {logins.recent.length === 0
        ? <p>{m.noRecent}</p>
        : (
          <form method="post" action={`${prefix}${NOT_ME}`}>
            <Table columns={columns} caption={m.recent} tight>{logins.recent.map(row)}</Table>
          </form>
        )}
    </section>
  );
}

function NotMe({ login, view }: { login: Login; view: MyLoginsView }) {
  const { messages: { myLogins: m }, prefix } = view;
  return (
    <Fold title={reportOf(login, view)} stop>
      <p class="note">{m.notMeText(...frozenIn(view.whatFreezes(login)), view.tells)}</p>
      <form method="post" action={`${prefix}${NOT_ME}`}>
        <FreezeButton login={login} view={view} />
      </form>
    </Fold>
  );
}

/** Who else uses a shared account, one cannot say by oneself: not to be oneself is nothing suspicious. */
function reportOf(
  { user, requester }: Login,
  { me, messages: { myLogins: m } }: BoardView,
): string {
  return isOwnUser(me, requester ?? user) ? m.notMe : m.suspicious;
}

function FreezeButton({ login, view }: { login: Login; view: MyLoginsView }) {
  return (
    <button class="alarm small" type="submit" name="login" value={login.id}>
      {view.messages.myLogins.notMeButton(...frozenIn(view.whatFreezes(login)))}
    </button>
  );
}
