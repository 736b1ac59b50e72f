/** What the approval page decides, and by whom: somebody who proves it with it, is signed in, or has the link. */
import type { Login } from "../lib/core/login.ts";
import type { ApprovalUse, Remember } from "../lib/core/passkey_challenge.ts";
import { mayApprove, mayDeny, type Person } from "../lib/core/person.ts";
import type { ApprovalAnswer } from "../lib/core/approval.ts";
import type { Ctx, Parts } from "./http.ts";
import type { Proven, Proving } from "./sign_in.ts";

/** As it came, and was found to be well-formed. */
export interface Wish {
  readonly match: string | null;
  /** Ids of the logins on the page; undefined: all that are open. */
  readonly shown: readonly string[] | undefined;
  readonly remember: Remember | null;
}

/** What may prove it; empty where nothing was typed. */
export interface GivenProof {
  readonly name: string;
  readonly code: string;
  /** What the page's script put there. */
  readonly passkey: string;
}

/** Somebody who is known. */
export interface Known {
  readonly person: Person;
  readonly via: "passkey" | "code" | "session";
  /** Undefined: has been signed in. */
  readonly proven: Proven | undefined;
}

/** "not_theirs": denied all the same, for everybody may; but nothing is frozen. */
type Denied = "denied" | "frozen" | "not_theirs";

/** What a passkey signs for that. */
export function approvalUse(
  decision: ApprovalUse["decision"],
  { match, remember }: Pick<Wish, "match" | "remember">,
  logins: readonly string[],
): ApprovalUse {
  return { purpose: "approve", logins, decision, match, remember };
}

export class Approving {
  constructor(
    private readonly parts: Pick<Parts, "config" | "decisions" | "deps" | "sessions" | "signIn">,
  ) {}

  /** Who is signed in. */
  async signedIn(c: Ctx): Promise<Known | undefined> {
    const who = await this.parts.sessions.of(c);
    return who === undefined || who.recovering
      ? undefined
      : { person: who.person, via: "session", proven: undefined };
  }

  /** Who it is that sent the form: what was proven with it goes before a session. */
  async prove(
    c: Ctx,
    { name, code, passkey }: GivenProof,
    use: ApprovalUse,
  ): Promise<{ readonly ok: true; readonly who: Known | undefined } | Exclude<Proving, Proven>> {
    const { deps, signIn } = this.parts;
    const source = c.get("source");
    const isPasskey = passkey !== "" && deps.passkeys !== undefined;
    if (!isPasskey && code === "") return { ok: true, who: await this.signedIn(c) };
    const proven = isPasskey
      ? await signIn.byPasskey(passkey, use, source)
      : await signIn.byCode({ name, code }, source);
    if (!proven.ok) return proven;
    const { person } = proven;
    return { ok: true, who: { person, via: isPasskey ? "passkey" : "code", proven } };
  }

  /** Whether being signed in is enough for it. */
  needsNoMore(decision: "approve" | "not_me", login: Login, { person }: Known): boolean {
    const { approval } = this.parts.config;
    return decision === "approve"
      ? mayApprove(person, login, approval).ok
      : mayDeny(person, login, approval.groups);
  }

  /** @param login any of the link's @param shown ids, those of `wish` or all that are open */
  async approve(
    login: Login,
    { match, remember }: Wish,
    shown: ReadonlySet<string>,
    who: Known | undefined,
  ): Promise<ApprovalAnswer> {
    const { decisions } = this.parts;
    const byLink = { match, remember, shown };
    if (who === undefined) return await decisions.approveByLink(login, byLink);
    const { person: { id: person }, via } = who;
    const answer = await decisions.approveBy(login, { person, via, match, shown, remember });
    const isOthers = answer.outcome === "refused" && via === "session" &&
      (answer.why === "not_theirs" || answer.why === "not_active");
    // Signed in or not, who has the link may approve it.
    const forgets = remember === null || login.preauth !== null;
    return isOthers && forgets && !decisions.needsProof(login)
      ? await decisions.approveByLink(login, byLink)
      : answer;
  }

  /** @param login any of the link's */
  async deny(login: Login, notMe: boolean, who: Known | undefined): Promise<Denied> {
    const { decisions } = this.parts;
    if (who !== undefined) {
      const by = { person: who.person.id, via: who.via };
      const { ok } = notMe
        ? await decisions.reportNotMe(login, by)
        : await decisions.denyBy(login, by);
      if (ok) return notMe ? "frozen" : "denied";
    }
    await decisions.denyByLink(login, notMe);
    return who !== undefined && notMe ? "not_theirs" : "denied";
  }
}
