/** How somebody proves who they are within a form, for what that form does. */
import type { NoPasskeys } from "../../lib/core/passkey.ts";
import { printable } from "../../lib/core/text.ts";
import { PASSKEY_SCRIPT } from "../assets/passkey_script.ts";
import type { PageMessages } from "../messages/page.ts";
import { signMessages } from "../messages/sign_words.ts";
import { PasskeyButton, PasskeySays } from "./sign_parts.tsx";

export interface ProofView {
  /** Why there are none; undefined: there are. */
  readonly noPasskeys: NoPasskeys | undefined;
  /** What the field for the name holds. */
  readonly name: string;
  /** The code's fields are to be seen at once: they were used already. */
  readonly codeOpen: boolean;
  /** Where the script asks what to sign. */
  readonly options: string;
}

/** The scripts of a page with that. */
export function proofScripts({ noPasskeys }: ProofView): string[] {
  return noPasskeys === undefined ? [PASSKEY_SCRIPT.path] : [];
}

interface ProofProps extends ProofView {
  readonly messages: PageMessages;
  readonly decision: "approve" | "not_me";
  readonly withPasskey: string;
  readonly withCode: string;
}

/** Long enough for every name and code; what is longer is none. */
const MAX_NAME = 128;
const MAX_CODE = 16;

/**
 * The passkey's button needs a script, which shows it, and folds the code away then; the code needs
 * none. Whoever has typed a code and presses Enter means the code: the script knows.
 */
export function ProofFields(
  { messages: m, noPasskeys, name, codeOpen, options, decision, withPasskey, withCode }: ProofProps,
) {
  const words = signMessages(m.language);
  const fields = (
    <div class="fields">
      <div class="halves">
        <label class="field">
          {words.name}
          <input
            type="text"
            name="name"
            value={printable(name, MAX_NAME)}
            maxlength={MAX_NAME}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
          />
        </label>
        <label class="field">
          {words.code}
          <input
            type="text"
            name="code"
            inputmode="numeric"
            maxlength={MAX_CODE}
            autocomplete="one-time-code"
          />
        </label>
      </div>
      <button class={noPasskeys === undefined ? "plain" : "go"} type="submit">{withCode}</button>
    </div>
  );
  if (noPasskeys !== undefined) {
    return (
      <>
        <p class="note">{words.noPasskeys[noPasskeys]}</p>
        {fields}
      </>
    );
  }
  return (
    <>
      <input type="hidden" name="decision" value={decision} />
      <PasskeyButton kind="get" options={options}>{withPasskey}</PasskeyButton>
      <PasskeySays messages={words} />
      <details class="fold" open {...(codeOpen ? {} : { "data-passkey-instead": "" })}>
        <summary>{m.approving.codeInstead}</summary>
        {fields}
      </details>
    </>
  );
}

/** "Signed in as alice" */
export function SignedInAs({ name, messages: m }: { name: string; messages: PageMessages }) {
  const [before, after] = m.approving.signedInAs;
  return (
    <p class="signed">
      {before}
      <b>{printable(name)}</b>
      {after}
    </p>
  );
}
