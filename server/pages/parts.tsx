/** Parts that several pages show. All user text passes printable() and is escaped by JSX. */
import { ALL_HOSTS, type Freeze } from "../../lib/core/freeze.ts";
import { isSsh2fa, type Login } from "../../lib/core/login.ts";
import { printable } from "../../lib/core/text.ts";
import type { PageMessages } from "../messages/page.ts";

/** Longer command lines are folded away, still longer ones cut, to keep every page under 30 KB. */
const FOLD_AFTER = 120;
const SHOWN_IN_ALL = 700;
const KINDS_SHOWN = 3;

/** PAM asks before anybody has said what shall run. */
export function isPam({ command, commandWhole }: Login): boolean {
  return command === null && !commandWhole;
}

/** `account@host`, readable at arm's length. */
export function Who({ login }: { login: Login }) {
  return (
    <p class="who">
      {printable(login.user)}
      <span>@</span>
      {printable(login.host)}
    </p>
  );
}

export function Row({ name, children }: { name: string; children?: unknown }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Where from, what for, and who asks. */
export function Facts({ login, messages: m }: { login: Login; messages: PageMessages }) {
  return (
    <>
      <Row name={isSsh2fa(login) ? m.askedBy : m.source}>{printable(login.source)}</Row>
      {!isSsh2fa(login) && <Row name={m.service}>{printable(login.service)}</Row>}
      {login.requester !== null && <Row name={m.requester}>{printable(login.requester)}</Row>}
    </>
  );
}

/** What would run: one line for a shell, or when it is not known, a box for commands. */
export function Runs(
  { logins, messages: m }: { logins: readonly Login[]; messages: PageMessages },
) {
  // By the hash too: shortened commands may begin alike.
  const kinds = Map.groupBy(logins, (l) => `${l.commandHash} ${l.commandWhole} ${l.command}`);
  const [first] = logins;
  if (first === undefined || isSsh2fa(first)) return null;
  const shown = [...kinds.values()].slice(0, KINDS_SHOWN);
  const max = Math.max(FOLD_AFTER, Math.floor(SHOWN_IN_ALL / kinds.size));
  const terminal = logins.some((l) => l.command === null && l.commandWhole && l.tty);
  const session = (login: Login) => isPam(login) ? m.notSaid : terminal ? m.shell : m.noTerminal;
  if (kinds.size === 1 && first.command === null) return <Row name={m.runs}>{session(first)}</Row>;
  return (
    <>
      <dt>{m.runs}</dt>
      <dd class="wide">
        {shown.map(([login = first, ...others]) => (
          <>
            {login.command === null
              ? <div class="box">{session(login)}</div>
              : <Command text={login.command} max={max} messages={m} />}
            {login.command !== null && !login.commandWhole && <p class="note cut">{m.notWhole}</p>}
            {others.length > 0 && <p class="note">{m.times(1 + others.length)}</p>}
          </>
        ))}
        {kinds.size > KINDS_SHOWN && <p class="note">{m.more(kinds.size - KINDS_SHOWN)}</p>}
      </dd>
    </>
  );
}

function Command(
  { text, max, messages: m }: { text: string; max: number; messages: PageMessages },
) {
  const points = [...text.split("\n").map((line) => printable(line, Infinity)).join("↵\n")];
  const cut = points.length > max;
  const shown = `${points.slice(0, max).join("")}${cut ? "…" : ""}`;
  if (points.length <= FOLD_AFTER) return <code class="box">{shown}</code>;
  return (
    <details>
      <summary>
        <code class="box">{points.slice(0, FOLD_AFTER).join("")}…</code>
        {m.showAll}
      </summary>
      <code class="box">{shown}</code>
      {cut && <p class="note cut">{m.cutShort}</p>}
    </details>
  );
}

/** "12 seconds ago", with the exact time for who wants it. */
export function Ago({ at, now, messages: m }: { at: number; now: number; messages: PageMessages }) {
  const iso = new Date(at).toISOString();
  return <time datetime={iso} title={iso}>{ago(Math.max(0, now - at), m)}</time>;
}

/** Which account, and on which host; undefined: on all. */
export function frozenIn(
  { user, host }: Pick<Freeze, "user" | "host">,
): [user: string, host: string | undefined] {
  return [printable(user, 64), host === ALL_HOSTS ? undefined : printable(host, 64)];
}

/** "12 seconds ago" */
export function ago(ms: number, m: PageMessages): string {
  const format = new Intl.RelativeTimeFormat(m.language, { numeric: "auto" });
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return format.format(-seconds, "second");
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), "minute");
  return format.format(-Math.floor(seconds / 3600), "hour");
}
