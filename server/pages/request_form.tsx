/** The form that approves: the number, what to remember, and who it is that approves. */
import { groupIn } from "../../lib/core/host_group.ts";
import { isTyped } from "../../lib/core/account_request.ts";
import type { Login } from "../../lib/core/login.ts";
import { printable } from "../../lib/core/text.ts";
import type { PageMessages } from "../messages/page.ts";
import { duration } from "./parts.tsx";
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
  readonly messages: PageMessages;
  readonly open: readonly [Login, ...Login[]];
  /** The page's own address. */
  readonly action: string;
  readonly standing: Standing;
  /** Undefined: nothing can be. */
  readonly remember: RememberView | undefined;
  readonly filled: Filled;
}

export function ApproveForm({ messages: m, open, action, standing, remember, filled }: FormView) {
  const [login] = open;
  const a = m.approving;
  return (
    <form method="post" action={`${action}/approve`}>
      <Numbers login={login} messages={m} chosen={filled.match} />
      <input type="hidden" name="shown" value={open.map((l) => l.id).join(",")} />
      {remember !== undefined && (
        <Remember login={login} view={remember} messages={m} filled={filled} />
      )}
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

function Numbers(
  { login, messages: m, chosen }: {
    login: Login;
    messages: PageMessages;
    chosen: string | undefined;
  },
) {
  if (login.match === null) return null;
  if (isTyped(login)) {
    return (
      <label class="field">
        {m.approving.typeNumber}
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
      <legend>{m.chooseNumber}</legend>
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
    <details class="fold" open={(filled.remember ?? "") !== ""}>
      <summary>{a.remember}</summary>
      <div class="fields">
        <div class={view.scopes.length > 1 ? "halves" : ""}>
          <label class="field">
            {a.howLong}
            <select name="remember">
              <option value="">{a.onlyOnce}</option>
              {view.times.map((ms) => {
                const value = String(ms / 1000);
                return (
                  <option key={value} value={value} selected={filled.remember === value}>
                    {a.forTime(duration(ms, m))}
                  </option>
                );
              })}
            </select>
          </label>
          {view.scopes.length > 1 && (
            <label class="field">
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
        </div>
        {view.transfer && (
          <label class="tick">
            <input
              type="checkbox"
              name="commands"
              value="transfer"
              checked={filled.commands === "transfer"}
            />
            {a.onlyTransfer}
          </label>
        )}
        <p class="note">
          {a.covers(printable(login.user, 64), printable(login.source, 64), login.key !== null)}
        </p>
      </div>
    </details>
  );
}
