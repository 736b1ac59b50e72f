/** What the approval page shows, made of what the server knows. */
import { type Freeze, freezeOf, usersOf, whatFreezes } from "../lib/core/freeze.ts";
import { type Grant, isOpenGrant, isRecognizable } from "../lib/core/grant.ts";
import { groupScope, groupsOf } from "../lib/core/host_group.ts";
import { isOpen, isSsh2fa, type Login } from "../lib/core/login.ts";
import { passkeySite } from "../lib/core/passkey.ts";
import { isOwnUser, mayApprove, mayDeny, rememberScopes, takesTwo } from "../lib/core/person.ts";
import type { Known } from "./approving.ts";
import type { Parts } from "./http.ts";
import { type FrozenFor, type Hindrance, pageMessages } from "./messages/page.ts";
import type { Language } from "./messages/language.ts";
import type { PageContent } from "./pages/layout.tsx";
import { outcomePage } from "./pages/outcome.tsx";
import type { FreezeOfferView } from "./pages/outcome_freeze.tsx";
import { isPam } from "./pages/parts.tsx";
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

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What is offered, where settings allow it. */
const TIMES = [HOUR, 8 * HOUR];
/** What is offered where somebody asks for longer. */
const SHORTER = [4 * HOUR, HOUR, 30 * MINUTE, 10 * MINUTE];
/** More than a host is in, few enough for a page of 30 KB. */
const GROUPS = 4;

export class ApprovalViews {
  constructor(private readonly parts: Pick<Parts, "config" | "contacts" | "decisions" | "deps">) {}

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
    const frozen = reported === undefined ? undefined : await this.#freezeOf(reported);
    const isProven = reported === undefined || reported.by !== "link" || frozen !== undefined;
    return outcomePage({
      messages: pageMessages(language),
      all,
      now: deps.clock.now(),
      action: this.#action(login),
      prefix: prefixOf(config.publicUrl),
      signedIn: told.who !== undefined,
      names: this.#concerns(login, told.who),
      grant: told.grant ?? await this.#given(all, told.who),
      frozen: frozen === undefined
        ? undefined
        : { ...frozen, ...this.#frozenFor(frozen, told.who) },
      freeze: isProven ? undefined : this.#freezeOffer(reported, all, told),
    });
  }

  /** What they have remembered with it, as long as it is in force. */
  async #given(all: Some<Login>, who: Known | undefined): Promise<Grant | undefined> {
    const approvedAt = all.filter(({ state }) => state === "approved").map((l) => l.decidedAt);
    if (who === undefined || approvedAt.length === 0) return undefined;
    const { clock, store } = this.parts.deps;
    const now = clock.now();
    const theirs = await store.find("grant", { person: who.person.id });
    // Both are of one step.
    return theirs.find((grant) =>
      grant.user === all[0].user && approvedAt.includes(grant.createdAt) && isOpenGrant(grant, now)
    );
  }

  async #request(open: Some<Login>, language: Language, told: Told): Promise<PageContent> {
    const { config, deps, decisions } = this.parts;
    const [login] = open;
    const { who, note, filled = {} } = told;
    const messages = pageMessages(language);
    const may = who === undefined ? undefined : mayApprove(who.person, login, config.approval);
    const hindrance: Hindrance | undefined = may === undefined || may.ok ? undefined : may.why;
    const isHindered = hindrance !== undefined && decisions.needsProof(login);
    const { hindrances, handOver } = messages.approving;
    const isTheirs = this.#concerns(login, who);
    return requestPage({
      messages,
      open,
      now: deps.clock.now(),
      action: this.#action(login),
      standing: this.#standing(login, told),
      remember: this.#remember(login, told),
      two: takesTwo(login, config.approval) ? await this.#two(open, who) : undefined,
      freezes: isTheirs ? whatFreezes(who.person, login) : undefined,
      others: isTheirs ? othersThan(who, login) : undefined,
      tells: await this.parts.contacts.tellsAdministrators(),
      handOver: !isHindered
        ? undefined
        : hindrance === "not_theirs"
        ? handOver
        : hindrances[hindrance],
      note,
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
    if (isSsh2fa(login) || takesTwo(login, approval) || !isRecognizable(login)) return undefined;
    if (login.preauth !== null) {
      const { forMs } = login.preauth;
      const times = [forMs, ...SHORTER.filter((ms) => ms < forMs)].filter((ms) => ms <= longestMs);
      return times.length === 0 ? undefined : { times, scopes: ["host"], transfer: false };
    }
    if (isNobodys || longestMs === 0) return undefined;
    const known = who === undefined ? [] : rememberScopes(who.person, login, approval);
    const scopes = known.length > 0
      ? known
      : ["host", ...groupsOf(login.host, approval.groups).map(groupScope)];
    const times = [...new Set(TIMES.map((ms) => Math.min(ms, longestMs)))];
    return { times, scopes: scopes.slice(0, 1 + GROUPS), transfer: !isPam(login) };
  }

  /** What is said of a frozen account to whoever reads it. */
  #frozenFor(freeze: Freeze, who: Known | undefined): FrozenFor {
    const own = who === undefined || isOwnUser(who.person, freeze.user);
    return { own, lifts: freeze.why === "not_me" && this.#lifts(who) };
  }

  /** Lifting what one has reported takes a passkey; administrators go another way. */
  #lifts(who: Known | undefined): boolean {
    return this.parts.deps.passkeys !== undefined && who?.person.administrator !== true;
  }

  /** Whether it is a matter of theirs: the names of others are for those alone. */
  #concerns(login: Login, who: Known | undefined): who is Known {
    return who !== undefined && mayDeny(who.person, login, this.parts.config.approval.groups);
  }

  async #two(open: Some<Login>, who: Known | undefined): Promise<TwoPersons> {
    const { config, deps } = this.parts;
    const [login] = open;
    const { ticket } = login;
    const ids = new Set(open.map(({ id }) => id));
    const found = await deps.store.find("approval", { ticket });
    const approvals = found.filter(({ login }) => ids.has(login));
    const names = [...new Set(approvals.map(({ by }) => by.replace(/^person:/, "")))];
    const to = new URLSearchParams({ to: `${PAGE_PATH}/${ticket}` });
    return {
      given: this.#concerns(login, who) ? names : names.length,
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
    const mayReport = this.#concerns(login, who);
    return {
      user: mayReport
        ? whatFreezes(who.person, login).user
        : login.requester === null
        ? login.user
        : "",
      by: mayReport ? who.person.name : this.#proof(login, name),
      lifts: this.#lifts(who),
      shown: all.map(({ id }) => id),
      note,
    };
  }

  /** What is frozen because of it, or otherwise, and keeps it out. */
  async #freezeOf(login: Login): Promise<Freeze | undefined> {
    const { store } = this.parts.deps;
    const found = await Promise.all(usersOf(login).map((user) => store.find("freeze", { user })));
    return freezeOf(found.flat(), login);
  }

  /** The page's address as browsers see it. */
  #action({ ticket }: Login): string {
    return `${prefixOf(this.parts.config.publicUrl)}${PAGE_PATH}/${ticket}`;
  }
}

/** Who logs in, where it is not that person. */
function othersThan({ person }: Known, { user, requester }: Login): string | undefined {
  const name = requester ?? user;
  return isOwnUser(person, name) ? undefined : name;
}
