/** What the approval page shows, made of what the server knows. */
import { freezeOf, usersOf, whoIsMe } from "../lib/core/freeze.ts";
import type { Grant } from "../lib/core/grant.ts";
import { groupScope, groupsOf } from "../lib/core/host_group.ts";
import { isOpen, type Login } from "../lib/core/login.ts";
import { passkeySite } from "../lib/core/passkey.ts";
import { mayApprove, mayDeny, rememberScopes, takesTwo } from "../lib/core/person.ts";
import type { Known } from "./approving.ts";
import type { Parts } from "./http.ts";
import { type Hindrance, pageMessages } from "./messages/page.ts";
import type { Language } from "./messages/language.ts";
import type { PageContent } from "./pages/layout.tsx";
import { outcomePage } from "./pages/outcome.tsx";
import type { FreezeOfferView } from "./pages/outcome_freeze.tsx";
import { isPam, isSsh2fa } from "./pages/parts.tsx";
import type { ProofView } from "./pages/parts_proof.tsx";
import { requestPage, type TwoPersons } from "./pages/request.tsx";
import type { Filled, RememberView, Standing } from "./pages/request_form.tsx";
import { PAGE_PATH, prefixOf, SIGN_IN } from "./paths.ts";

type Some<T> = readonly [T, ...T[]];

/** What the page is to say, beside what the logins say themselves. */
export interface Told {
  readonly who?: Known | undefined;
  /** What kept it as it is. */
  readonly note?: string | undefined;
  readonly filled?: Filled;
  /** What was typed as the name; undefined: no code was used. */
  readonly name?: string | undefined;
  readonly grant?: Grant | undefined;
}

const HOUR = 3_600_000;
/** What is offered, where settings allow it. */
const TIMES = [HOUR, 8 * HOUR];
/** More than a host is in, few enough for a page of 30 KB. */
const GROUPS = 4;

export class ApprovalViews {
  constructor(private readonly parts: Pick<Parts, "config" | "decisions" | "deps">) {}

  /** The question while it is open, else what became of it. */
  async page(all: Some<Login>, language: Language, told: Told = {}): Promise<PageContent> {
    const now = this.parts.deps.clock.now();
    const [first, ...others] = all.filter((login) => isOpen(login, now) && login.pin === null);
    return first === undefined
      ? await this.outcome(all, language, told)
      : await this.#request([first, ...others], language, told);
  }

  /** What became of it. */
  async outcome(all: Some<Login>, language: Language, told: Told = {}): Promise<PageContent> {
    const { config, deps } = this.parts;
    const [login] = all;
    const reported = all.find(({ reason }) => reason === "not_me");
    const frozen = reported === undefined ? undefined : await this.#frozenFor(reported);
    const isProven = reported === undefined || reported.by !== "link" || frozen !== undefined;
    return outcomePage({
      messages: pageMessages(language),
      all,
      now: deps.clock.now(),
      action: this.#action(login),
      prefix: prefixOf(config.publicUrl),
      signedIn: told.who !== undefined,
      grant: told.grant,
      frozen,
      freeze: isProven ? undefined : this.#freezeOffer(reported, all, told),
    });
  }

  async #request(open: Some<Login>, language: Language, told: Told): Promise<PageContent> {
    const { config, deps, decisions } = this.parts;
    const [login] = open;
    const { who, note, filled = {} } = told;
    const messages = pageMessages(language);
    const may = who === undefined ? undefined : mayApprove(who.person, login, config.approval);
    const hindrance: Hindrance | undefined = may === undefined || may.ok ? undefined : may.why;
    const isHindered = hindrance !== undefined && decisions.needsProof(login);
    const mayReport = who !== undefined && mayDeny(who.person, login, config.approval.groups);
    return requestPage({
      messages,
      open,
      now: deps.clock.now(),
      action: this.#action(login),
      standing: this.#standing(login, told),
      remember: this.#remember(login, told),
      two: takesTwo(login, config.approval) ? await this.#two(open, who) : undefined,
      freezes: mayReport ? whoIsMe(who.person, login) : undefined,
      note: note ?? (isHindered ? messages.approving.hindrances[hindrance] : undefined),
      filled,
    });
  }

  #standing(login: Login, told: Told): Standing {
    const { config, decisions } = this.parts;
    const { who } = told;
    if (who !== undefined && mayApprove(who.person, login, config.approval).ok) {
      return { kind: "signed_in", name: who.person.name };
    }
    return decisions.needsProof(login)
      ? { kind: "proof", ...this.#proof(login, told.name) }
      : { kind: "link" };
  }

  #proof(login: Login, name: string | undefined): ProofView {
    const { config, deps } = this.parts;
    const site = passkeySite(config.publicUrl);
    const usual = takesTwo(login, config.approval) ? "" : login.requester ?? login.user;
    return {
      noPasskeys: deps.passkeys !== undefined ? undefined : site.usable ? "insecure" : site.why,
      name: name ?? usual,
      codeOpen: name !== undefined,
      options: `${this.#action(login)}/options`,
    };
  }

  /** Who it is may still have to be proven; whether that one may, is looked at then. */
  #remember(login: Login, { who }: Told): RememberView | undefined {
    const { config: { approval }, decisions } = this.parts;
    const { longestMs } = approval.grants;
    const isNobodys = who === undefined && !decisions.needsProof(login);
    if (login.preauth !== null || isSsh2fa(login) || isNobodys || longestMs === 0) return undefined;
    if (takesTwo(login, approval)) return undefined;
    const known = who === undefined ? [] : rememberScopes(who.person, login, approval);
    const scopes = known.length > 0
      ? known
      : ["host", ...groupsOf(login.host, approval.groups).map(groupScope)];
    const times = [...new Set(TIMES.map((ms) => Math.min(ms, longestMs)))];
    return { times, scopes: scopes.slice(0, 1 + GROUPS), transfer: !isPam(login) };
  }

  /** Names are for persons, not for whoever has the link. */
  async #two(open: Some<Login>, who: Known | undefined): Promise<TwoPersons> {
    const { config, deps } = this.parts;
    const [{ ticket }] = open;
    const ids = new Set(open.map(({ id }) => id));
    const found = await deps.store.find("approval", { ticket });
    const approvals = found.filter(({ login }) => ids.has(login));
    const names = [...new Set(approvals.map(({ by }) => by.replace(/^person:/, "")))];
    const to = new URLSearchParams({ to: `${PAGE_PATH}/${ticket}` });
    return {
      given: who === undefined ? names.length : names,
      byYou: open.every(({ id }) =>
        approvals.some(({ login, person }) => login === id && person === who?.person.id)
      ),
      signIn: `${prefixOf(config.publicUrl)}${SIGN_IN}?${to}`,
    };
  }

  #freezeOffer(
    login: Login,
    all: Some<Login>,
    { who, note, name }: Told,
  ): Omit<FreezeOfferView, "messages" | "action"> {
    const mayReport = who !== undefined &&
      mayDeny(who.person, login, this.parts.config.approval.groups);
    return {
      user: mayReport ? whoIsMe(who.person, login) : login.requester === null ? login.user : "",
      by: mayReport ? who.person.name : this.#proof(login, name),
      shown: all.map(({ id }) => id),
      note,
    };
  }

  /** The user whose account is frozen because of it, or otherwise. */
  async #frozenFor(login: Login): Promise<string | undefined> {
    const { store } = this.parts.deps;
    const found = await Promise.all(usersOf(login).map((user) => store.find("freeze", { user })));
    return freezeOf(found.flat(), login)?.user;
  }

  /** The page's address as browsers see it. */
  #action({ ticket }: Login): string {
    return `${prefixOf(this.parts.config.publicUrl)}${PAGE_PATH}/${ticket}`;
  }
}
