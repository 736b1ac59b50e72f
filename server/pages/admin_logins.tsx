/** All logins: pictures of the last day, and a list to search. */
import { type LoginOutcome, type LoginPage, loginStanding } from "../../lib/core/login_list.ts";
import { PAGE_PATH } from "../paths.ts";
import { type BoardView, byWhom, runs, shown, Standing, Table, When } from "./board_parts.tsx";
import { Find, Older } from "./board_paging.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import { type Hour, HoursChart } from "./chart_hours.tsx";
import { type Flows, MapChart } from "./chart_map.tsx";
import { OUTCOMES } from "./chart_parts.tsx";
import type { PageContent } from "./layout.tsx";

interface LoginsView extends BoardView {
  /** See `byWhom`. */
  readonly givers: ReadonlyMap<string, string>;
  readonly part: LoginPage;
  readonly query: string;
  readonly outcome: LoginOutcome | undefined;
  /** Whether this is the list's front. */
  readonly first: boolean;
  /** Of all that fits the question; undefined: only at the list's front. */
  readonly pictures: { readonly hours: readonly Hour[]; readonly flows: Flows } | undefined;
}

export function loginsPage(view: LoginsView): PageContent {
  const { messages, part, query, outcome, first, pictures } = view;
  const m = messages.logins;
  const asked = {
    ...(query === "" ? {} : { q: query }),
    ...(outcome === undefined ? {} : { outcome }),
  };
  const body = (
    <>
      <h1>{m.title}</h1>
      {pictures !== undefined && (
        <div class="pictures">
          <HoursChart hours={pictures.hours} messages={messages} />
          <MapChart flows={pictures.flows} messages={messages} />
        </div>
      )}
      <section class="card">
        <Find query={query} hint={m.hint} view={view}>
          <label class="field short">
            {messages.state}
            <select name="outcome">
              <option value="">{m.anyOutcome}</option>
              {OUTCOMES.map((one) => (
                <option key={one} value={one} {...(one === outcome ? { selected: true } : {})}>
                  {m.outcomes[one]}
                </option>
              ))}
            </select>
          </label>
        </Find>
        <p class="note">{m.kept}</p>
        {part.logins.length === 0 ? <p>{messages.nothingFound}</p> : <Logins view={view} />}
        <Older
          older={part.older === undefined ? undefined : { after: part.older }}
          query={asked}
          first={first}
          view={view}
        />
      </section>
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

function Logins({ view }: { view: LoginsView }) {
  const { messages, part, now, prefix } = view;
  const columns = [
    ...[messages.account, messages.source, messages.service, messages.runs],
    ...[messages.started, messages.state, messages.by],
  ];
  return (
    <Table columns={columns} caption={messages.logins.title} tight>
      {part.logins.map((login) => {
        const standing = loginStanding(login, now);
        const open = standing === "waiting" && login.pin === null;
        const name = shown(`${login.user}@${login.host}`);
        return (
          <tr key={login.id}>
            <th scope="row">
              {open ? <a href={`${prefix}${PAGE_PATH}/${login.ticket}`}>{name}</a> : name}
            </th>
            <td class="from">{shown(login.source)}</td>
            <td>
              {shown(login.service)}
              {login.requester !== null && <>, {messages.requester} {shown(login.requester)}</>}
            </td>
            <td class="runs">{runs(login, messages, 60)}</td>
            <td>
              <When at={login.createdAt} view={view} />
            </td>
            <td class="is">
              <Standing of={standing} view={view} />
            </td>
            <td class="by">{byWhom(login.by, view, view.givers)}</td>
          </tr>
        );
      })}
    </Table>
  );
}
