/** The form that denies a request, and what else that does. */
import type { Freeze } from "../../lib/core/freeze.ts";
import type { PageMessages } from "../messages/page.ts";
import { frozenIn } from "./parts.tsx";

export interface DenialView {
  /** What reporting it freezes; undefined: nothing, for nobody knows who says so. */
  readonly freezes: Pick<Freeze, "user" | "host"> | undefined;
  /** Who logs in, where that is not who reads the page; undefined: it may be the same. */
  readonly others: string | undefined;
  /** Whether there are administrators who can be told of it. */
  readonly tells: boolean;
}

export function DenialForm(
  { messages: m, action, freezes, others, tells }: DenialView & {
    readonly messages: PageMessages;
    /** The page's own address. */
    readonly action: string;
  },
) {
  const a = m.approving;
  const isOthers = freezes !== undefined && others !== undefined;
  return (
    <form method="post" action={`${action}/deny`}>
      <div class={isOthers ? "pair long" : "pair"}>
        <button class="no" type="submit">{m.deny}</button>
        <button class="alarm" type="submit" name="not_me" value="1">
          {isOthers ? a.others.suspicious : m.notMe}
        </button>
      </div>
      <p class="note">
        {freezes === undefined
          ? tells ? a.notMeTells : a.notMeRecords
          : isOthers
          ? a.others.suspiciousFreezes(...frozenIn(freezes))
          : a.notMeFreezes(...frozenIn(freezes))}
      </p>
    </form>
  );
}
