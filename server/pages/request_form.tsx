/** The form that approves: the number, what to remember, and who it is that approves. */
import { groupIn } from "../../lib/core/host_group.ts";
import { isTyped } from "../../lib/core/account_request.ts";
import type { Login } from "../../lib/core/login.ts";
import { printable } from "../../lib/core/text.ts";
import { duration } from "../../lib/core/messages/duration.ts";
import type { PageMessages } from "../messages/page.ts";
import { ProofFields, type ProofView, SignedInAs } from "./parts_proof.tsx";

export type Standing =
  /** Whoever has the link may. */
  | { readonly kind: "link" }
  /** Signed in, and may. */
  | { readonly kind: "signed_in"; readonly name: string }
  /** Is to prove who they are. */
  | ({ readonly kind: "proof" } & ProofView);

export interface RememberView {
  /** In milliseconds. */
  readonly times: readonly number[];
  /** "host" and `group:NAME`. */
  readonly scopes: readonly string[];
  /** Whether it can be for file transfer alone: somebody must know what will run. */
  readonly transfer: boolean;
}

/** What was chosen when the form came back, as the fields hold it. */
export interface Filled {
  readonly match?: string | undefined;
  readonly remember?: string | undefined;
  readonly scope?: string | undefined;
  readonly commands?: string | undefined;
}

interface FormView {
  /** Who logs in, where that is not who reads the page. */
  readonly others: string | undefined;
  readonly messages: PageMessages;
  readonly open: readonly [Login, ...Login[]];
  /** The page's own address. */
  readonly action: string;
  readonly standing: Standing;
  /** Undefined: nothing can be. */
  readonly remember: RememberView | undefined;
  readonly filled: Filled;
}

export function ApproveForm(view: FormView) {
  const { messages: m, open, action, others, standing, remember, filled } = view;
  const [login] = open;
  const a = m.approving;
  return (
    <form method="post" action={`${action}/approve`}>
      <Numbers login={login} others={others} messages={m} chosen={filled.match} />
      <input type="hidden" name="shown" value={open.map((l) => l.id).join(",")} />
      {remember !== undefined && (login.preauth === null
        ? <Remember login={login} view={remember} messages={m} filled={filled} />
        : <Ahead view={remember} messages={m} filled={filled} />)}
      {standing.kind === "signed_in" && <SignedInAs name={standing.name} messages={m} />}
      {standing.kind === "proof"
        ? (
          <ProofFields
            {...standing}
            messages={m}
            decision="approve"
            withPasskey={a.withPasskey}
            withCode={a.withCode}
          />
        )
        : <button class="go" type="submit">{m.approve}</button>}
    </form>
  );
}

/** For somebody else than who is signed in. */
export function HandOver({ why, ...view }: FormView & { readonly why: string }) {
  const { messages: m, standing } = view;
  const tried = standing.kind === "proof" && standing.codeOpen;
  return (
    <>
      <p class="note">{why}</p>
      <details class="fold" open={tried}>
        <summary>{m.approving.asSomebodyElse}</summary>
        <ApproveForm {...view} />
      </details>
    </>
  );
}

function Numbers(
  { login, others, messages: m, chosen }: {
    login: Login;
    others: string | undefined;
    messages: PageMessages;
    chosen: string | undefined;
  },
) {
  if (login.match === null) return null;
  const whose = others === undefined ? undefined : printable(others, 64);
  if (isTyped(login)) {
    return (
      <label class="field">
        {whose === undefined ? m.approving.typeNumber : m.approving.others.typeNumber(whose)}
        <input
          class="number"
          type="text"
          name="match"
          value={chosen ?? ""}
          inputmode="numeric"
          pattern="[0-9]{2}"
          maxlength={2}
          autocomplete="off"
          required
        />
      </label>
    );
  }
  return (
    <fieldset>
      <legend>
        {whose === undefined ? m.chooseNumber : m.approving.others.chooseNumber(whose)}
      </legend>
      {login.choices.map((choice) => (
        <label key={choice} class="choice">
          <input type="radio" name="match" value={choice} required checked={choice === chosen} />
          <span class="number">{choice}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Remember(
  { login, view, messages: m, filled }: {
    login: Login;
    view: RememberView;
    messages: PageMessages;
    filled: Filled;
  },
) {
  const a = m.approving;
  const scope = (name: string) => {
    const group = groupIn(name);
    return group === undefined ? a.onHost(printable(login.host, 64)) : a.inGroup(printable(group));
  };
  return (
    <div class="fields remember">
      <label class="field beside">
        {a.howLong}
        <select name="remember">
          <option value="">{a.onlyOnce}</option>
          <Times {...{ view, messages: m, filled }} />
        </select>
      </label>
      <div class="fields more">
        {view.scopes.length > 1 && (
          <label class="field beside">
            {a.where}
            <select name="scope">
              {view.scopes.map((name) => (
                <option key={name} value={name} selected={filled.scope === name}>
                  {scope(name)}
                </option>
              ))}
            </select>
          </label>
        )}
        {view.transfer && (
          <label class="tick">
            <input
              type="checkbox"
              name="commands"
              value="transfer"
              checked={filled.commands === "transfer"}
            />
            <span>
              {a.onlyTransfer}
              <span class="note">{a.transferWrites}</span>
            </span>
          </label>
        )}
        <p class="note">
          {a.covers(printable(login.user, 64), printable(login.source, 64), login.key !== null)}
        </p>
      </div>
    </div>
  );
}

/** What is asked for ahead can be given for a shorter time. */
function Ahead(props: TimesProps) {
  return (
    <label class="field beside">
      {props.messages.approving.preauth.howLong}
      <select name="remember">
        <Times {...props} />
      </select>
    </label>
  );
}

interface TimesProps {
  readonly view: RememberView;
  readonly messages: PageMessages;
  readonly filled: Filled;
}

function Times({ view, messages: m, filled }: TimesProps) {
  return (
    <>
      {view.times.map((ms) => {
        const value = String(ms / 1000);
        return (
          <option key={value} value={value} selected={filled.remember === value}>
            {m.approving.forTime(duration(ms, m.language))}
          </option>
        );
      })}
    </>
  );
}
