/** Where people say who they are: by a passkey first, else by a code. */
import { PASSKEY_SCRIPT } from "../assets/passkey_script.ts";
import { printable } from "../../lib/core/text.ts";
import { FRAME_STYLE } from "./frame_style.ts";
import type { PageContent } from "./layout.tsx";
import { ErrorNote, Field, PasskeyButton, PasskeySays, type PasskeyView } from "./sign_parts.tsx";
import { SIGN_STYLE } from "./sign_style.ts";

export type Way = "passkey" | "code" | "recovery";

interface SignInView extends PasskeyView {
  /** The page's own address. */
  readonly action: string;
  /** Where to go afterwards, one of our own pages. */
  readonly to: string;
  /** Although somebody is signed in. */
  readonly again: boolean;
  /** What went wrong, and by which way. */
  readonly fault?: { readonly way: Way; readonly text: string };
  /** As it was typed, or of who is signed in. */
  readonly name: string;
}

export function signInPage(view: SignInView): PageContent {
  const { messages: m, noPasskeys, action, again, fault } = view;
  const passkeys = noPasskeys === undefined;
  const codeFirst = !passkeys || fault?.way === "code";
  const code = (
    <form method="post" action={action}>
      <Hidden view={view} way="code" />
      <Field
        label={m.name}
        name="name"
        value={printable(view.name)}
        autocomplete="username"
        focus={codeFirst && view.name === ""}
      />
      <Field
        label={m.code}
        name="code"
        kind="code"
        autocomplete="one-time-code"
        hint={m.byCodeHint}
        focus={codeFirst && view.name !== ""}
      />
      <button class={passkeys ? "plain" : "go"} type="submit">{m.withCode}</button>
    </form>
  );
  const body = (
    <section class="card">
      <h1>{m.signIn}</h1>
      {again && <p>{m.again}</p>}
      <ErrorNote text={fault?.text} />
      {noPasskeys === undefined
        ? (
          <>
            <form method="post" action={action}>
              <Hidden view={view} way="passkey" />
              <PasskeyButton kind="get" options={`${action}/options`} focus={fault === undefined}>
                {m.byPasskey}
              </PasskeyButton>
            </form>
            <PasskeySays messages={m} />
            <details
              class="fold"
              open
              {...(fault?.way === "code" ? {} : { "data-passkey-instead": "" })}
            >
              <summary class="or">{m.byCode}</summary>
              {code}
            </details>
          </>
        )
        : (
          <div class="stack">
            <p class="note">{m.noPasskeys[noPasskeys]}</p>
            {code}
          </div>
        )}
      <details class="fold" open={fault?.way === "recovery"}>
        <summary class="or">{m.lostDevices}</summary>
        <p>{m.recoveryHint}</p>
        <form method="post" action={action}>
          <Hidden view={view} way="recovery" />
          <Field
            label={m.name}
            name="name"
            value={printable(view.name)}
            autocomplete="username"
          />
          <Field label={m.recoveryCode} name="code" kind="recovery" />
          <button class="plain" type="submit">{m.withRecoveryCode}</button>
        </form>
      </details>
    </section>
  );
  return {
    title: m.signIn,
    body,
    styles: [FRAME_STYLE, SIGN_STYLE],
    scripts: passkeys ? [PASSKEY_SCRIPT.path] : [],
  };
}

function Hidden({ view: { to, again }, way }: { view: SignInView; way: Way }) {
  return (
    <>
      <input type="hidden" name="to" value={to} />
      {again && <input type="hidden" name="again" value="1" />}
      <input type="hidden" name="way" value={way} />
    </>
  );
}
