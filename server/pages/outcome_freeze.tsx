/** Under a denial that nobody has proven: the account can be frozen by somebody who does. */
import { printable } from "../../lib/core/text.ts";
import type { PageMessages } from "../messages/page.ts";
import { ProofFields, type ProofView, SignedInAs } from "./parts_proof.tsx";

export interface FreezeOfferView {
  readonly messages: PageMessages;
  /** The page's own address. */
  readonly action: string;
  /** Whose account it is; "" where that depends on who says so. */
  readonly user: string;
  /** How to prove who one is, or the name of who is signed in and may. */
  readonly by: ProofView | string;
  /** Whether who does it may lift it again. */
  readonly lifts: boolean;
  /** Ids of the logins that are reported. */
  readonly shown: readonly string[];
  /** What kept the account as it is. */
  readonly note: string | undefined;
}

export function FreezeOffer(
  { messages: m, action, user, by, lifts, shown, note }: FreezeOfferView,
) {
  const { freeze } = m.approving;
  return (
    <div class="offer">
      <h2>{freeze.title(printable(user, 64))}</h2>
      <p>{freeze.text(lifts)}</p>
      {note !== undefined && <p class="error" role="alert">{note}</p>}
      <form method="post" action={`${action}/deny`}>
        <input type="hidden" name="not_me" value="1" />
        <input type="hidden" name="shown" value={shown.join(",")} />
        {typeof by === "string"
          ? (
            <>
              <SignedInAs name={by} messages={m} />
              <button class="alarm" type="submit">{freeze.now}</button>
            </>
          )
          : (
            <ProofFields
              {...by}
              messages={m}
              decision="not_me"
              withPasskey={freeze.withPasskey}
              withCode={freeze.withCode}
            />
          )}
      </form>
    </div>
  );
}
